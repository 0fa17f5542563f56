import assert from "node:assert/strict";
import { test } from "node:test";
import { afterEdit, highlightsAt, linesOf } from "../linkController";
import type { LineMap, Link, Range, Role } from "../protocol";

const SOURCE = "file:///m.py";

//  source                     derivative
//  0 def f(x, n):             2 def dfdx(x, n, by=1.0):
//  1     for i in range(n):   3     for i in range(n):
//  2         x = x * x        4         x_stack.append(x)
//  3     y = sin(             5         x = x * x
//  4         x)               6     y = sin(x)
//  5     return y             8     bx = by * cos(x)
//                             9     for i in reversed(range(n)):
//                            11         x = x_stack.pop()
//                            12         bx = bx * (2.0 * x)
//                            13     return bx
const MAP = mapOf([
  link("seed", [0, 0], [2, 2]),
  link("primal", [1, 2], [3, 5]),
  link("adjoint", [1, 2], [9, 12]),
  link("record", [2, 2], [4, 4]),
  link("primal", [2, 2], [5, 5]),
  link("restore", [2, 2], [11, 11]),
  link("accumulate", [2, 2], [12, 12]),
  link("primal", [3, 4], [6, 6]),
  link("adjoint", [3, 4], [8, 8]),
  link("return", [0, 0], [13, 13]),
]);

test("a primal line has its forward copy and its adjoint lines", () => {
  assert.deepEqual(highlightsAt(MAP, "source", at(2)), {
    source: [{ first: 2, last: 2 }],
    forward: [{ first: 4, last: 5 }],
    adjoint: [{ first: 11, last: 12 }],
    reveal: { first: 11, last: 12 },
  });
});

test("the header of a loop means the loop, a line in it only itself", () => {
  const loop = highlightsAt(MAP, "source", at(1));
  assert.deepEqual(loop?.source, [{ first: 1, last: 2 }]);
  assert.deepEqual(loop?.adjoint, [{ first: 9, last: 12 }]);
  assert.deepEqual(highlightsAt(MAP, "derivative", at(5))?.source, [{ first: 2, last: 2 }]);
  assert.deepEqual(highlightsAt(MAP, "derivative", at(9))?.source, [{ first: 1, last: 2 }]);
});

test("from the derivative: the primal line, and all that comes from it", () => {
  assert.deepEqual(highlightsAt(MAP, "derivative", at(8)), {
    source: [{ first: 3, last: 4 }],
    forward: [{ first: 6, last: 6 }],
    adjoint: [{ first: 8, last: 8 }],
    reveal: { first: 3, last: 4 },
  });
});

test("a statement over several lines is found from each of them", () => {
  assert.deepEqual(highlightsAt(MAP, "source", at(3)), highlightsAt(MAP, "source", at(4)));
});

test("a selection joins its lines", () => {
  const found = highlightsAt(MAP, "source", { first: 2, last: 3 });
  assert.deepEqual(found?.source, [{ first: 2, last: 4 }]);
  assert.deepEqual(found?.adjoint, [
    { first: 8, last: 8 },
    { first: 11, last: 12 },
  ]);
});

test("lines without a link have no counterpart", () => {
  assert.equal(highlightsAt(MAP, "source", at(5)), undefined);
  assert.equal(highlightsAt(MAP, "derivative", at(7)), undefined);
  assert.equal(highlightsAt(MAP, "source", at(99)), undefined);
});

test("links of another file are found only there", () => {
  const map = mapOf([{ ...link("adjoint", [1, 1], [3, 3]), uri: "file:///other.py" }]);
  assert.equal(highlightsAt(map, "source", at(1)), undefined);
  assert.deepEqual(highlightsAt(map, "source", at(1), "file:///other.py")?.adjoint, [
    { first: 3, last: 3 },
  ]);
});

test("a line in both passes is marked once", () => {
  const map = mapOf([link("primal", [1, 1], [3, 4]), link("adjoint", [1, 1], [4, 5])]);
  const found = highlightsAt(map, "source", at(1));
  assert.deepEqual(found?.forward, [{ first: 3, last: 4 }]);
  assert.deepEqual(found?.adjoint, [{ first: 5, last: 5 }]);
});

test("without adjoint lines the forward copy is revealed", () => {
  const map = mapOf([link("primal", [1, 1], [3, 3])]);
  assert.deepEqual(highlightsAt(map, "source", at(1))?.reveal, { first: 3, last: 3 });
});

test("an end at column 0 is not in its line", () => {
  assert.deepEqual(linesOf(range(1, 0, 3, 0)), { first: 1, last: 2 });
  assert.deepEqual(linesOf(range(1, 0, 1, 0)), { first: 1, last: 1 });
});

test("an edit above moves links, one below does not", () => {
  const above = afterEdit(MAP, SOURCE, { range: range(0, 0, 0, 0), text: "import math\n\n" });
  assert.deepEqual(highlightsAt(above, "source", at(4))?.adjoint, [{ first: 11, last: 12 }]);
  const below = afterEdit(MAP, SOURCE, { range: range(5, 12, 5, 12), text: "\n\n" });
  assert.deepEqual(below, MAP);
});

test("a line added after a statement does not belong to it", () => {
  const end = MAP.links[4]?.primal.end ?? { line: 0, character: 0 };
  const added = afterEdit(MAP, SOURCE, { range: { start: end, end }, text: "\n" });
  assert.deepEqual(highlightsAt(added, "source", at(2))?.source, [{ first: 2, last: 2 }]);
  assert.deepEqual(highlightsAt(added, "source", at(4))?.source, [{ first: 4, last: 5 }]);
});

test("an edit inside a statement stretches it and those around it", () => {
  const added = afterEdit(MAP, SOURCE, { range: range(3, 12, 3, 12), text: "\n\n" });
  assert.deepEqual(highlightsAt(added, "source", at(6))?.source, [{ first: 3, last: 6 }]);
});

test("deleting lines moves what is below them up", () => {
  const deleted = afterEdit(MAP, SOURCE, { range: range(1, 0, 3, 0), text: "" });
  assert.deepEqual(highlightsAt(deleted, "source", at(2))?.adjoint, [{ first: 8, last: 8 }]);
});

test("an edit of another file changes nothing", () => {
  const edit = { range: range(0, 0, 0, 0), text: "\n" };
  assert.deepEqual(afterEdit(MAP, "file:///other.py", edit), MAP);
});

function mapOf(links: Link[]): LineMap {
  const derivativeUri = "tangent-derivative://file/m.py/-/reverse/f.grad.py";
  return { v: 1, sourceUri: SOURCE, sourceVersion: 1, derivativeUri, generation: 1, links };
}

function link(role: Role, primal: [number, number], ...generated: [number, number][]): Link {
  return {
    role,
    uri: SOURCE,
    primal: range(primal[0], 4, primal[1], 20),
    generated: generated.map(([first, last]) => range(first, 4, last, 20)),
  };
}

function range(line: number, character: number, endLine: number, endCharacter: number): Range {
  return { start: { line, character }, end: { line: endLine, character: endCharacter } };
}

function at(line: number): { first: number; last: number } {
  return { first: line, last: line };
}
