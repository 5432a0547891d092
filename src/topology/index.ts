import { Host } from "../host/host.js";
import { namespaceNames } from "../kernel/namespace-names.js";
import { captureAll } from "./capture.js";
import { farFrom } from "./plan/namespaces.js";
import type { HostDeclaration, ReadDeclaration } from "./declaration/declaration.js";
import { ALONE, observe, type Picture, withDefaults, withFunctions } from "./observation/observe.js";

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
export type { Absent } from "./declaration/absent.js";
export type {
  AddressEntry,
  Entries,
  FdbDeclaration,
  HostDeclaration,
  LinkDeclaration,
  LinkMatch,
  NamespaceDeclaration,
  NeighbourEntry,
  NexthopEntry,
  PeerElsewhere,
  ReadDeclaration,
  ReadNamespace,
  RouteEntry,
  RuleEntry,
  VirtualFunctionEntry,
  VirtualFunctionsDeclaration,
} from "./declaration/declaration.js";
export type { TextPosition } from "../base/yaml.js";
export { DeclarationError } from "./declaration/declaration-error.js";
export { BusyError } from "./apply/plan-file.js";
export type { OpenVswitchDeclaration, SwitchDeclaration, SwitchPortDeclaration } from "./declaration/open-vswitch.js";
export { describeOperation, type Operation } from "./steps/operation.js";
export { type Declared, describePlan, describeStep, plan, type Plan } from "./plan/plan.js";
export type { Around } from "./observation/around.js";
export type { LeasedLink } from "./observation/leases.js";
export type { ManagedLink } from "./plan/managed.js";
export { describeInterruptions, explain, type Interruption } from "./plan/traffic.js";
export { revert } from "./revert.js";
export { declarationSchema, defineHost } from "./declaration/schema.js";
export { describeDifference, type Difference, type Phase, type Step, type StepSubject } from "./steps/step.js";

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

/** What is captured beside a host's own namespace. */
export interface CaptureOptions {
  /** Namespaces by their names under /run/netns, or all that have one. */
  readonly namespaces?: readonly string[] | "all" | undefined;
}

/** The present state of a host as a declaration that applies to nothing. */
export async function capture(host: Host, { namespaces = [] }: CaptureOptions = {}): Promise<HostDeclaration> {
  const names = namespaces === "all" ? namespaceNames() : namespaces;
  const pictured = async (each: Host, beside = ALONE): Promise<Picture> =>
    withFunctions(each, await withDefaults(await observe(each, undefined, beside)));
  const inside = new Map<string, Picture>();
  for (const name of names) {
    await using there = await Host.open({ namespace: { name } });
    inside.set(name, await pictured(there));
  }
  return captureAll(await pictured(host, { ...ALONE, far: await farFrom(host, names) }), inside);
}
