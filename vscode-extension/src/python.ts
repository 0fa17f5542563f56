// Choosing the Python that runs the server. No editor in here; messages are made by the caller.

import { execFile } from "node:child_process";

export const OLDEST: readonly [number, number] = [3, 10];

/** A command that may be a Python, and where it was found. */
export interface Candidate {
  command: string;
  args: readonly string[];
  origin: "setting" | "extension" | "path";
}

/** What a candidate turned out to be. */
export type Probe =
  | { kind: "python"; executable: string; version: readonly [number, number, number] }
  | { kind: "failed"; reason: string };

export type Choice =
  | { kind: "found"; executable: string; version: string; origin: Candidate["origin"] }
  | { kind: "setting-failed"; command: string; reason: string }
  | { kind: "setting-too-old"; command: string; version: string }
  | { kind: "none"; tried: string[] };

/**
 * The first candidate that is new enough. A candidate from the setting is never replaced by
 * another: what the user chose either runs or is reported.
 */
export async function choosePython(
  candidates: readonly Candidate[],
  probe: (candidate: Candidate) => Promise<Probe>,
): Promise<Choice> {
  const tried: string[] = [];
  for (const candidate of candidates) {
    const command = [candidate.command, ...candidate.args].join(" ");
    const found = await probe(candidate);
    if (found.kind === "failed") {
      if (candidate.origin === "setting") {
        return { kind: "setting-failed", command, reason: found.reason };
      }
      tried.push(command);
      continue;
    }
    const version = found.version.join(".");
    const [major, minor] = found.version;
    if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) {
      const { executable } = found;
      return { kind: "found", executable, version, origin: candidate.origin };
    }
    if (candidate.origin === "setting") {
      return { kind: "setting-too-old", command, version };
    }
    tried.push(`${command} (${version})`);
  }
  return { kind: "none", tried };
}

/** Ask a command which Python it is. `cwd` is not the workspace: nothing there may be run. */
export function probePython(candidate: Candidate, cwd: string): Promise<Probe> {
  const code = "import sys; print(sys.executable); print(*sys.version_info[:3])";
  return new Promise((resolve) => {
    execFile(
      candidate.command,
      [...candidate.args, "-I", "-c", code],
      { cwd, timeout: 10_000, windowsHide: true },
      (error, stdout, stderr) => {
        const [executable, numbers] = stdout.trim().split(/\r?\n/);
        const version = numbers?.split(" ").map(Number);
        const [major, minor, micro] = version ?? [];
        if (!error && executable && major !== undefined && minor !== undefined) {
          resolve({ kind: "python", executable, version: [major, minor, micro ?? 0] });
        } else {
          const reason = stderr.trim() || error?.message || "it printed no version";
          resolve({ kind: "failed", reason });
        }
      },
    );
  });
}

/** The usual names of Python on the PATH. */
export function onPath(platform: NodeJS.Platform): Candidate[] {
  const names = platform === "win32" ? [["py", "-3"], ["python"]] : [["python3"], ["python"]];
  return names.map(([command, ...args]) => ({ command: command ?? "", args, origin: "path" }));
}
