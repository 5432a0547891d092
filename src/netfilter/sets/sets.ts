import { InputError, under } from "../../base/errors.js";
import type { StatefulExpression } from "../expressions/stateful.js";
import type { TableFamily } from "../messages/nfnetlink.js";
import type { SetValues } from "../messages/nf-tables.js";
import { type DataType, dataType, type DataTypeName, dataTypeName } from "../values/types.js";
import { byteOrderType, commentEntry, commentType, writeUserdata } from "../messages/userdata.js";

/** What a map's elements lead to: a value, several behind one another, a verdict, or an object. */
export type MapData =
  DataTypeName | readonly DataTypeName[] | "verdict" | { readonly object: "counter" | "quota" | "limit" | "connlimit" };

/** A set, or with `data` a map. */
export interface SetSettings {
  family: TableFamily;
  table: string;
  set: string;
  /** What its keys are: of one type, or of several behind one another. */
  key: DataTypeName | readonly DataTypeName[];
  data?: MapData | undefined;
  /** "interval": keys are ranges; "timeout": elements go after a time; "dynamic": packets may add elements. */
  flags?: readonly ("constant" | "interval" | "timeout" | "dynamic")[] | undefined;
  /** After how many milliseconds elements go, unless they have a time of their own. */
  timeout?: number | undefined;
  /** Most elements. */
  size?: number | undefined;
  comment?: string | undefined;
  /** What each element remembers. */
  each?: StatefulExpression | undefined;
  elements?: readonly SetElement[] | undefined;
}

/** An element of a set or map. */
export interface SetElement {
  /** A value, a list of values for several types, a range "FROM-TO" or a network; undefined for all others (`catchall`). */
  key?: unknown;
  catchall?: true | undefined;
  /** What a map has for it: a value, a list of values, a verdict, or an object's name. */
  data?: unknown;
  /** After how many milliseconds it goes. */
  timeout?: number | undefined;
  /** Read only: milliseconds until it goes. */
  expires?: number | undefined;
  comment?: string | undefined;
  /** Read only: what it remembers. */
  state?: readonly StatefulExpression[] | undefined;
}

/** What the kernel makes a number of its own for. */
export const ANONYMOUS = "__set%d";

const VERDICT = 0xffffff00;
const TYPE_BITS = 6;
/** What `nft` calls the machine's byte order and the network's. */
const BYTE_ORDERS = { host: 1, network: 2 } as const;

/** Types as a list. */
export function listOf(key: DataTypeName | readonly DataTypeName[]): readonly DataTypeName[] {
  return typeof key === "string" ? [key] : key;
}

/** A size up to the next register of four bytes. */
export function padded(size: number): number {
  return (size + 3) & ~3;
}

/** Types by their names, at least one. Throws InputError. */
export function typesOf(names: readonly DataTypeName[]): readonly DataType[] {
  if (names.length === 0) throw new InputError("a type at least is needed");
  return names.map((name) => dataType(name));
}

/** Bytes of values behind one another, each at a multiple of four. */
export function lengthOf(types: readonly DataType[]): number {
  if (types.length === 1) return types[0]!.codec.size!;
  return types.reduce((sum, { codec }) => sum + padded(codec.size!), 0);
}

/** The number of a type, or of several: six bits each. */
function numberOf(types: readonly DataType[]): number {
  return types.reduce((sum, { number }) => sum * 2 ** TYPE_BITS + number, 0);
}

function namesIn(number: number): DataTypeName[] | undefined {
  const numbers: number[] = [];
  for (let left = number; left > 0; left = Math.floor(left / 2 ** TYPE_BITS)) numbers.unshift(left % 2 ** TYPE_BITS);
  const names = numbers.map((each) => dataTypeName(each));
  return names.length === 0 || names.includes(undefined) ? undefined : (names as DataTypeName[]);
}

function byteOrder(types: readonly DataType[]): Uint8Array {
  const order = types.length === 1 ? types[0]!.order : "network";
  return new Uint8Array(Uint32Array.of(BYTE_ORDERS[order]).buffer);
}

/** A set's attributes, but for its place. Throws InputError. */
export function setContent(settings: Omit<SetSettings, "family" | "table" | "set" | "elements">): SetValues {
  const { key, data, flags = [], timeout, size, comment, each } = settings;
  const types = under("key", () => typesOf(listOf(key)));
  const userdata = new Map<number, Uint8Array>([[byteOrderType.key, byteOrder(types)]]);
  const isInterval = flags.includes("interval");
  const concat = isInterval && types.length > 1 ? types.map(({ codec }) => ({ len: codec.size })) : undefined;
  const more = data === undefined ? {} : under("data", () => mapContent(data, userdata));
  if (comment !== undefined) userdata.set(commentType.set, commentEntry(comment));
  return {
    flags: [
      ...flags.map((flag) => (flag === "dynamic" ? "eval" : flag)),
      ...(timeout !== undefined && !flags.includes("timeout") ? (["timeout"] as const) : []),
      ...(concat === undefined ? [] : (["concat"] as const)),
      ...(data === undefined
        ? []
        : typeof data === "object" && "object" in data
          ? (["object"] as const)
          : (["map"] as const)),
    ],
    keyType: numberOf(types),
    keyLen: lengthOf(types),
    ...more,
    desc: size === undefined && concat === undefined ? undefined : { size, concat },
    timeout,
    userdata: writeUserdata(userdata),
    expr: each,
  };
}

function mapContent(data: MapData, userdata: Map<number, Uint8Array>): SetValues {
  if (data === "verdict") return { dataType: VERDICT };
  if (typeof data === "object" && "object" in data) return { objType: data.object };
  const types = typesOf(listOf(data));
  userdata.set(byteOrderType.data, byteOrder(types));
  return { dataType: numberOf(types), dataLen: lengthOf(types) };
}

/** What a set is like, as far as its elements depend on it. */
export type SetShape = Pick<SetSettings, "key" | "data" | "flags">;

/** A set that belongs to one rule; `id` is its number in the batch. */
export type AnonymousSet = SetShape & Pick<SetSettings, "elements"> & { readonly id: number };

/** What is known of a set by its attributes: types that are not known here are given as their number. */
export function shapeOf(set: SetValues): {
  key: DataTypeName[] | undefined;
  data: DataTypeName[] | "verdict" | undefined;
} {
  return {
    key: set.keyType === undefined ? undefined : namesIn(set.keyType),
    data: set.dataType === VERDICT ? "verdict" : set.dataType === undefined ? undefined : namesIn(set.dataType),
  };
}
