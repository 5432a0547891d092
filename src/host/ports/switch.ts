import { InputError } from "../../base/errors.js";
import { suggestion } from "../../base/nearest.js";
import type { Cancellation } from "../../base/signal.js";
import { givenNames } from "../links/verify.js";
import type { Journal } from "../work/journal.js";

/** What a switch is told beside the port. */
export interface SwitchCall extends Cancellation {
  /** Is told how what was done is taken back. */
  readonly journal: Journal;
}

/**
 * What takes ports and is no bridge, bond, team or VRF of Linux: a bridge of Open vSwitch, or one of somebody's own. It stands in
 * the place of a link in `attach`, `detach`, `addTap` and `tapForQemu`. `O`: what its ports can be given.
 */
export interface Switch<O extends object = object> {
  /** What errors call it. */
  readonly name: string;
  /** The options that its ports accept; another is refused before anything is done. */
  readonly portOptions: readonly string[];
  /**
   * Makes a link of this name its port, and resolves when it is one, with all its options; the link comes up then. A port that
   * it has keeps all but the options that are given. Whatever it rejects with, it leaves the port as it was.
   */
  join(port: string, options: O, call: SwitchCall): Promise<unknown>;
  /** Takes a port out, and resolves when nothing is switched to it any more; rejects when it has no such port. */
  leave(port: string, call: SwitchCall): Promise<unknown>;
}

/** What the ports of a switch can be given. */
export type PortOptionsOf<S extends Switch> = NonNullable<Parameters<S["join"]>[1]>;

/** Whether something is a switch, and not the reference of a link. */
export function isSwitch(value: unknown): value is Switch {
  if (typeof value !== "object" || value === null) return false;
  const { join, leave, portOptions } = value as Partial<Switch>;
  return typeof join === "function" && typeof leave === "function" && Array.isArray(portOptions);
}

/** Throws InputError for options that a switch does not accept for its ports. */
export function checkSwitchOptions({ name, portOptions }: Switch, options: object): void {
  const stray = givenNames(options).find((each) => !portOptions.includes(each));
  if (stray === undefined) return;
  const others =
    portOptions.length === 0 ? "" : suggestion(stray, portOptions, `; they take ${portOptions.join(", ")}`);
  throw new InputError(`ports of ${name} take no such option${others}`, stray);
}
