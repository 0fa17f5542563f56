// Activation: the log, the status, the client and the commands.

import * as vscode from "vscode";
import { type LanguageClient, State as ClientState } from "vscode-languageclient/node";
import { createClient, refetchDerivatives } from "./client";
import { Coalesced } from "./coalesce";
import { Commands, showDerivativeDocument } from "./commands";
import { DerivativeStore } from "./derivativeStore";
import { candidates, onInterpreterChanged } from "./interpreter";
import { LinkView } from "./linkView";
import { mapDidChange, status as statusNotification } from "./protocol";
import { type Choice, choosePython, OLDEST, probePython } from "./python";
import { Status } from "./status";

let stop: (() => Promise<void>) | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel("Tangent", { log: true });
  const status = new Status();
  const store = new DerivativeStore((uri) => vscode.Uri.parse(uri).toString());
  const links = new LinkView(store, context.extensionUri, (state) => {
    status.derivative = state;
  });
  let client: LanguageClient | undefined;
  let runningPython: string | undefined;

  stop = async (): Promise<void> => {
    const old = client;
    client = undefined;
    runningPython = undefined;
    try {
      await old?.dispose();
    } catch (error) {
      log.warn(`The server did not stop in order: ${String(error)}`);
    }
  };

  const choose = async (): Promise<Choice> =>
    choosePython(await candidates(log), (candidate) =>
      probePython(candidate, context.extensionUri.fsPath),
    );

  const start = async (): Promise<void> => {
    await stop?.();
    status.health = { kind: "starting" };
    store.clear();
    const choice = await choose();
    if (choice.kind !== "found") {
      const reason = whyNoPython(choice);
      status.health = { kind: "stopped", reason };
      log.error(reason);
      void offerSettings(reason);
      return;
    }
    const detail = `Python ${choice.version} (${choice.executable})`;
    log.info(`Starting the server with ${detail}, found by ${choice.origin}`);
    const started = createClient(
      choice.executable,
      context.extensionUri,
      log,
      showDerivativeDocument,
    );
    client = started;
    runningPython = choice.executable;
    started.onNotification(mapDidChange, ({ uri, map, state }) => {
      if (store.update(uri, map, state)) {
        links.refresh(false);
      }
    });
    started.onNotification(statusNotification, (params) => {
      status.server = params;
    });
    started.onDidChangeState(({ newState }) => {
      // Only the server of now: an old one that stops late says nothing about it.
      if (started !== client) {
        return;
      }
      if (newState === ClientState.Running) {
        status.health = { kind: "running", detail };
        // Also after the client restarted a crashed server by itself, whose generations begin anew.
        store.clear();
        // The state changes before the client can serve documents; its start ends after that.
        started.start().then(
          () => refetchDerivatives(started),
          () => undefined, // said below
        );
      } else if (newState === ClientState.Stopped) {
        const reason = vscode.l10n.t("The server stopped; see the log.");
        status.health = { kind: "stopped", reason };
      }
    });
    try {
      await started.start();
    } catch (error) {
      const reason = vscode.l10n.t("Tangent's server could not be started: {0}", String(error));
      status.health = { kind: "stopped", reason };
      log.error(reason);
      void offerLog(reason);
    }
  };

  const restart = new Coalesced(start);
  const restartIfOther = async (): Promise<void> => {
    const choice = await choose();
    if (choice.kind !== "found" || choice.executable !== runningPython) {
      await restart.run();
    }
  };

  const running = async (): Promise<LanguageClient | undefined> => {
    await restart.idle();
    if (client?.state === ClientState.Running) {
      return client;
    }
    void offerLog(vscode.l10n.t("Tangent's server is not running."));
    return undefined;
  };

  const offerLog = async (message: string): Promise<void> => {
    const show = vscode.l10n.t("Show Log");
    const again = vscode.l10n.t("Restart");
    const answer = await vscode.window.showErrorMessage(message, show, again);
    if (answer === show) {
      log.show();
    } else if (answer === again) {
      await restart.run();
    }
  };

  const commands = new Commands(store, running, () => links.refresh(false));
  const { registerCommand } = vscode.commands;
  context.subscriptions.push(
    log,
    status,
    links,
    registerCommand("tangent.showDerivative", commands.showDerivative),
    registerCommand("tangent.goToAdjoint", commands.goToAdjoint),
    registerCommand("tangent.goToPrimal", commands.goToPrimal),
    registerCommand("tangent.restart", () => restart.run()),
    registerCommand("tangent.showLog", () => log.show()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("tangent.interpreter")) {
        void restartIfOther();
      }
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => void restartIfOther()),
  );

  // Not awaited: the commands work, and the log can be read, however the start goes.
  void restart.run().then(() => {
    // By now the Python extensions were asked, and so are active if they are there.
    context.subscriptions.push(onInterpreterChanged(() => void restartIfOther()));
  });
}

export async function deactivate(): Promise<void> {
  await stop?.();
}

function whyNoPython(choice: Exclude<Choice, { kind: "found" }>): string {
  const oldest = OLDEST.join(".");
  switch (choice.kind) {
    case "setting-failed":
      return vscode.l10n.t(
        "Tangent: the interpreter in the setting tangent.interpreter, {0}, does not run: {1}",
        choice.command,
        choice.reason,
      );
    case "setting-too-old":
      return vscode.l10n.t(
        "Tangent needs Python {0} or later; tangent.interpreter, {1}, is {2}.",
        oldest,
        choice.command,
        choice.version,
      );
    case "none":
      return vscode.l10n.t(
        "Tangent needs Python {0} or later, and found none (tried {1}). Set tangent.interpreter to one.",
        oldest,
        choice.tried.join(", "),
      );
  }
}

async function offerSettings(message: string): Promise<void> {
  const open = vscode.l10n.t("Open Settings");
  if ((await vscode.window.showErrorMessage(message, open)) === open) {
    await vscode.commands.executeCommand("workbench.action.openSettings", "tangent.interpreter");
  }
}
