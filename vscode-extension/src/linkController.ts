// Which lines belong together on the two sides of a derivative. Pure: no editor in here.

import type { LineMap, Link, Position, Range, Role } from "./protocol";

/** Where the cursor is: in the primal source, or in the derivative. */
export type Side = "source" | "derivative";

/** An inclusive range of lines. */
export interface Lines {
  first: number;
  last: number;
}

/** What to mark on both sides for one place of the cursor; every list is sorted and disjoint. */
export interface Highlights {
  /** Primal lines, in the source. */
  source: Lines[];
  /** Lines of the derivative that compute the primal again, or keep its values. */
  forward: Lines[];
  /** Lines of the derivative that carry derivatives back (or tangents forward). */
  adjoint: Lines[];
  /** The lines to bring into view on the side where the cursor is not. */
  reveal: Lines | undefined;
}

/** A replacement of text, as editors report it: `range` of the old text became `text`. */
export interface Edit {
  range: Range;
  text: string;
}

const FORWARD: ReadonlySet<Role> = new Set(["primal", "record"]);

/**
 * The counterpart of a cursor or selection, or undefined where no link is.
 *
 * Of nested links (a loop and a statement in it) those with the fewest lines count. `uri` is the
 * source document that the cursor is in, or that is shown beside the derivative.
 */
export function highlightsAt(
  map: LineMap,
  side: Side,
  cursor: Lines,
  uri: string = map.sourceUri,
): Highlights | undefined {
  const links = map.links.filter((link) => link.uri === uri);
  const chosen = new Set<string>();
  for (let line = cursor.first; line <= cursor.last; line++) {
    for (const link of innermost(links, side, line)) {
      chosen.add(key(link.primal));
    }
  }
  if (chosen.size === 0) {
    return undefined;
  }
  const linked = links.filter((link) => chosen.has(key(link.primal)));
  const generated = (forward: boolean): number[] =>
    linked
      .filter((link) => FORWARD.has(link.role) === forward)
      .flatMap((link) => link.generated.flatMap((range) => each(linesOf(range))));
  const source = merge(linked.flatMap((link) => each(linesOf(link.primal))));
  const forwardLines = new Set(generated(true));
  const forward = merge([...forwardLines]);
  // A line that does both is marked once.
  const adjoint = merge(generated(false).filter((line) => !forwardLines.has(line)));
  const reveal = side === "derivative" ? source[0] : (adjoint[0] ?? forward[0]);
  return { source, forward, adjoint, reveal };
}

/**
 * The map after an edit of the source, until the server sends its own: links below the edit move
 * along, links around it stretch, and those whose text was deleted go.
 */
export function afterEdit(map: LineMap, uri: string, edit: Edit): LineMap {
  const { start: from, end: to } = edit.range;
  const added = edit.text.split(/\r\n|\r|\n/).length - 1;
  const delta = added - (to.line - from.line);
  if (delta === 0) {
    return map;
  }
  const moved = ({ line, character }: Position): Position => ({ line: line + delta, character });
  const shift = (link: Link): Link[] => {
    const { start, end } = link.primal;
    if (link.uri !== uri || compare(end, from) <= 0) {
      return [link];
    }
    if (compare(from, start) <= 0 && compare(end, to) <= 0) {
      return [];
    }
    const first = compare(start, to) >= 0 ? moved(start) : compare(start, from) > 0 ? from : start;
    const last = compare(end, to) >= 0 ? moved(end) : from;
    return [{ ...link, primal: { start: first, end: last } }];
  };
  return { ...map, links: map.links.flatMap(shift) };
}

/** The inclusive lines of a range; an end at column 0 does not reach into its line. */
export function linesOf(range: Range): Lines {
  const { start, end } = range;
  const last = end.character === 0 && end.line > start.line ? end.line - 1 : end.line;
  return { first: start.line, last };
}

function innermost(links: readonly Link[], side: Side, line: number): Link[] {
  let best: Link[] = [];
  let fewest = Infinity;
  for (const link of links) {
    const ranges = side === "source" ? [link.primal] : link.generated;
    for (const { first, last } of ranges.map(linesOf)) {
      if (first > line || line > last) {
        continue;
      }
      const size = last - first;
      if (size < fewest) {
        [best, fewest] = [[link], size];
      } else if (size === fewest) {
        best.push(link);
      }
    }
  }
  return best;
}

function each({ first, last }: Lines): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function merge(lines: number[]): Lines[] {
  const merged: Lines[] = [];
  for (const line of [...lines].sort((a, b) => a - b)) {
    const previous = merged.at(-1);
    if (previous && line <= previous.last + 1) {
      previous.last = line;
    } else {
      merged.push({ first: line, last: line });
    }
  }
  return merged;
}

function compare(a: Position, b: Position): number {
  return a.line - b.line || a.character - b.character;
}

function key(range: Range): string {
  const { start, end } = range;
  return `${start.line}:${start.character}-${end.line}:${end.character}`;
}
