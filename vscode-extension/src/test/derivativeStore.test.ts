import assert from "node:assert/strict";
import { test } from "node:test";
import { DerivativeStore } from "../derivativeStore";
import type { LineMap } from "../protocol";

const SOURCE = "file:///m.py";
const DERIVATIVE = "tangent-derivative://file/m.py/-/reverse/f.grad.py";
const FRESH = { kind: "fresh" } as const;

test("an older generation is dropped, a newer one taken", () => {
  const store = newStore();
  assert.ok(store.update(DERIVATIVE, map({ generation: 2, line: 5 }), FRESH));
  assert.ok(!store.update(DERIVATIVE, map({ generation: 1, line: 9 }), FRESH));
  assert.equal(lineOf(store), 5);
  assert.ok(store.update(DERIVATIVE, map({ generation: 3, line: 7 }), FRESH));
  assert.equal(lineOf(store), 7);
});

test("a known map moves with the edits of its source", () => {
  const store = newStore();
  store.update(DERIVATIVE, map({ version: 1, line: 5 }), FRESH);
  store.edited(SOURCE, 2, [newLineAtTop()]);
  assert.equal(lineOf(store), 6);
});

test("a map made before the last edits is brought up to date", () => {
  const store = newStore();
  for (const version of [2, 3, 4]) {
    store.edited(SOURCE, version, [newLineAtTop()]);
  }
  store.update(DERIVATIVE, map({ version: 3, line: 5 }), FRESH);
  assert.equal(lineOf(store), 6);
});

test("URIs that mean the same are the same", () => {
  const store = newStore();
  store.update(DERIVATIVE.toUpperCase(), map({}), FRESH);
  assert.ok(store.get(DERIVATIVE));
  assert.equal(store.of(SOURCE.toUpperCase()).length, 1);
});

test("a derivative is found from each file that its lines come from", () => {
  const store = newStore();
  const base = map({});
  const [first] = base.links;
  assert.ok(first);
  store.update(DERIVATIVE, { ...base, links: [first, { ...first, uri: "file:///other.py" }] }, FRESH);
  assert.equal(store.of("file:///other.py").length, 1);
  assert.equal(store.of("file:///third.py").length, 0);
});

test("a closed derivative is forgotten", () => {
  const store = newStore();
  store.update(DERIVATIVE, map({}), FRESH);
  store.closed(DERIVATIVE);
  assert.equal(store.get(DERIVATIVE), undefined);
});

function newStore(): DerivativeStore {
  return new DerivativeStore((uri) => uri.toLowerCase());
}

function newLineAtTop() {
  const top = { line: 0, character: 0 };
  return { range: { start: top, end: top }, text: "\n" };
}

function lineOf(store: DerivativeStore): number | undefined {
  return store.get(DERIVATIVE)?.map.links[0]?.primal.start.line;
}

function map({ generation = 1, version = 1, line = 1 }): LineMap {
  const place = { start: { line, character: 4 }, end: { line, character: 9 } };
  return {
    v: 1,
    sourceUri: SOURCE,
    sourceVersion: version,
    derivativeUri: DERIVATIVE,
    generation,
    links: [{ role: "adjoint", uri: SOURCE, primal: place, generated: [place] }],
  };
}
