// Show Derivative, Go to Adjoint, Go to Primal: from the palette, from menus, and as the commands
// that the server puts into lenses, hovers and code actions.

import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import type { DerivativeStore } from "./derivativeStore";
import { highlightsAt, linesOf, type Lines } from "./linkController";
import {
  type DerivativeOptions,
  derivativeRequest,
  type DerivativeResult,
  type Position,
  type Range,
  SCHEME,
} from "./protocol";

export class Commands {
  constructor(
    private readonly store: DerivativeStore,
    /** The running client; says why and gives undefined if there is none. */
    private readonly running: () => Promise<LanguageClient | undefined>,
    private readonly changed: () => void,
  ) {}

  /**
   * A lens passes strings; a menu passes the `Uri` of its editor; the palette passes nothing, and
   * then the function around the cursor is meant. Returns the URI of the derivative document.
   */
  readonly showDerivative = async (
    source?: unknown,
    func?: unknown,
    options?: DerivativeOptions,
  ): Promise<string | null> => {
    if (typeof source === "string" && isFunction(func)) {
      const result = await this.#derivative(source, func, options);
      return result && (await this.#open(result));
    }
    const editor = vscode.window.activeTextEditor;
    if (editor?.document.uri.scheme === SCHEME) {
      return editor.document.uri.toString();
    }
    const result = await this.#atCursor(editor);
    return result && (await this.#open(result));
  };

  /** The arguments are those of docs/protocol.md; without them the cursor's line is meant. */
  readonly goToAdjoint = async (
    derivative?: unknown,
    range?: unknown,
    source?: unknown,
    primal?: unknown,
  ): Promise<string | null> => {
    if (typeof derivative === "string" && isRange(range)) {
      const newer =
        typeof source === "string" && isRange(primal)
          ? this.#counterpart(derivative, source, linesOf(primal))
          : undefined;
      return this.#jump(derivative, newer ?? linesOf(range), vscode.ViewColumn.Beside);
    }
    const editor = vscode.window.activeTextEditor;
    if (editor?.document.uri.scheme === SCHEME) {
      return null;
    }
    const result = await this.#atCursor(editor);
    if (!editor || !result) {
      return null;
    }
    const lines = this.#counterpart(result.uri, editor.document.uri.toString(), cursor(editor));
    if (!lines) {
      inform(vscode.l10n.t("Tangent: this line has no adjoint"));
      return null;
    }
    return this.#jump(result.uri, lines, vscode.ViewColumn.Beside);
  };

  /** The arguments are those of docs/protocol.md; without them the cursor's line is meant. */
  readonly goToPrimal = async (
    _derivative?: unknown,
    _range?: unknown,
    source?: unknown,
    primal?: unknown,
  ): Promise<string | null> => {
    if (typeof source === "string" && isRange(primal)) {
      return this.#jump(source, linesOf(primal), vscode.ViewColumn.One);
    }
    const editor = vscode.window.activeTextEditor;
    const shown = editor && this.store.get(editor.document.uri.toString());
    const found = shown && highlightsAt(shown.map, "derivative", cursor(editor));
    if (!shown || !found?.reveal) {
      inform(vscode.l10n.t("Tangent: no line of the source belongs to this line"));
      return null;
    }
    return this.#jump(shown.map.sourceUri, found.reveal, vscode.ViewColumn.One);
  };

  async #atCursor(editor: vscode.TextEditor | undefined): Promise<DerivativeResult | null> {
    if (editor?.document.languageId !== "python") {
      inform(vscode.l10n.t("Tangent: open a Python file and put the cursor in a function"));
      return null;
    }
    return this.#derivative(editor.document.uri.toString(), editor.selection.active);
  }

  async #derivative(
    uri: string,
    func: string | Position,
    options?: DerivativeOptions,
  ): Promise<DerivativeResult | null> {
    const client = await this.running();
    if (!client) {
      return null;
    }
    const result = await client.sendRequest(derivativeRequest, {
      textDocument: { uri },
      ...(typeof func === "string"
        ? { function: func }
        : { position: { line: func.line, character: func.character } }),
      ...(options && { options }),
    });
    if (!result) {
      inform(vscode.l10n.t("Tangent: there is no function here"));
      return null;
    }
    this.store.update(result.uri, result.map, result.state);
    this.changed();
    return result;
  }

  async #open({ uri }: DerivativeResult): Promise<string | null> {
    return (await showDerivativeDocument(vscode.Uri.parse(uri), { preserveFocus: true }))
      ? uri
      : null;
  }

  #counterpart(derivative: string, source: string, lines: Lines): Lines | undefined {
    const shown = this.store.get(derivative);
    const uri = vscode.Uri.parse(source).toString();
    return shown && highlightsAt(shown.map, "source", lines, uri)?.reveal;
  }

  async #jump(uri: string, lines: Lines, otherwise: vscode.ViewColumn): Promise<string | null> {
    const target = vscode.Uri.parse(uri);
    const document = await vscode.workspace.openTextDocument(target);
    const indent = document.lineAt(Math.min(lines.first, document.lineCount - 1));
    const place = new vscode.Position(indent.lineNumber, indent.firstNonWhitespaceCharacterIndex);
    const editor = await vscode.window.showTextDocument(document, {
      viewColumn: columnOf(target) ?? otherwise,
      selection: new vscode.Range(place, place),
    });
    editor.revealRange(
      new vscode.Range(lines.first, 0, lines.last, 0),
      vscode.TextEditorRevealType.InCenterIfOutsideViewport,
    );
    return uri;
  }
}

/** Open a derivative in the column where it is already, or else beside the active editor. */
export async function showDerivativeDocument(
  uri: vscode.Uri,
  options: vscode.TextDocumentShowOptions,
): Promise<boolean> {
  const document = await vscode.workspace.openTextDocument(uri);
  const viewColumn = columnOf(uri) ?? columnOfDerivatives() ?? vscode.ViewColumn.Beside;
  await vscode.window.showTextDocument(document, { viewColumn, ...options });
  return true;
}

function columnOf(uri: vscode.Uri): vscode.ViewColumn | undefined {
  return columnWhere((other) => other.toString() === uri.toString());
}

/** All derivatives share a column, so that showing a second one opens no third column. */
function columnOfDerivatives(): vscode.ViewColumn | undefined {
  return columnWhere((other) => other.scheme === SCHEME);
}

function columnWhere(wanted: (uri: vscode.Uri) => boolean): vscode.ViewColumn | undefined {
  return vscode.window.tabGroups.all.find(({ tabs }) =>
    tabs.some(({ input }) => input instanceof vscode.TabInputText && wanted(input.uri)),
  )?.viewColumn;
}

function cursor(editor: vscode.TextEditor): Lines {
  return { first: editor.selection.start.line, last: editor.selection.end.line };
}

function inform(message: string): void {
  void vscode.window.showInformationMessage(message);
}

function isFunction(value: unknown): value is string | Position {
  return typeof value === "string" || isPosition(value);
}

function isPosition(value: unknown): value is Position {
  const place = value as Partial<Position> | null;
  return typeof place?.line === "number" && typeof place.character === "number";
}

function isRange(value: unknown): value is Range {
  const range = value as Partial<Range> | null;
  return isPosition(range?.start) && isPosition(range.end);
}
