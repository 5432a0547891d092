import { expect, type TestContext } from "vitest";
import { Host, InputError, NetlinkError } from "../../../../src/index.js";
import type { AttributeTable } from "../../../../src/netlink/codecs/attributes.js";
import type { Codec } from "../../../../src/netlink/codecs/codec.js";
import { ROUNDED, UNKEPT, WITH_MORE, WRITE_ONLY } from "./exceptions.js";
import { holds, holdsAmong, settableOf, valuesOf } from "./values.js";

/** What can be set of something: its name among the settings, what the exceptions call it, and its values. */
export interface Attribute {
  readonly name: string;
  readonly called: string;
  /** How a value is compared with another; undefined for settings that no codec has as they are given. */
  readonly codec: Codec<unknown> | undefined;
  readonly values: readonly unknown[];
}

/** Something whose attributes are set one by one, and read back. */
export interface Subject {
  readonly title: string;
  readonly attributes: readonly Attribute[];
  /** Makes it in a new namespace; rejects with EOPNOTSUPP where the kernel has no such thing. */
  make?(host: Host): Promise<unknown>;
  set(host: Host, settings: Record<string, unknown>): Promise<unknown>;
  get(host: Host): Promise<object | undefined>;
  /** Takes away what `set` made, where that was no change. */
  clear?(host: Host): Promise<unknown>;
  /** Of each attribute the first value and the last will do: making and clearing take long. */
  readonly slow?: true;
}

/** Subjects that a kernel has all of, or none. */
export interface Group {
  readonly title: string;
  readonly subjects: readonly Subject[];
}

type Values = Readonly<Record<string, readonly unknown[]>>;

/** The attributes of a table that can be set. `values` are those of attributes of which numbers made up mean nothing. */
export function attributesOf(table: AttributeTable, values: Values = {}): Attribute[] {
  return settableOf(table).map(([name, codec]) => ({
    name,
    called: table.kernelName(name),
    codec,
    values: values[name] ?? valuesOf(codec),
  }));
}

/** Each setting's codec, or values of a setting that has none; a setting that is not there is an error of types. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a codec both takes and gives its type
export type Known<S> = { readonly [K in keyof Required<S>]: Codec<any> | readonly unknown[] };

/** The same for settings of a type, which are called "SPACE.NAME". */
export function settingsOf<S>(space: string, known: Known<S>, values: Values = {}): Attribute[] {
  return Object.entries(known as Readonly<Record<string, Codec<unknown> | readonly unknown[]>>).map(([name, given]) => {
    const called = `${space}.${name}`;
    if (Array.isArray(given)) return { name, called, codec: undefined, values: given };
    return { name, called, codec: given as Codec<unknown>, values: values[name] ?? valuesOf(given as Codec<unknown>) };
  });
}

/** In a virtual machine without KVM everything takes twenty times as long. */
export const inMachine = process.env.LINKWRIGHT_VM === "1";

/** What came of setting each attribute to each value. */
export interface Outcome {
  /** What was said to be done and is not, and what was refused and changed. */
  readonly broken: string[];
  /** Attributes of which at least one value held, by what exceptions call them. */
  readonly held: Set<string>;
  /** Attributes that were tried, with the last refusal. */
  readonly refused: Map<string, string>;
}

function isRefusal(error: unknown): error is InputError | NetlinkError {
  return error instanceof InputError || error instanceof NetlinkError;
}

/** A value as a message shows it. */
export function shown(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) => (typeof each === "bigint" ? `${each}n` : each)) ?? "nothing";
}

/** Sets each attribute to each of its values, in a namespace that has the subject, and reads it back. */
export async function readBack(host: Host, subject: Subject): Promise<Outcome> {
  const { attributes, clear } = subject;
  const outcome: Outcome = { broken: [], held: new Set(), refused: new Map() };
  const agree = ({ called, codec }: Attribute, wanted: unknown, reported: unknown): boolean => {
    if (Object.hasOwn(WITH_MORE, called)) return holdsAmong(wanted as readonly unknown[], reported);
    return holds(codec, wanted, reported, ROUNDED[called]?.by);
  };
  const look = async (): Promise<Record<string, unknown>> =>
    ((await subject.get(host)) ?? {}) as Record<string, unknown>;
  let has = clear === undefined ? await look() : {};
  for (const attribute of attributes) {
    const { name, called, values } = attribute;
    if (Object.hasOwn(WRITE_ONLY, called)) continue;
    if (values.length === 0) outcome.broken.push(`${called} has no values to be set to`);
    const tried = subject.slow === true || inMachine ? [...new Set([values[0], values.at(-1)])] : values;
    for (const value of tried.filter((each) => !Object.hasOwn(UNKEPT, `${called}=${String(each)}`))) {
      const before = has[name];
      let refusal: unknown;
      try {
        await subject.set(host, { [name]: value });
      } catch (error) {
        if (!isRefusal(error)) throw error;
        refusal = error;
      }
      if (clear === undefined || refusal === undefined) has = await look();
      const after = has[name];
      const what = `${called}: ${shown(value)}`;
      if (refusal !== undefined) {
        outcome.refused.set(called, (refusal as Error).message);
        if (clear === undefined && before !== undefined && !agree(attribute, before, after))
          outcome.broken.push(`${what} was refused, and ${shown(before)} became ${shown(after)}`);
      } else if (agree(attribute, value, after)) outcome.held.add(called);
      else outcome.broken.push(`${what} was done, and it is ${shown(after)}`);
      if (refusal === undefined) await clear?.(host);
    }
  }
  return outcome;
}

/** What the kernel says of a qdisc or a filter that it lacks, with ENOENT. */
const LACKING = ["Specified qdisc kind is unknown", "TC classifier not found"];

/** Makes a subject; skips, saying why, where the kernel has none. */
async function made(host: Host, { make }: Subject, { skip }: TestContext): Promise<void> {
  try {
    await make?.(host);
  } catch (error) {
    if (error instanceof NetlinkError)
      skip(error.code === "EOPNOTSUPP" || LACKING.includes(error.kernelMessage ?? ""), error.message);
    throw error;
  }
}

/** The test of a group: what is set holds, or is refused and stays as it was. */
export async function readBackAll({ subjects }: Group, context: TestContext): Promise<void> {
  const wrong: string[] = [];
  let held = 0;
  for (const subject of subjects) {
    await using host = await Host.open({ namespace: "new" });
    await made(host, subject, context);
    const outcome = await readBack(host, subject);
    wrong.push(...outcome.broken.map((each) => `${subject.title}: ${each}`));
    held += outcome.held.size;
  }
  expect(wrong).toEqual([]);
  expect(held).toBeGreaterThan(0);
}
