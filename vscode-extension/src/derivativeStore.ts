// The maps of the derivatives that are shown, kept in step with edits. Pure: no editor in here.

import { afterEdit, type Edit } from "./linkController";
import type { LineMap, State } from "./protocol";

/** One shown derivative: its newest map, moved along with the edits since, and its state. */
export interface Shown {
  uri: string;
  map: LineMap;
  state: State;
}

interface LoggedEdit {
  version: number;
  edits: readonly Edit[];
}

/** How many changes of a document are kept, to bring a map that is on its way up to date. */
const LOG_LENGTH = 100;

export class DerivativeStore {
  readonly #shown = new Map<string, Shown>();
  readonly #log = new Map<string, LoggedEdit[]>();

  /** `normalize` makes URIs that mean the same document equal. */
  constructor(private readonly normalize: (uri: string) => string) {}

  /** Take what the server sent, unless something newer is here. Returns whether it was taken. */
  update(uri: string, received: LineMap, state: State): boolean {
    const known = this.get(uri);
    if (known && known.map.generation > received.generation) {
      return false;
    }
    const normalize = this.normalize;
    let map: LineMap = {
      ...received,
      sourceUri: normalize(received.sourceUri),
      derivativeUri: normalize(received.derivativeUri),
      links: received.links.map((link) => ({ ...link, uri: normalize(link.uri) })),
    };
    if (map.sourceVersion !== null) {
      const version = map.sourceVersion;
      for (const logged of this.#log.get(map.sourceUri) ?? []) {
        if (logged.version > version) {
          map = applied(map, map.sourceUri, logged.edits);
        }
      }
    }
    this.#shown.set(normalize(uri), { uri: normalize(uri), map, state });
    return true;
  }

  /** A source document changed: `edits` in the order in which they apply. */
  edited(uri: string, version: number, edits: readonly Edit[]): void {
    const source = this.normalize(uri);
    const log = this.#log.get(source) ?? [];
    this.#log.set(source, [...log, { version, edits }].slice(-LOG_LENGTH));
    for (const shown of this.#shown.values()) {
      shown.map = applied(shown.map, source, edits);
    }
  }

  get(uri: string): Shown | undefined {
    return this.#shown.get(this.normalize(uri));
  }

  /** The shown derivatives that have links into a source document. */
  of(sourceUri: string): Shown[] {
    const source = this.normalize(sourceUri);
    return this.all().filter(
      ({ map }) => map.sourceUri === source || map.links.some((link) => link.uri === source),
    );
  }

  all(): Shown[] {
    return [...this.#shown.values()];
  }

  /** A document, of either side, was closed. */
  closed(uri: string): void {
    this.#shown.delete(this.normalize(uri));
    this.#log.delete(this.normalize(uri));
  }

  /** The server started again: its generations begin anew. */
  clear(): void {
    this.#shown.clear();
  }
}

function applied(map: LineMap, uri: string, edits: readonly Edit[]): LineMap {
  return edits.reduce((moved, edit) => afterEdit(moved, uri, edit), map);
}
