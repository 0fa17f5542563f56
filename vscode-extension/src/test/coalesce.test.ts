import assert from "node:assert/strict";
import { test } from "node:test";
import { Coalesced } from "../coalesce";

test("calls during a run are joined into one more run", async () => {
  const gates: (() => void)[] = [];
  const job = new Coalesced(() => new Promise((resolve) => gates.push(resolve)));
  const first = job.run();
  const others = [job.run(), job.run(), job.run()];
  assert.equal(gates.length, 1);
  gates[0]?.();
  await first;
  await tick();
  assert.equal(gates.length, 2);
  gates[1]?.();
  await Promise.all(others);
  assert.equal(gates.length, 2);
});

test("a failed run rejects its caller, and the next call runs again", async () => {
  let runs = 0;
  const job = new Coalesced(async () => {
    runs += 1;
    if (runs === 1) {
      throw new Error("first");
    }
  });
  const first = job.run();
  const second = job.run();
  await assert.rejects(first, /first/);
  await second;
  await job.run();
  assert.equal(runs, 3);
});

test("idle waits for the run going on and the one behind it", async () => {
  const gates: (() => void)[] = [];
  const job = new Coalesced(() => new Promise((resolve) => gates.push(resolve)));
  await job.idle();
  void job.run();
  void job.run();
  let idle = false;
  const waiting = job.idle().then(() => {
    idle = true;
  });
  gates[0]?.();
  await tick();
  assert.ok(!idle);
  gates[1]?.();
  await waiting;
  assert.ok(idle);
});

function tick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
