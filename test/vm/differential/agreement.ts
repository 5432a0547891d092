import fc from "fast-check";
import { expect } from "vitest";
import type { Inside } from "./inside.js";
import type { Spoken } from "./spoken.js";

const RUNS = 3;
const SEED = 20;

type Options = Readonly<Record<string, Spoken>>;
/** The options of a link, under the library's names. */
export type Values = Record<string, unknown>;
/** What `ip` prints, under its own names. */
export type Printed = Record<string, unknown>;

/** What `ip -d -j link` prints of a link. */
export interface PrintedLink extends Printed {
  readonly ifname: string;
  readonly linkinfo?: {
    readonly info_kind?: string;
    readonly info_data?: Printed;
    readonly info_slave_kind?: string;
    readonly info_slave_data?: Printed;
  };
}

/** What `ip` prints of every link, by the link's name. `more`: further options, such as "-s". */
export function printedLinks(programs: Inside, ...more: readonly string[]): Map<string, PrintedLink> {
  const links = programs.ask("ip", "-d", "-j", ...more, "link", "show") as PrintedLink[];
  return new Map(links.map((link) => [link.ifname, link]));
}

/** Random values of all options. */
export function sample(options: Options): Values[] {
  const values = Object.fromEntries(Object.entries(options).map(([name, option]) => [name, option.values]));
  return fc.sample(fc.record(values), { numRuns: RUNS, seed: SEED });
}

/** Values whose order is the kernel's own. */
export function sorted(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return [...(value as unknown[])].sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
}

/** What `ip` has printed is what was set. */
export function expectPrinted(printed: Printed, options: Options, values: Values, name: string): void {
  const picture = Object.entries(options).flatMap(([property, { key, printed: change, more }]) => {
    const value = values[property];
    const own = change === undefined ? value : change(value as never, values as never);
    return [[key, sorted(own)] as const, ...Object.entries(more?.(value as never) ?? {})];
  });
  const shown = picture.map(([key]) => [key, sorted(printed[key])] as const);
  expect(Object.fromEntries(shown), name).toEqual(Object.fromEntries(picture));
}

/** The words that set the options. */
export function wordsOf(options: Options, values: Values): string {
  return Object.entries(options)
    .map(([property, { words }]) => words(values[property] as never, values as never))
    .join(" ");
}

/** What was read here is what was set. */
export function expectRead(read: object | undefined, options: Options, values: Values, name: string): void {
  const given = Object.entries(options).map(([property, { read: change }]) => {
    const value = values[property];
    return [property, sorted(change === undefined ? value : change(value as never))] as const;
  });
  const found = given.map(([property]) => [property, sorted((read as Values | undefined)?.[property])] as const);
  expect(Object.fromEntries(found), name).toMatchObject(Object.fromEntries(given));
}
