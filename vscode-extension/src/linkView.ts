// Linked highlighting: the counterpart of the cursor's line is marked on both sides.

import * as vscode from "vscode";
import type { DerivativeStore, Shown } from "./derivativeStore";
import { type Highlights, highlightsAt, type Lines, type Side } from "./linkController";
import { SCHEME, type State } from "./protocol";

/** Long enough to skip the lines that a held arrow key runs over. */
const DELAY_MS = 30;

export class LinkView implements vscode.Disposable {
  readonly #primal: vscode.TextEditorDecorationType;
  readonly #forward: vscode.TextEditorDecorationType;
  readonly #adjoint: vscode.TextEditorDecorationType;
  readonly #stale: vscode.TextEditorDecorationType;
  readonly #subscriptions: vscode.Disposable[];
  readonly #marked = new Set<vscode.TextEditor>();
  #timer: NodeJS.Timeout | undefined;
  #reveal = false;

  constructor(
    private readonly store: DerivativeStore,
    extension: vscode.Uri,
    private readonly onState: (state: State | undefined) => void,
  ) {
    // Each kind has a sign in the gutter besides its tint, and its own border.
    const mark = (name: string, border: string): vscode.TextEditorDecorationType =>
      vscode.window.createTextEditorDecorationType({
        isWholeLine: true,
        backgroundColor: new vscode.ThemeColor(`tangent.${name}Background`),
        borderColor: new vscode.ThemeColor(`tangent.${name}Mark`),
        borderStyle: border,
        borderWidth: "0 0 0 3px",
        overviewRulerColor: new vscode.ThemeColor(`tangent.${name}Mark`),
        overviewRulerLane: vscode.OverviewRulerLane.Left,
        light: { gutterIconPath: icon(extension, `${name}-light.svg`) },
        dark: { gutterIconPath: icon(extension, `${name}-dark.svg`) },
        gutterIconSize: "contain",
      });
    this.#primal = mark("primal", "solid");
    this.#forward = mark("forward", "dotted");
    this.#adjoint = mark("adjoint", "solid");
    this.#stale = vscode.window.createTextEditorDecorationType({
      isWholeLine: true,
      color: new vscode.ThemeColor("editorWarning.foreground"),
      fontWeight: "bold",
    });
    const { window, workspace } = vscode;
    this.#subscriptions = [
      window.onDidChangeTextEditorSelection(({ textEditor }) => {
        if (textEditor === window.activeTextEditor) {
          this.refresh(true);
        }
      }),
      window.onDidChangeActiveTextEditor(() => this.refresh(false)),
      window.onDidChangeVisibleTextEditors(() => this.refresh(false)),
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (document.uri.scheme !== SCHEME && contentChanges.length > 0) {
          store.edited(document.uri.toString(), document.version, contentChanges);
        }
        this.refresh(false);
      }),
      workspace.onDidCloseTextDocument((document) => {
        store.closed(document.uri.toString());
        this.refresh(false);
      }),
    ];
  }

  /** Mark again soon; with `reveal`, also bring the counterpart into view. */
  refresh(reveal: boolean): void {
    this.#reveal ||= reveal;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#render(), DELAY_MS);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    const types = [this.#primal, this.#forward, this.#adjoint, this.#stale];
    vscode.Disposable.from(...this.#subscriptions, ...types).dispose();
  }

  #render(): void {
    const reveal = this.#reveal;
    this.#reveal = false;
    const active = vscode.window.activeTextEditor;
    const editors = vscode.window.visibleTextEditors;
    const previously = new Set(this.#marked);
    this.#marked.clear();
    if (active) {
      const [side, shown] = this.#related(active, editors);
      this.onState(shown[0]?.state);
      for (const one of shown) {
        this.#mark(active, side, one, reveal);
      }
    }
    for (const editor of editors) {
      if (previously.has(editor) && !this.#marked.has(editor)) {
        this.#decorate(editor, [], [], []);
      }
      if (editor.document.uri.scheme === SCHEME) {
        const state = this.store.get(editor.document.uri.toString())?.state;
        const stale = state && state.kind !== "fresh" ? [headerLine(editor.document)] : [];
        editor.setDecorations(this.#stale, stale);
      }
    }
  }

  /** Which side the active editor is on, and the derivatives in view that it is linked to. */
  #related(
    active: vscode.TextEditor,
    editors: readonly vscode.TextEditor[],
  ): [Side, readonly Shown[]] {
    const uri = active.document.uri;
    if (uri.scheme === SCHEME) {
      const shown = this.store.get(uri.toString());
      return ["derivative", shown ? [shown] : []];
    }
    const visible = new Set(editors.map((editor) => editor.document.uri.toString()));
    return ["source", this.store.of(uri.toString()).filter((shown) => visible.has(shown.uri))];
  }

  #mark(active: vscode.TextEditor, side: Side, shown: Shown, reveal: boolean): void {
    const cursor: Lines = {
      first: active.selection.start.line,
      last: active.selection.end.line,
    };
    const source = side === "source" ? active.document.uri.toString() : shown.map.sourceUri;
    const found = highlightsAt(shown.map, side, cursor, source);
    if (!found) {
      return;
    }
    for (const editor of vscode.window.visibleTextEditors) {
      const uri = editor.document.uri.toString();
      const here = uri === source ? "source" : uri === shown.uri ? "derivative" : undefined;
      if (here) {
        this.#show(editor, here, found);
        if (reveal && here !== side && found.reveal) {
          editor.revealRange(
            wholeLines(editor.document, found.reveal),
            vscode.TextEditorRevealType.InCenterIfOutsideViewport,
          );
        }
      }
    }
  }

  #show(editor: vscode.TextEditor, side: Side, found: Highlights): void {
    const ranges = (all: Lines[]): vscode.Range[] =>
      all.map((lines) => wholeLines(editor.document, lines));
    if (side === "source") {
      this.#decorate(editor, ranges(found.source), [], []);
    } else {
      this.#decorate(editor, [], ranges(found.forward), ranges(found.adjoint));
    }
    this.#marked.add(editor);
  }

  #decorate(
    editor: vscode.TextEditor,
    primal: vscode.Range[],
    forward: vscode.Range[],
    adjoint: vscode.Range[],
  ): void {
    editor.setDecorations(this.#primal, primal);
    editor.setDecorations(this.#forward, forward);
    editor.setDecorations(this.#adjoint, adjoint);
  }
}

function icon(extension: vscode.Uri, name: string): vscode.Uri {
  return vscode.Uri.joinPath(extension, "images", name);
}

function wholeLines(document: vscode.TextDocument, { first, last }: Lines): vscode.Range {
  return document.validateRange(new vscode.Range(first, 0, last, Number.MAX_SAFE_INTEGER));
}

/** The second line of a derivative document says how fresh it is. */
function headerLine(document: vscode.TextDocument): vscode.Range {
  return wholeLines(document, { first: 1, last: 1 });
}
