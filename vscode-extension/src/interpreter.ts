// Where to look for a Python: the setting, then the Python extensions, then the PATH.

import * as vscode from "vscode";
import { type Candidate, onPath } from "./python";

// Only the parts that are used; both extensions are optional and may be of any version.
interface EnvironmentsApi {
  getEnvironment(scope: vscode.Uri | undefined): Promise<
    { execInfo?: { run?: { executable?: string; args?: string[] } } } | undefined
  >;
  onDidChangeEnvironment?: vscode.Event<unknown>;
}

interface PythonApi {
  environments?: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { path: string };
    resolveEnvironment(
      environment: { path: string },
    ): Promise<{ executable?: { uri?: vscode.Uri } } | undefined>;
    onDidChangeActiveEnvironmentPath?: vscode.Event<unknown>;
  };
}

const ENVIRONMENTS = "ms-python.vscode-python-envs";
const PYTHON = "ms-python.python";

/** Every command that may be a Python to run the server with, best first. */
export async function candidates(log: vscode.LogOutputChannel): Promise<Candidate[]> {
  const setting = vscode.workspace.getConfiguration("tangent").get<string>("interpreter", "").trim();
  if (setting) {
    return [{ command: setting, args: [], origin: "setting" }];
  }
  const fromExtension: Candidate[] = [];
  // An untrusted workspace may bring its own environment: then only the PATH counts.
  if (vscode.workspace.isTrusted) {
    for (const ask of [fromEnvironments, fromPython]) {
      try {
        const found = await ask();
        if (found) {
          fromExtension.push(found);
        }
      } catch (error) {
        log.warn(`A Python extension did not answer: ${String(error)}`);
      }
    }
  }
  return [...fromExtension, ...onPath(process.platform)];
}

/** Call `changed` whenever a Python extension selects another interpreter. */
export function onInterpreterChanged(changed: () => void): vscode.Disposable {
  const subscriptions: vscode.Disposable[] = [];
  const listen = (event: vscode.Event<unknown> | undefined): void => {
    if (event) {
      subscriptions.push(event(changed));
    }
  };
  const environments = vscode.extensions.getExtension<EnvironmentsApi>(ENVIRONMENTS);
  if (environments?.isActive) {
    listen(environments.exports.onDidChangeEnvironment);
  }
  const python = vscode.extensions.getExtension<PythonApi>(PYTHON);
  if (python?.isActive) {
    listen(python.exports.environments?.onDidChangeActiveEnvironmentPath);
  }
  return vscode.Disposable.from(...subscriptions);
}

function folder(): vscode.Uri | undefined {
  return vscode.workspace.workspaceFolders?.[0]?.uri;
}

async function fromEnvironments(): Promise<Candidate | undefined> {
  const extension = vscode.extensions.getExtension<EnvironmentsApi>(ENVIRONMENTS);
  const api = await extension?.activate();
  const run = (await api?.getEnvironment(folder()))?.execInfo?.run;
  return run?.executable
    ? { command: run.executable, args: run.args ?? [], origin: "extension" }
    : undefined;
}

async function fromPython(): Promise<Candidate | undefined> {
  const extension = vscode.extensions.getExtension<PythonApi>(PYTHON);
  const environments = (await extension?.activate())?.environments;
  if (!environments) {
    return undefined;
  }
  const resolved = await environments.resolveEnvironment(
    environments.getActiveEnvironmentPath(folder()),
  );
  const executable = resolved?.executable?.uri?.fsPath;
  return executable ? { command: executable, args: [], origin: "extension" } : undefined;
}
