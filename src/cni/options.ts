import { InputError, quoted, under } from "../base/errors.js";
import { checkList, checkObject } from "../base/input.js";
import { checkNetworkName } from "../networks/definition.js";
import { checkUnicastMac } from "../netlink/codecs/internet.js";
import { checkLinkName } from "../rtnetlink/link/link-requests.js";

/** A key of a configuration: how it is read, and what is said of it. */
export interface Option<T> {
  /** What it is unless given. */
  readonly unless: T;
  readonly says: string;
  /** JSON Schema of it. */
  readonly schema: object;
  /** Throws InputError. */
  readonly read: (value: unknown) => T;
  /** Whether it must be given. */
  readonly required?: true;
}

/** The options of a plugin, by their names in a configuration. */
export type OptionTable = Readonly<Record<string, Option<unknown>>>;
export type OptionValues<T extends OptionTable> = {
  readonly [K in keyof T]: T[K] extends Option<infer V> ? V : never;
};

export function flag(says: string, unless = false): Option<boolean> {
  return {
    unless,
    says,
    schema: { type: "boolean" },
    read(value) {
      if (typeof value !== "boolean") throw new InputError(`${quoted(value)} is neither true nor false`);
      return value;
    },
  };
}

export function whole(says: string, minimum: number, maximum: number): Option<number> {
  return {
    unless: 0,
    says,
    schema: { type: "integer", minimum, maximum },
    read: (value) => wholeOf(value, minimum, maximum),
  };
}

function wholeOf(value: unknown, minimum: number, maximum: number): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < minimum || value > maximum)
    throw new InputError(`${quoted(value)} is not a whole number from ${minimum} to ${maximum}`);
  return value;
}

/** The same, which must be given. */
export function required<T>(option: Option<T>): Option<T> {
  return { ...option, required: true };
}

/** The same, which is nothing unless given. */
export function optional<T>(option: Option<T>): Option<T | undefined> {
  return { ...option, unless: undefined };
}

/** A key of the reference plugin that there is not, and why: passed over, it would mislead. */
export function refused(says: string): Option<undefined> {
  return {
    unless: undefined,
    says,
    schema: { const: "" },
    read(value) {
      if (value !== "") throw new InputError(says);
      return undefined;
    },
  };
}

/** The name of a network of linkwright's own, or nothing. */
export function networkName(says: string): Option<string | undefined> {
  return {
    unless: undefined,
    says,
    schema: { type: "string" },
    read(value) {
      checkNetworkName(value);
      return value;
    },
  };
}

/** An absolute path, or nothing. */
export function path(says: string): Option<string | undefined> {
  return {
    unless: undefined,
    says,
    schema: { type: "string", pattern: "^/" },
    read(value) {
      if (typeof value !== "string" || !value.startsWith("/"))
        throw new InputError(`${quoted(value)} is no absolute path`);
      return value;
    },
  };
}

export function linkName(unless: string, says: string): Option<string> {
  return {
    unless,
    says,
    schema: { type: "string", minLength: 1, maxLength: 15 },
    read(value) {
      if (typeof value !== "string") throw new InputError(`${quoted(value)} is no link's name`);
      if (value !== unless) checkLinkName(value);
      return value;
    },
  };
}

/** One of some words, or nothing. */
export function word<W extends string>(says: string, ...words: readonly W[]): Option<W | undefined> {
  return {
    unless: undefined,
    says,
    schema: { enum: words },
    read(value) {
      if (!(words as readonly unknown[]).includes(value))
        throw new InputError(`${quoted(value)} is none of ${words.join(", ")}`);
      return value as W;
    },
  };
}

const VLAN = { type: "integer", minimum: 1, maximum: 4094 };
const LAST_VLAN = 4094;

function trunkEntry(entry: unknown): number[] {
  checkObject(entry);
  const { id, minID, maxID } = entry as Record<string, unknown>;
  const vlan = (name: string, value: unknown): number => under(name, () => wholeOf(value, 1, LAST_VLAN));
  const single = id === undefined ? [] : [vlan("id", id)];
  if (minID === undefined && maxID === undefined) return single;
  if (minID === undefined || maxID === undefined) throw new InputError("minID and maxID stand together");
  const [first, last] = [vlan("minID", minID), vlan("maxID", maxID)];
  if (last < first) throw new InputError(`${last} is less than minID, ${first}`, "maxID");
  return [...single, ...Array.from({ length: last - first + 1 }, (_, place) => first + place)];
}

/** VLANs as a list of `{ id }` and `{ minID, maxID }`. */
export function trunk(says: string): Option<readonly number[] | undefined> {
  return {
    unless: undefined,
    says,
    schema: { type: "array", items: { type: "object", properties: { id: VLAN, minID: VLAN, maxID: VLAN } } },
    read(value) {
      checkList(value);
      const all = value.flatMap((entry, place) => under(String(place), () => trunkEntry(entry)));
      return [...new Set(all)].sort((one, other) => one - other);
    },
  };
}

/** A MAC that an interface can have. Throws InputError. */
export function macOf(value: unknown): string {
  if (typeof value !== "string") throw new InputError(`${quoted(value)} is no MAC`);
  checkUnicastMac(value);
  return value.toLowerCase();
}

/** The value of a key, which the reference plugins find whatever its case; undefined for null, too. */
export function valueOf(configuration: Readonly<Record<string, unknown>>, key: string): unknown {
  const exact = configuration[key];
  if (exact !== undefined) return exact ?? undefined;
  const other = Object.keys(configuration).find((each) => each.toLowerCase() === key.toLowerCase());
  return other === undefined ? undefined : (configuration[other] ?? undefined);
}

/** What a configuration says of the options of a table. Throws InputError, which names the key. */
export function readOptions<T extends OptionTable>(
  table: T,
  configuration: Readonly<Record<string, unknown>>,
): OptionValues<T> {
  const values = Object.entries(table).map(([key, { read, unless, required }]) => {
    const value = valueOf(configuration, key);
    if (value === undefined && required === true) throw new InputError("it must be given", key);
    return [key, value === undefined ? unless : under(key, () => read(value))];
  });
  return Object.fromEntries(values) as OptionValues<T>;
}

/** JSON Schema of the options of a table. */
export function schemaOf(table: OptionTable): object {
  const properties = Object.entries(table).map(([key, { schema, says, unless }]) => [
    key,
    { ...schema, description: says, default: unless },
  ]);
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    properties: Object.fromEntries(properties) as object,
    required: Object.keys(table).filter((key) => table[key]!.required === true),
  };
}
