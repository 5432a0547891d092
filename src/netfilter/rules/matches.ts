import { InputError, quoted } from "../../base/errors.js";
import { nameBytes } from "../../base/name-bytes.js";
import { parseInternetAddress } from "../../netlink/codecs/internet.js";
import { type Clause, compare } from "./clause.js";
import type { Expression } from "../expressions/expression.js";
import { loadAll, selector, type SelectorName } from "./selectors.js";
import { ANONYMOUS, type AnonymousSet } from "../sets/sets.js";
import { type DataType, dataType, prefixMask, type Span, spanOf, toBytes } from "../values/types.js";

let anonymousSets = 0;

/** A number for a set without a name, that no other has. */
function nextId(): number {
  anonymousSets = (anonymousSets + 1) >>> 0;
  return anonymousSets;
}

function isWhole({ from, to }: Span): boolean {
  return Buffer.compare(from, to) === 0;
}

/**
 * A packet has this value: one, a range ("1000-2000"), a network ("10.0.0.0/24"), the start of a link's name ("br*"), or any of
 * a list. Of flags such as `ctState`, a list means that any of them is set. Throws InputError.
 */
export function is(name: SelectorName, value: unknown): Clause {
  const { type: typeName, load, needs, payload } = selector(name);
  const type = dataType(typeName);
  if (type.flags) return { needs, expressions: [load(1), ...anyBit(toBytes(type, [value].flat()))] };
  if (Array.isArray(value)) return isAnyOf(name, type, value);
  if (typeName === "ifname" && typeof value === "string" && value.endsWith("*"))
    return { needs, expressions: [load(1), compare(startOfName(value))] };
  const span = spanOf(type, value);
  const { from, to, length } = span;
  if (isWhole(span)) return { needs, expressions: [load(1), compare(from)] };
  if (length === undefined) return { needs, expressions: [load(1), compare(from, "gte"), compare(to, "lte")] };
  if (length === 0) return { needs, expressions: [] };
  if (length % 8 === 0 && payload !== undefined) {
    const { base, offset } = payload;
    const part: Expression = { name: "payload", data: { dreg: 1, base, offset, len: length / 8 } };
    return { needs, expressions: [part, compare(from.subarray(0, length / 8))] };
  }
  return { needs, expressions: [load(1), masked(prefixMask(from.length, length)), compare(from)] };
}

function masked(mask: Uint8Array): Expression {
  const xor = { value: new Uint8Array(mask.length) };
  return { name: "bitwise", data: { sreg: 1, dreg: 1, len: mask.length, mask: { value: mask }, xor } };
}

function anyBit(mask: Uint8Array): Expression[] {
  return [masked(mask), compare(new Uint8Array(mask.length), "neq")];
}

function startOfName(pattern: string): Uint8Array {
  const start = nameBytes(pattern.slice(0, -1));
  if (start.length === 0 || start.length > 15)
    throw new InputError(`${quoted(pattern)} is not the start of a link's name, 1 to 15 bytes and "*"`);
  return Uint8Array.from(start);
}

function isAnyOf(name: SelectorName, type: DataType, values: readonly unknown[]): Clause {
  const { needs, type: typeName } = selector(name);
  const spans = values.map((value) => spanOf(type, value));
  const set: AnonymousSet = {
    id: nextId(),
    key: typeName,
    flags: spans.every(isWhole) ? [] : ["interval"],
    elements: values.map((key) => ({ key })),
  };
  return { needs, set, expressions: [selector(name).load(1), lookup({ set: ANONYMOUS, setId: set.id })] };
}

type LookupData = Extract<Expression, { name: "lookup" }>["data"];

function lookup(data: LookupData): Expression {
  return { name: "lookup", data: { sreg: 1, ...data } };
}

/** A packet's value has bits that are as in `value` where `mask` has ones. */
export function isMasked(name: "mark" | "ctMark", value: number, mask: number): Clause {
  const { load, type } = selector(name);
  const { needs } = selector(name);
  const [bytes, bits] = [value, mask].map((each) => toBytes(dataType(type), each)) as [Uint8Array, Uint8Array];
  return { needs, expressions: [load(1), masked(bits), compare(bytes)] };
}

/** A set has what a packet has: `isIn("addresses", "ip4Source", "tcpDestinationPort")`. */
export function isIn(set: string, ...key: readonly SelectorName[]): Clause {
  const { needs, expressions } = loadAll(key);
  return { needs, expressions: [...expressions, lookup({ set })] };
}

/** Does what a map of verdicts says of a packet; where it says nothing, the rule ends. */
export function verdictMap(map: string, ...key: readonly SelectorName[]): Clause {
  const { needs, expressions } = loadAll(key);
  return { needs, expressions: [...expressions, lookup({ set: map, dreg: 0 })] };
}

/** A packet for which one match does not hold. Throws InputError for what cannot be turned round. */
export function not(clause: Clause): Clause {
  const { expressions } = clause;
  const [before, last] = expressions.slice(-2);
  const isRange = before?.name === "cmp" && last?.name === "cmp";
  const turned = isRange ? outside(before, last) : last && opposite(last);
  if (turned === undefined) throw new InputError("only a match can be turned round");
  return { ...clause, expressions: [...expressions.slice(0, isRange ? -2 : -1), turned] };
}

type Cmp = Extract<Expression, { name: "cmp" }>;

function outside(from: Cmp, to: Cmp): Expression {
  return { name: "range", data: { sreg: 1, op: "neq", fromData: from.data.data, toData: to.data.data } };
}

function opposite(expression: Expression): Expression | undefined {
  if (expression.name === "lookup" && expression.data.dreg === undefined)
    return { name: "lookup", data: { ...expression.data, flags: ["inv"] } };
  if (expression.name !== "cmp") return undefined;
  const { op } = expression.data;
  if (op !== "eq" && op !== "neq") return undefined;
  return { name: "cmp", data: { ...expression.data, op: op === "eq" ? "neq" : "eq" } };
}

/** 4 for "10.0.0.0/24" and "10.0.0.1-10.0.0.9", 6 for the same in IPv6. */
function versionOf(network: string): 4 | 6 {
  const [address = ""] = typeof network === "string" ? network.split(/[/-]/) : [network];
  return parseInternetAddress(address).length === 4 ? 4 : 6;
}

/** A packet came in by the link of this name, or of one that starts so ("br*"). The link need not exist. */
export function iifname(name: string | readonly string[]): Clause {
  return is("iifname", name);
}

/** A packet goes out by the link of this name, or of one that starts so ("br*"). The link need not exist. */
export function oifname(name: string | readonly string[]): Clause {
  return is("oifname", name);
}

/** A packet's source is this address, or is in this network or range, of IPv4 or IPv6. */
export function ipSource(network: string): Clause {
  return is(versionOf(network) === 4 ? "ip4Source" : "ip6Source", network);
}

/** A packet's destination is this address, or is in this network or range, of IPv4 or IPv6. */
export function ipDestination(network: string): Clause {
  return is(versionOf(network) === 4 ? "ip4Destination" : "ip6Destination", network);
}

/** A port, a range such as "1000-2000", or several of either. */
export type Ports = number | string | readonly (number | string)[];

/** A packet of TCP or UDP comes from one of these ports. */
export function sourcePort(protocol: "tcp" | "udp", ports: Ports): Clause {
  return is(protocol === "tcp" ? "tcpSourcePort" : "udpSourcePort", ports);
}

/** A packet of TCP or UDP goes to one of these ports. */
export function destinationPort(protocol: "tcp" | "udp", ports: Ports): Clause {
  return is(protocol === "tcp" ? "tcpDestinationPort" : "udpDestinationPort", ports);
}

/** A packet's connection is in one of these states. */
export function connectionState(
  ...states: readonly ("invalid" | "established" | "related" | "new" | "untracked")[]
): Clause {
  return is("ctState", states);
}
