import assert from "node:assert/strict";
import { test } from "node:test";
import { type Candidate, choosePython, onPath, type Probe, probePython } from "../python";

const SETTING: Candidate = { command: "/my/python", args: [], origin: "setting" };
const EXTENSION: Candidate = { command: "/venv/python", args: [], origin: "extension" };
const PATH: Candidate = { command: "python3", args: [], origin: "path" };

test("the first that is new enough is taken", async () => {
  const choice = await choosePython([EXTENSION, PATH], probes({ "/venv/python": [3, 9, 1], python3: [3, 12, 4] }));
  assert.deepEqual(choice, {
    kind: "found",
    executable: "/real/python3",
    version: "3.12.4",
    origin: "path",
  });
});

test("3.10 is new enough, and so is a later major version", async () => {
  for (const version of [[3, 10, 0], [4, 0, 0]] as const) {
    const choice = await choosePython([PATH], probes({ python3: version }));
    assert.equal(choice.kind, "found");
  }
});

test("a setting that does not run is reported, never replaced", async () => {
  const choice = await choosePython([SETTING, PATH], probes({ python3: [3, 12, 4] }));
  assert.deepEqual(choice, { kind: "setting-failed", command: "/my/python", reason: "no such file" });
});

test("a setting that is too old is reported, never replaced", async () => {
  const choice = await choosePython([SETTING, PATH], probes({ "/my/python": [3, 8, 0], python3: [3, 12, 4] }));
  assert.deepEqual(choice, { kind: "setting-too-old", command: "/my/python", version: "3.8.0" });
});

test("without any, what was tried is said", async () => {
  const choice = await choosePython([EXTENSION, PATH], probes({ python3: [3, 7, 0] }));
  assert.deepEqual(choice, { kind: "none", tried: ["/venv/python", "python3 (3.7.0)"] });
});

test("a command that is no Python fails with a reason", async () => {
  const missing = { command: "no-such-python-here", args: [], origin: "path" } as const;
  assert.equal((await probePython(missing, process.cwd())).kind, "failed");
  const other = { command: process.execPath, args: [], origin: "path" } as const;
  assert.equal((await probePython(other, process.cwd())).kind, "failed");
});

test("the names on the PATH depend on the platform", () => {
  assert.deepEqual(onPath("linux").map((it) => it.command), ["python3", "python"]);
  assert.deepEqual(onPath("win32")[0], { command: "py", args: ["-3"], origin: "path" });
});

function probes(versions: Record<string, readonly [number, number, number]>) {
  return async ({ command }: Candidate): Promise<Probe> => {
    const version = versions[command];
    return version
      ? { kind: "python", executable: `/real/${command}`, version }
      : { kind: "failed", reason: "no such file" };
  };
}
