// The language status item: is the derivative beside this file up to date?

import * as vscode from "vscode";
import { type State, SCHEME, type StatusParams } from "./protocol";

export const SELECTOR: vscode.DocumentFilter[] = [
  { scheme: "file", language: "python" },
  { scheme: "untitled", language: "python" },
  { scheme: "vscode-notebook-cell", language: "python" },
  { scheme: SCHEME, language: "python" },
];

export type Health =
  | { kind: "starting" }
  | { kind: "running"; detail: string }
  | { kind: "stopped"; reason: string };

export class Status implements vscode.Disposable {
  readonly #item: vscode.LanguageStatusItem;
  #health: Health = { kind: "starting" };
  #server: StatusParams | undefined;
  #derivative: State | undefined;

  constructor() {
    this.#item = vscode.languages.createLanguageStatusItem("tangent.status", SELECTOR);
    this.#item.name = "Tangent";
    this.#item.command = { command: "tangent.showLog", title: vscode.l10n.t("Show Log") };
    this.#render();
  }

  set health(health: Health) {
    this.#health = health;
    this.#server = undefined;
    this.#render();
  }

  set server(server: StatusParams) {
    this.#server = server;
    this.#render();
  }

  /** The state of the derivative that belongs to the active editor, if one does. */
  set derivative(state: State | undefined) {
    this.#derivative = state;
    this.#render();
  }

  dispose(): void {
    this.#item.dispose();
  }

  #render(): void {
    const item = this.#item;
    const { Information, Warning, Error } = vscode.LanguageStatusSeverity;
    item.busy = this.#health.kind === "starting" || this.#server?.quiescent === false;
    item.severity = Information;
    item.detail = "";
    if (this.#health.kind === "starting") {
      item.text = vscode.l10n.t("Tangent: starting");
    } else if (this.#health.kind === "stopped") {
      item.text = vscode.l10n.t("Tangent: not running");
      item.detail = this.#health.reason;
      item.severity = Error;
    } else if (this.#derivative?.kind === "stale") {
      item.text = vscode.l10n.t("$(warning) Derivative: stale");
      item.detail = this.#derivative.reason;
      item.severity = Warning;
    } else if (this.#derivative?.kind === "unsupported") {
      item.text = vscode.l10n.t("$(error) Derivative: cannot differentiate");
      item.detail = this.#derivative.reason;
      item.severity = Error;
    } else if (this.#server && this.#server.health !== "ok") {
      item.text = vscode.l10n.t("Tangent: {0}", this.#server.message ?? this.#server.health);
      item.severity = this.#server.health === "error" ? Error : Warning;
    } else if (this.#derivative) {
      item.text = vscode.l10n.t("$(check) Derivative: up to date");
    } else {
      item.text = vscode.l10n.t("Tangent: ready");
      item.detail = this.#health.detail;
    }
  }
}
