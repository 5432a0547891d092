import { InputError, quoted } from "../../base/errors.js";
import { isWithin } from "../../netlink/codecs/numbers.js";
import type { Clause } from "./clause.js";
import { type Verdict, verdictData } from "../values/data.js";
import type { StatefulExpression } from "../expressions/stateful.js";
import type { Expression } from "../expressions/expression.js";
import { loadAll, type SelectorName } from "./selectors.js";
import { type DataType, dataTypes, spanOf, toBytes } from "../values/types.js";

type Data<N extends NonNullable<Expression["name"]>> =
  Extract<Expression, { name: N }> extends { data: infer D } ? D : never;

function does(...expressions: readonly Expression[]): Clause {
  return { expressions };
}

function value(dreg: number, bytes: Uint8Array): Expression {
  return { name: "immediate", data: { dreg, data: { value: bytes } } };
}

function verdict(what: Verdict): Clause {
  return does({ name: "immediate", data: { dreg: 0, data: verdictData(what) } });
}

/** The packet passes this base chain. */
export const accept = (): Clause => verdict("accept");
/** The packet is gone. */
export const drop = (): Clause => verdict("drop");
/** Goes on in a chain, and behind this rule when that ends. */
export const jump = (chain: string): Clause => verdict({ jump: chain });
/** Goes on in a chain, and does not come back. */
export const goto = (chain: string): Clause => verdict({ goto: chain });
/** Goes on behind the rule that jumped here; in a base chain, to the policy. */
export const returnVerdict = (): Clause => verdict("return");

/** Drops the packet and tells its sender: by a TCP reset, or by ICMP or ICMPv6. */
export function reject(
  as: "tcpReset" | "noRoute" | "portUnreachable" | "hostUnreachable" | "prohibited" = "portUnreachable",
): Clause {
  const icmpCode = ["noRoute", "portUnreachable", "hostUnreachable", "prohibited"].indexOf(as);
  if (as === "tcpReset")
    return { needs: [{ transport: "tcp" }], expressions: [{ name: "reject", data: { type: "tcpRst" } }] };
  if (icmpCode < 0) throw new InputError(`${quoted(as)} is no way to reject a packet`);
  return does({ name: "reject", data: { type: "icmpxUnreach", icmpCode } });
}

/** Counts the packets that come so far. */
export function counter(): Clause {
  return does({ name: "counter", data: { bytes: 0, packets: 0 } });
}

/** Uses an object of the table. */
export function object(type: "counter" | "quota" | "limit" | "connlimit", name: string): Clause {
  return does({ name: "objref", data: { immType: type, immName: name } });
}

const SECONDS = { second: 1, minute: 60, hour: 3600, day: 86400, week: 604800 } as const;

/** How often. */
export interface Rate {
  /** Packets, or bytes, in each unit of time. */
  readonly rate: number;
  readonly per?: keyof typeof SECONDS | undefined;
  readonly of?: "packets" | "bytes" | undefined;
  /** How many more at once; 5 packets, or no byte, unless given. */
  readonly burst?: number | undefined;
  /** True for what is above the rate. */
  readonly over?: boolean | undefined;
}

/** The attributes of a limit. Throws InputError. */
export function limitData({ rate, per = "second", of = "packets", burst, over = false }: Rate): Data<"limit"> {
  if (!isWithin(rate, 1, Number.MAX_SAFE_INTEGER)) throw new InputError(`${quoted(rate)} is no rate from 1 on`, "rate");
  if (!Object.hasOwn(SECONDS, per))
    throw new InputError(`${quoted(per)} is none of ${Object.keys(SECONDS).join(", ")}`, "per");
  return {
    rate,
    unit: SECONDS[per],
    burst: burst ?? (of === "packets" ? 5 : 0),
    type: of === "packets" ? "pkts" : "pktBytes",
    flags: over ? ["inv"] : [],
  };
}

/** Goes on only as often as the rate allows. Throws InputError. */
export function limit(rate: Rate): Clause {
  return does({ name: "limit", data: limitData(rate) });
}

/** Writes packets to the kernel's log, or hands them to who listens to a group. */
export function log(settings: {
  readonly prefix?: string | undefined;
  readonly level?: Exclude<Data<"log">["level"], number | undefined> | undefined;
  readonly group?: number | undefined;
}): Clause {
  return does({ name: "log", data: settings });
}

/** How NAT chooses. */
export interface Translation {
  /** A port, or a range such as "1024-65535". */
  readonly ports?: number | string | undefined;
  readonly random?: boolean | undefined;
  readonly fullyRandom?: boolean | undefined;
  /** The same address for all connections of a client. */
  readonly persistent?: boolean | undefined;
}

function flagsOf({ random, fullyRandom, persistent }: Translation): NonNullable<Data<"masq">["flags"]>[number][] {
  return [
    ...(random ? (["protoRandom"] as const) : []),
    ...(persistent ? (["persistent"] as const) : []),
    ...(fullyRandom ? (["protoRandomFully"] as const) : []),
  ];
}

/** Puts what a range has into registers from one on: one register, or two where it has more than one value. */
function rangeIn(
  type: DataType,
  range: unknown,
  first: number,
): { expressions: Expression[]; min: number; max: number } {
  const { from, to } = spanOf(type, range);
  if (Buffer.compare(from, to) === 0) return { expressions: [value(first, from)], min: first, max: first };
  return { expressions: [value(first, from), value(first + 1, to)], min: first, max: first + 1 };
}

const service = dataTypes.inetService as DataType;

function portsIn(
  ports: Translation["ports"],
  first: number,
): Omit<ReturnType<typeof rangeIn>, "min" | "max"> & {
  registers: { regProtoMin?: number; regProtoMax?: number };
} {
  if (ports === undefined) return { expressions: [], registers: {} };
  const { expressions, min, max } = rangeIn(service, ports, first);
  return { expressions, registers: { regProtoMin: min, regProtoMax: max } };
}

/** Translates the source to the address of the link that the connection leaves by. Throws InputError. */
export function masquerade(how: Translation = {}): Clause {
  const { expressions, registers } = portsIn(how.ports, 1);
  const specified = how.ports === undefined ? [] : (["protoSpecified"] as const);
  const flags = [...specified, ...flagsOf(how)];
  return does(...expressions, { name: "masq", data: { ...registers, ...(flags.length > 0 ? { flags } : {}) } });
}

/** Translates the destination to this machine, at another port if one is given. Throws InputError. */
export function redirect(how: Translation = {}): Clause {
  const { expressions, registers } = portsIn(how.ports, 1);
  const specified = how.ports === undefined ? [] : (["protoSpecified"] as const);
  const flags = [...specified, ...flagsOf(how)];
  return does(...expressions, { name: "redir", data: { ...registers, ...(flags.length > 0 ? { flags } : {}) } });
}

function translate(type: "snat" | "dnat", address: string, how: Translation): Clause {
  const family = address.includes(":") ? "ip6" : "ip";
  const addresses = rangeIn(family === "ip" ? dataTypes.ipv4Addr : dataTypes.ipv6Addr, address, 1);
  const { expressions, registers } = portsIn(how.ports, addresses.max + 1);
  const flags = ["mapIps" as const, ...(how.ports === undefined ? [] : (["protoSpecified"] as const)), ...flagsOf(how)];
  const data = { type, family, regAddrMin: addresses.min, regAddrMax: addresses.max, ...registers, flags } as const;
  return does(...addresses.expressions, ...expressions, { name: "nat", data });
}

/**
 * Translates the source to an address, or to one of a range such as "192.0.2.1-192.0.2.9"; packets of the other version of IP
 * stay as they are. Throws InputError.
 */
export function snatTo(address: string, how: Translation = {}): Clause {
  return translate("snat", address, how);
}

/**
 * Translates the destination to an address, or to one of a range; packets of the other version of IP stay as they are. Throws
 * InputError.
 */
export function dnatTo(address: string, how: Translation = {}): Clause {
  return translate("dnat", address, how);
}

/**
 * Translates the destination to what a map says: of IPv4 or IPv6 addresses, or of addresses and ports. Where it says nothing,
 * the rule ends.
 */
export function dnatBy(
  map: string,
  { key, family = "ip", port = false }: { key: readonly SelectorName[]; family?: "ip" | "ip6"; port?: boolean },
): Clause {
  const { needs, expressions } = loadAll(key);
  const portRegister = family === "ip" ? 9 : 2;
  const flags = port ? (["mapIps", "protoSpecified"] as const) : (["mapIps"] as const);
  const ports = port ? { regProtoMin: portRegister, regProtoMax: portRegister } : {};
  const data = { type: "dnat", family, regAddrMin: 1, regAddrMax: 1, ...ports, flags } as const;
  const lookup: Expression = { name: "lookup", data: { set: map, sreg: 1, dreg: 1 } };
  return { needs, expressions: [...expressions, lookup, { name: "nat", data }] };
}

/** Adds what a packet has to a set, or refreshes it there. */
export function addTo(
  set: string,
  key: readonly SelectorName[],
  how: {
    readonly refresh?: boolean | undefined;
    readonly timeout?: number | undefined;
    readonly each?: StatefulExpression | undefined;
  } = {},
): Clause {
  const { needs, expressions } = loadAll(key);
  const op = how.refresh ? "update" : "add";
  const data = { setName: set, op, sregKey: 1, timeout: how.timeout, expr: how.each } as const;
  return { needs, expressions: [...expressions, { name: "dynset", data }] };
}

/** Gives the packet a mark. */
export function setMark(mark: number): Clause {
  return does(value(1, toBytes(dataTypes.mark, mark)), { name: "meta", data: { key: "mark", sreg: 1 } });
}

/** Gives the packet's connection a mark. */
export function setConnectionMark(mark: number): Clause {
  return does(value(1, toBytes(dataTypes.mark, mark)), { name: "ct", data: { key: "mark", sreg: 1 } });
}

/** From here on, every rule that the packet meets is told to who listens to traces. */
export function trace(): Clause {
  return does(value(1, Uint8Array.of(1)), { name: "meta", data: { key: "nftrace", sreg: 1 } });
}

/** The packet's connection is not tracked. */
export function notrack(): Clause {
  return does({ name: "notrack" });
}
