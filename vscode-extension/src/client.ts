// The language client: how the server is started and what it may show.

import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import * as vscode from "vscode";
import {
  type ClientCapabilities,
  type FeatureState,
  LanguageClient,
  type LanguageClientOptions,
  RevealOutputChannelOn,
  type StaticFeature,
  TextDocumentContentRequest,
  TransportKind,
} from "vscode-languageclient/node";
import { CLIENT_COMMANDS, EXPERIMENTAL, SCHEME } from "./protocol";
import { SELECTOR } from "./status";

/** A client that is not started yet. `show` opens a derivative document beside its source. */
export function createClient(
  python: string,
  extension: vscode.Uri,
  log: vscode.LogOutputChannel,
  show: (uri: vscode.Uri, options: vscode.TextDocumentShowOptions) => Promise<boolean>,
): LanguageClient {
  const script = vscode.Uri.joinPath(extension, "bundled", "tool", "tangent_server.py").fsPath;
  const options: LanguageClientOptions = {
    documentSelector: SELECTOR.map(({ scheme, language }) => ({
      scheme: scheme ?? "file",
      language: language ?? "python",
    })),
    outputChannel: log,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    stdioOptions: { stdout: toLog, stderr: toLog },
    initializationOptions: () => vscode.workspace.getConfiguration("tangent"),
    synchronize: { configurationSection: "tangent" },
    markdown: { isTrusted: { enabledCommands: CLIENT_COMMANDS } },
    middleware: {
      window: {
        showDocument: async (params, token, next) => {
          const uri = vscode.Uri.parse(params.uri);
          if (uri.scheme !== SCHEME) {
            return next(params, token);
          }
          const start = params.selection?.start;
          const place = start && new vscode.Position(start.line, start.character);
          const success = await show(uri, {
            preserveFocus: !params.takeFocus,
            ...(place && { selection: new vscode.Range(place, place) }),
          });
          return { success };
        },
      },
    },
  };
  const server = {
    command: python,
    // -I: neither the workspace nor PYTHON* variables decide what the server imports.
    args: ["-I", "-X", "utf8", script],
    transport: TransportKind.stdio,
    // The workspace is not the working directory: nothing in it can be imported or run by chance.
    options: { cwd: extension.fsPath },
  };
  const client = new LanguageClient("tangent", "Tangent", server, options);
  client.registerFeature(new DeclareExperimental());
  return client;
}

/** Ask the server again for the text of every open derivative, as after it was restarted. */
export function refetchDerivatives(client: LanguageClient): void {
  const providers = client.getFeature(TextDocumentContentRequest.method)?.getProviders() ?? [];
  for (const { uri } of vscode.workspace.textDocuments) {
    for (const { scheme, onDidChangeEmitter } of providers) {
      if (uri.scheme === scheme) {
        onDidChangeEmitter.fire(uri);
      }
    }
  }
}

/** The server logs to standard error, good news too. */
function toLog(stream: Readable, log: vscode.LogOutputChannel): void {
  createInterface({ input: stream, crlfDelay: Infinity }).on("line", (line) => log.info(line));
}

class DeclareExperimental implements StaticFeature {
  fillClientCapabilities(capabilities: ClientCapabilities): void {
    capabilities.experimental = { ...(capabilities.experimental as object), ...EXPERIMENTAL };
  }
  initialize(): void {}
  getState(): FeatureState {
    return { kind: "static" };
  }
  clear(): void {}
}
