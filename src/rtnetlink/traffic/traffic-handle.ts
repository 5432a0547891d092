import { type Codec, mapped } from "../../netlink/codecs/codec.js";
import { InputError, quoted } from "../../base/errors.js";
import { u32 } from "../../netlink/codecs/numbers.js";

/** TC_H_* of linux/pkt_sched.h, and the two hooks of clsact: ffff: with TC_H_MIN_INGRESS and TC_H_MIN_EGRESS. */
const NAMED = { root: 0xffffffff, clsact: 0xfffffff1, ingress: 0xfffffff2, egress: 0xfffffff3 } as const;

type NamedHandle = keyof typeof NAMED;
/**
 * A qdisc ("1:"), a class ("1:10", hexadecimal as tc has it) or a place in a link: "root", "clsact", where the qdiscs ingress and
 * clsact stand, and "ingress" and "egress", where their filters are.
 */
export type TrafficHandle = NamedHandle | `${string}:${string}`;

const NAMES = new Map<number, NamedHandle>(
  Object.entries(NAMED).map(([name, number]) => [number, name as NamedHandle]),
);

/** The 32 bits of a handle: 16 of the qdisc, 16 of the class. Throws InputError. */
export function parseHandle(word: string): number {
  const typed = typeof word === "string" ? word : "";
  if (Object.hasOwn(NAMED, typed)) return NAMED[typed as NamedHandle];
  const [, major, minor] = /^([0-9a-f]{0,4}):([0-9a-f]{0,4})$/i.exec(typed) ?? [];
  if (major === undefined || minor === undefined)
    throw new InputError(
      `${quoted(word)} is not a handle such as 1: or 1:10, nor one of ${Object.keys(NAMED).join(", ")}`,
    );
  return parseInt(major || "0", 16) * 0x10000 + parseInt(minor || "0", 16);
}

/** A handle as it is written; "0:" for none, ":10" for a class without its qdisc. */
export function formatHandle(value: number): TrafficHandle {
  const place = NAMES.get(value);
  if (place !== undefined) return place;
  const [major, minor] = [Math.floor(value / 0x10000), value % 0x10000];
  return `${major === 0 && minor !== 0 ? "" : major.toString(16)}:${minor === 0 ? "" : minor.toString(16)}`;
}

/** A handle: "1:", "1:10", "root", "clsact", "ingress", "egress". */
export const trafficHandle: Codec<TrafficHandle> = mapped<number, TrafficHandle>(u32, {
  type: "handle",
  words: "MAJOR:MINOR",
  toWire: parseHandle,
  fromWire: formatHandle,
  parse(word) {
    parseHandle(word);
    return word as TrafficHandle;
  },
});

/** The handle of a u32 filter: hash table (12 bits), bucket (8) and node (12), as tc has it: "800::800". Throws InputError. */
export function parseU32Handle(word: string): number {
  const typed = typeof word === "string" ? word : "";
  const [, table, bucket = "", node = ""] = /^([0-9a-f]{1,3}):([0-9a-f]{0,2})(?::([0-9a-f]{0,3}))?$/i.exec(typed) ?? [];
  if (table === undefined) throw new InputError(`${quoted(word)} is not the handle of a u32 filter such as 800::800`);
  return parseInt(table, 16) * 2 ** 20 + parseInt(bucket || "0", 16) * 2 ** 12 + parseInt(node || "0", 16);
}

/** The handle of a u32 filter as tc writes it. */
export function formatU32Handle(value: number): string {
  const table = Math.floor(value / 2 ** 20).toString(16);
  const bucket = (value >> 12) & 0xff;
  const node = value & 0xfff;
  const middle = bucket === 0 ? "" : bucket.toString(16);
  return node === 0 ? `${table}:${middle}` : `${table}:${middle}:${node.toString(16)}`;
}
