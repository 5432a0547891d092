import { InputError, quoted } from "../../base/errors.js";
import type { Need } from "./clause.js";
import type { Expression } from "../expressions/expression.js";
import { type DataType, dataType, type DataTypeName } from "../values/types.js";

type Load = (dreg: number) => Expression;

/** What of a packet a match, a set or a map goes by. */
export interface Selector {
  readonly type: DataTypeName;
  readonly load: Load;
  readonly needs: readonly Need[];
  /** Where in the packet its bytes are, so that a part of them can be read alone. */
  readonly payload?: { readonly base: "llHeader" | "networkHeader" | "transportHeader"; readonly offset: number };
}

type MetaKey = Extract<Expression, { name: "meta" }>["data"]["key"];
type CtKey = Extract<Expression, { name: "ct" }>["data"]["key"];
type Base = NonNullable<Selector["payload"]>["base"];

function meta(type: DataTypeName, key: MetaKey): Selector {
  return { type, needs: [], load: (dreg) => ({ name: "meta", data: { dreg, key } }) };
}

function ct(type: DataTypeName, key: CtKey, direction?: "original" | "reply"): Selector {
  return { type, needs: [], load: (dreg) => ({ name: "ct", data: { dreg, key, direction } }) };
}

function bytes(type: DataTypeName, base: Base, offset: number, ...needs: Need[]): Selector {
  const len = dataType(type).codec.size!;
  return {
    type,
    needs,
    load: (dreg) => ({ name: "payload", data: { dreg, base, offset, len } }),
    payload: { base, offset },
  };
}

function fibType(flag: "saddr" | "daddr"): Selector {
  return {
    type: "fibAddrtype",
    needs: [],
    load: (dreg) => ({ name: "fib", data: { dreg, result: "addrtype", flags: [flag] } }),
  };
}

const ether: Need = { link: "ether" };

/** What a packet can be asked for, by the names that matches are called by. */
export const selectors = {
  iif: meta("ifaceIndex", "iif"),
  oif: meta("ifaceIndex", "oif"),
  iifname: meta("ifname", "iifname"),
  oifname: meta("ifname", "oifname"),
  iifgroup: meta("devgroup", "iifgroup"),
  oifgroup: meta("devgroup", "oifgroup"),
  nfproto: meta("nfproto", "nfproto"),
  protocol: meta("etherType", "protocol"),
  l4proto: meta("inetProto", "l4proto"),
  mark: meta("mark", "mark"),
  pktType: meta("pktType", "pkttype"),
  skuid: meta("uid", "skuid"),
  skgid: meta("gid", "skgid"),
  ctState: ct("ctState", "state"),
  ctStatus: ct("ctStatus", "status"),
  ctMark: ct("mark", "mark"),
  ctDirection: ct("ctDir", "direction"),
  fibSourceType: fibType("saddr"),
  fibDestinationType: fibType("daddr"),
  etherDestination: bytes("etherAddr", "llHeader", 0, ether),
  etherSource: bytes("etherAddr", "llHeader", 6, ether),
  etherType: bytes("etherType", "llHeader", 12, ether),
  /** Of the hardware's and the protocol's addresses, the type and the length: what fixes where they are (RFC 826). */
  arpHardwareType: bytes("inetService", "networkHeader", 0, { network: "arp" }),
  arpProtocolType: bytes("etherType", "networkHeader", 2, { network: "arp" }),
  arpHardwareLength: bytes("icmpType", "networkHeader", 4, { network: "arp" }),
  arpProtocolLength: bytes("icmpType", "networkHeader", 5, { network: "arp" }),
  arpOperation: bytes("arpOp", "networkHeader", 6, { network: "arp" }),
  arpSourceEther: bytes("etherAddr", "networkHeader", 8, { network: "arp" }),
  arpSourceIp: bytes("ipv4Addr", "networkHeader", 14, { network: "arp" }),
  arpTargetIp: bytes("ipv4Addr", "networkHeader", 24, { network: "arp" }),
  ip4Source: bytes("ipv4Addr", "networkHeader", 12, { network: "ip" }),
  ip4Destination: bytes("ipv4Addr", "networkHeader", 16, { network: "ip" }),
  ip6Length: bytes("inetService", "networkHeader", 4, { network: "ip6" }),
  ip6NextHeader: bytes("inetProto", "networkHeader", 6, { network: "ip6" }),
  /** What the first extension header, where there is one, says comes behind it (RFC 8200, 4). */
  ip6SecondHeader: bytes("inetProto", "networkHeader", 40, { network: "ip6" }),
  ip6Source: bytes("ipv6Addr", "networkHeader", 8, { network: "ip6" }),
  ip6Destination: bytes("ipv6Addr", "networkHeader", 24, { network: "ip6" }),
  icmpType: bytes("icmpType", "transportHeader", 0, { network: "ip" }, { transport: "icmp" }),
  icmpv6Type: bytes("icmpv6Type", "transportHeader", 0, { network: "ip6" }, { transport: "icmpv6" }),
  /** Of neighbour solicitations and advertisements (RFC 4861): the target; type and length of the first option, and the MAC in it. */
  ndTarget: bytes("ipv6Addr", "transportHeader", 8, { network: "ip6" }, { transport: "icmpv6" }),
  ndOption: bytes("inetService", "transportHeader", 24, { network: "ip6" }, { transport: "icmpv6" }),
  ndOptionEther: bytes("etherAddr", "transportHeader", 26, { network: "ip6" }, { transport: "icmpv6" }),
  /** The same of router solicitations. */
  rsOption: bytes("inetService", "transportHeader", 8, { network: "ip6" }, { transport: "icmpv6" }),
  rsOptionEther: bytes("etherAddr", "transportHeader", 10, { network: "ip6" }, { transport: "icmpv6" }),
  /** The client's MAC in a message of DHCPv4 (chaddr, RFC 2131). */
  dhcpClientEther: bytes("etherAddr", "transportHeader", 36, { network: "ip" }, { transport: "udp" }),
  tcpSourcePort: bytes("inetService", "transportHeader", 0, { transport: "tcp" }),
  tcpDestinationPort: bytes("inetService", "transportHeader", 2, { transport: "tcp" }),
  udpSourcePort: bytes("inetService", "transportHeader", 0, { transport: "udp" }),
  udpDestinationPort: bytes("inetService", "transportHeader", 2, { transport: "udp" }),
  sourcePort: bytes("inetService", "transportHeader", 0),
  destinationPort: bytes("inetService", "transportHeader", 2),
} as const satisfies Readonly<Record<string, Selector>>;

/** What of a packet a rule can look at. */
export type SelectorName = keyof typeof selectors;

/** A selector by its name. Throws InputError. */
export function selector(name: SelectorName): Selector {
  if (typeof name !== "string" || !Object.hasOwn(selectors, name))
    throw new InputError(`${quoted(name)} is none of ${Object.keys(selectors).join(", ")}`);
  return selectors[name];
}

/** How many bytes of the registers there are: 16 pieces of 4. */
const PIECES = 16;

/** The register that starts at a piece of 4 bytes. */
function registerAt(piece: number): number {
  return piece % 4 === 0 ? 1 + piece / 4 : 8 + piece;
}

/** Reads several selectors into registers one behind the other: a concatenated key. */
export function loadAll(names: readonly SelectorName[]): { needs: Need[]; expressions: Expression[]; pieces: number } {
  let pieces = 0;
  const expressions = names.map((name) => {
    const { load, type } = selector(name);
    const expression = load(registerAt(pieces));
    pieces += Math.ceil(sizeOf(dataType(type)) / 4);
    return expression;
  });
  if (names.length === 0) throw new InputError("a key needs a selector at least");
  if (pieces > PIECES)
    throw new InputError(`${names.join(", ")} are ${pieces * 4} bytes; a key has at most ${PIECES * 4}`);
  return { needs: names.flatMap((name) => [...selector(name).needs]), expressions, pieces };
}

/** Bytes of a type's values. */
export function sizeOf({ codec }: DataType): number {
  return codec.size!;
}
