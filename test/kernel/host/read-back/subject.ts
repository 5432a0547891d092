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
  /** Attributes can be set at once of which this says the same. */
  readonly alike?: (name: string) => string;
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

/** What an attribute is set to. */
interface Trial {
  readonly attribute: Attribute;
  readonly value: unknown;
}

function agree({ called, codec }: Attribute, wanted: unknown, reported: unknown): boolean {
  if (Object.hasOwn(WITH_MORE, called)) return holdsAmong(wanted as readonly unknown[], reported);
  return holds(codec, wanted, reported, ROUNDED[called]?.by);
}

/** What goes by what else becomes of a link, such as that it goes down and up. */
const STATUS = ["IFLA_OPERSTATE", "IFLA_CARRIER"];

/** The values of an attribute that it is to hold. */
function trialsOf({ slow }: Subject, attribute: Attribute, together: boolean): Trial[] {
  const { called, values } = attribute;
  const tried = slow === true || together ? [...new Set([values[0], values.at(-1)])] : values;
  return tried
    .filter((each) => !Object.hasOwn(UNKEPT, `${called}=${String(each)}`))
    .map((value) => ({ attribute, value }));
}

function partedBy(trials: readonly Trial[], key: (trial: Trial) => string): Trial[][] {
  const parts = new Map<string, Trial[]>();
  for (const trial of trials) parts.set(key(trial), [...(parts.get(key(trial)) ?? []), trial]);
  return [...parts.values()];
}

/** Parts of what was refused together: the one that the refusal names and the others, or halves. */
function partsOf(trials: readonly Trial[], refusal: InputError | NetlinkError): (readonly Trial[])[] {
  const path = (refusal instanceof NetlinkError ? refusal.attribute : undefined)?.split(".") ?? [];
  const [accused, another] = trials.filter(({ attribute }) => path.includes(attribute.name));
  if (accused !== undefined && another === undefined) return [[accused], trials.filter((each) => each !== accused)];
  const half = trials.length >> 1;
  return [trials.slice(0, half), trials.slice(half)];
}

/**
 * Sets each attribute to each of its values, in a namespace that has the subject, and reads it back. `together`: as many as can be
 * at once, to the first and then to the last of their values; what is refused then is taken apart, down to each alone, and so
 * is what does not hold.
 */
export async function readBack(host: Host, subject: Subject, together = false): Promise<Outcome> {
  const { clear } = subject;
  const outcome: Outcome = { broken: [], held: new Set(), refused: new Map() };
  const look = async (): Promise<Record<string, unknown>> =>
    ((await subject.get(host)) ?? {}) as Record<string, unknown>;
  let has = clear === undefined ? await look() : {};

  const refused = (trials: readonly Trial[], error: InputError | NetlinkError, before: typeof has): Trial[][] => {
    for (const { attribute, value } of clear === undefined ? trials : []) {
      const { name, called } = attribute;
      if (trials.length > 1 && STATUS.includes(called)) continue;
      if (before[name] !== undefined && !agree(attribute, before[name], has[name]))
        outcome.broken.push(
          `${called}: ${shown(value)} was refused, and ${shown(before[name])} became ${shown(has[name])} (${error.message})`,
        );
    }
    if (trials.length > 1) return partsOf(trials, error) as Trial[][];
    outcome.refused.set(trials[0]!.attribute.called, error.message);
    return [];
  };

  const done = (trials: readonly Trial[]): Trial[][] => {
    const lost = trials.filter(({ attribute, value }) => !agree(attribute, value, has[attribute.name]));
    for (const each of trials) if (!lost.includes(each)) outcome.held.add(each.attribute.called);
    if (trials.length > 1) return lost.map((each) => [each]);
    for (const { attribute, value } of lost)
      outcome.broken.push(`${attribute.called}: ${shown(value)} was done, and it is ${shown(has[attribute.name])}`);
    return [];
  };

  /** Gives what has to be tried apart. */
  const attempt = async (trials: readonly Trial[]): Promise<Trial[][]> => {
    const before = has;
    try {
      await subject.set(host, Object.fromEntries(trials.map(({ attribute, value }) => [attribute.name, value])));
    } catch (error) {
      if (!isRefusal(error)) throw error;
      if (clear === undefined) has = await look();
      return refused(trials, error, before);
    }
    has = await look();
    const parts = done(trials);
    await clear?.(host);
    return parts;
  };

  const attributes = subject.attributes.filter(({ called }) => !Object.hasOwn(WRITE_ONLY, called));
  for (const { called, values } of attributes)
    if (values.length === 0) outcome.broken.push(`${called} has no values to be set to`);
  const each = attributes.map((attribute) => trialsOf(subject, attribute, together));
  const rounds = together
    ? [each.flatMap((trials) => trials.slice(0, 1)), each.flatMap((trials) => trials.slice(1))]
    : [each.flat()];
  for (const round of rounds) {
    const left = together
      ? partedBy(round, ({ attribute: { name, called, codec } }) => {
          const isRefused = outcome.refused.has(called) || (clear === undefined && codec?.atCreation === true);
          return isRefused ? `${called} alone` : (subject.alike?.(name) ?? "");
        })
      : round.map((trial) => [trial]);
    for (let next = left.shift(); next !== undefined; next = left.shift()) left.unshift(...(await attempt(next)));
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

/** The test of a group: what is set holds, or is refused and stays as it was; each subject in a namespace of its own. */
export async function readBackAll({ subjects }: Group, context: TestContext): Promise<void> {
  const outcomes: Outcome[] = [];
  for (const subject of subjects) {
    await using host = await Host.open({ namespace: "new" });
    await made(host, subject, context);
    outcomes.push(await readBack(host, subject));
  }
  check(subjects, outcomes);
}

/**
 * The same in one namespace, whose links of these names stay, and with attributes set together: for a machine in which
 * everything takes twenty times as long.
 */
export async function readBackTogether(
  host: Host,
  stay: readonly string[],
  { subjects }: Group,
  context: TestContext,
): Promise<void> {
  const outcomes: Outcome[] = [];
  for (const subject of subjects)
    try {
      await made(host, subject, context);
      outcomes.push(await readBack(host, subject, true));
    } finally {
      const names = (await host.links()).map(({ name }) => name);
      await host.removeAll(names.filter((name) => !stay.includes(name)));
    }
  check(subjects, outcomes);
}

function check(subjects: readonly Subject[], outcomes: readonly Outcome[]): void {
  const broken = outcomes.flatMap((each, place) => each.broken.map((what) => `${subjects[place]!.title}: ${what}`));
  expect(broken).toEqual([]);
  expect(outcomes.some(({ held }) => held.size > 0)).toBe(true);
}
