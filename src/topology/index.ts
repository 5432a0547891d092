import type { Host } from "../host/host.js";
import { captureHost } from "./capture.js";
import type { HostDeclaration, ReadDeclaration } from "./declaration/declaration.js";
import { observe, withDefaults, withFunctions } from "./observation/observe.js";

export {
  apply,
  ApplyError,
  type ApplyOptions,
  confirm,
  type ConfirmOptions,
  recover,
  report,
  waiting,
} from "./apply/apply.js";
export { drift, type DriftOptions } from "./drift.js";
export type {
  Absent,
  AddressEntry,
  Entries,
  FdbDeclaration,
  HostDeclaration,
  LinkDeclaration,
  LinkMatch,
  NeighbourEntry,
  NexthopEntry,
  ReadDeclaration,
  RouteEntry,
  RuleEntry,
  VirtualFunctionEntry,
  VirtualFunctionsDeclaration,
} from "./declaration/declaration.js";
export type { TextPosition } from "../base/yaml.js";
export { DeclarationError } from "./declaration/declaration-error.js";
export { BusyError } from "./apply/journal.js";
export { describeOperation, type Operation } from "./steps/operation.js";
export { type Declared, describeDifference, describePlan, describeStep, plan, type Plan } from "./plan/plan.js";
export type { Around, ManagedLink } from "./plan/managed.js";
export { describeInterruptions, explain, type Interruption } from "./plan/traffic.js";
export { revert } from "./revert.js";
export { declarationSchema, defineHost } from "./declaration/schema.js";
export type { Difference, Phase, Step, Subject } from "./steps/step.js";

/** Loaded by what reads or writes files alone, for which there is a parser. */
const files = (): typeof import("./declaration/file.js") =>
  require("./declaration/file.js") as typeof import("./declaration/file.js");

/**
 * Reads a declaration from a file's text, YAML or JSON. Durations, rates and sizes have their units. Throws DeclarationError,
 * which says at which line and column what is wrong, and what was probably meant.
 *
 * @param file What the text is called in errors.
 */
export function readDeclaration(text: string, file?: string): ReadDeclaration {
  return files().readDeclaration(text, file);
}

/** A declaration as YAML, durations, rates and sizes with their units. */
export function writeDeclaration(declaration: HostDeclaration): string {
  return files().writeDeclaration(declaration);
}

/** The present state of a host as a declaration that applies to nothing. */
export async function capture(host: Host): Promise<HostDeclaration> {
  return captureHost(await withFunctions(host, await withDefaults(await observe(host))));
}
