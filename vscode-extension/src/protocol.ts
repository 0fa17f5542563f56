// The wire types of docs/protocol.md that this client uses.

import { NotificationType, RequestType } from "vscode-languageserver-protocol";

/** The scheme of derivative documents. */
export const SCHEME = "tangent-derivative";

/** Commands that the server may put in lenses, hovers and code actions for us to run. */
export const CLIENT_COMMANDS = [
  "tangent.showDerivative",
  "tangent.goToAdjoint",
  "tangent.goToPrimal",
] as const;

export interface Position {
  line: number;
  character: number;
}

export interface Range {
  start: Position;
  end: Position;
}

export type Role =
  | "primal"
  | "record"
  | "restore"
  | "adjoint"
  | "accumulate"
  | "tangent"
  | "seed"
  | "inserted"
  | "return";

export interface Link {
  role: Role;
  uri: string;
  primal: Range;
  generated: Range[];
}

export interface LineMap {
  v: 1;
  sourceUri: string;
  sourceVersion: number | null;
  derivativeUri: string;
  generation: number;
  links: Link[];
}

export type State =
  | { kind: "fresh" }
  | { kind: "stale"; reason: string }
  | { kind: "unsupported"; reason: string };

export interface DerivativeOptions {
  mode?: "reverse" | "forward";
  wrt?: string | number | (string | number)[];
}

export interface DerivativeParams {
  textDocument: { uri: string };
  function?: string;
  position?: Position;
  options?: DerivativeOptions;
}

export interface DerivativeResult {
  uri: string;
  function: string;
  sourceVersion: number | null;
  generation: number;
  state: State;
  map: LineMap;
}

export interface MapDidChangeParams {
  uri: string;
  sourceUri: string;
  sourceVersion: number | null;
  generation: number;
  state: State;
  map: LineMap;
}

export interface StatusParams {
  health: "ok" | "warning" | "error";
  quiescent: boolean;
  message?: string;
}

export const derivativeRequest = new RequestType<DerivativeParams, DerivativeResult | null, void>(
  "tangent/derivative",
);
export const mapDidChange = new NotificationType<MapDidChangeParams>("tangent/mapDidChange");
export const status = new NotificationType<StatusParams>("tangent/status");

/** What `initialize` says this client can do; see docs/protocol.md. */
export const EXPERIMENTAL = {
  tangent: { commands: CLIENT_COMMANDS, hoverCommands: true, map: true, status: true },
};
