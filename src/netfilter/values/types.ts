import { bytesOf, Writer } from "../../netlink/codecs/bytes.js";
import { type Codec } from "../../netlink/codecs/codec.js";
import { InputError, quoted } from "../../base/errors.js";
import { nameBytes, spelledName } from "../../base/name-bytes.js";
import { ipv4, ipv6, mac } from "../../netlink/codecs/internet.js";
import { be16, s32, u16, u32, u8 } from "../../netlink/codecs/numbers.js";
import { bits, words } from "../../netlink/codecs/words.js";

const NAME_SIZE = 16;
const NO_SIBLINGS = {};

/** The name of a link, in the 16 bytes that the kernel compares. */
const linkName: Codec<string> = {
  type: "ifname",
  words: "NAME",
  size: NAME_SIZE,
  write(writer, value) {
    const name = typeof value === "string" ? nameBytes(value) : Buffer.alloc(0);
    if (name.length === 0 || name.length >= NAME_SIZE || name.includes(0))
      throw new InputError(`${quoted(value)} is not a link's name of 1 to ${NAME_SIZE - 1} bytes`);
    const offset = writer.reserve(NAME_SIZE);
    writer.bytes.buffer.fill(0, offset, offset + NAME_SIZE);
    name.copy(writer.bytes.buffer, offset);
  },
  read({ buffer }, offset, length) {
    if (length !== NAME_SIZE) return undefined;
    const end = buffer.indexOf(0, offset);
    const size = end < 0 || end > offset + NAME_SIZE ? NAME_SIZE : end - offset;
    const name = spelledName(buffer.subarray(offset, offset + size));
    return size > 0 && buffer.subarray(offset + size, offset + NAME_SIZE).every((byte) => byte === 0)
      ? name
      : undefined;
  },
  parse: (word) => word,
};

/** What a value in a register means, and in which bytes it is there. */
export interface DataType<T = unknown> {
  /** The number that `nft` gives the type; the kernel only keeps it. */
  readonly number: number;
  readonly codec: Codec<T>;
  /** The bytes are in network order, as in a packet, or in the machine's. */
  readonly order: "network" | "host";
  /** Each bit means something of its own: a match asks whether any of them is set. */
  readonly flags?: true;
  /** Networks such as "10.0.0.0/24" are ranges of it. */
  readonly networks?: true;
}

function type<T>(
  number: number,
  codec: Codec<T>,
  order: DataType["order"],
  more: Pick<DataType, "flags" | "networks"> = {},
): DataType<T> {
  return { number, codec, order, ...more };
}

/** The protocols above IP that have a name (IPPROTO_*, linux/in.h). */
export const protocolNumbers = {
  icmp: 1,
  igmp: 2,
  tcp: 6,
  udp: 17,
  dccp: 33,
  gre: 47,
  esp: 50,
  ah: 51,
  icmpv6: 58,
  sctp: 132,
  udplite: 136,
} as const;

/** States of a connection (NF_CT_STATE_BIT, linux/netfilter/nf_conntrack_common.h). */
export const connectionState = bits(u32, { invalid: 1, established: 2, related: 4, new: 8, untracked: 64 });

/** What has become of a connection (IPS_*, linux/netfilter/nf_conntrack_common.h). */
export const connectionStatusBits = {
  expected: 1 << 0,
  seenReply: 1 << 1,
  assured: 1 << 2,
  confirmed: 1 << 3,
  srcNat: 1 << 4,
  dstNat: 1 << 5,
  seqAdjust: 1 << 6,
  srcNatDone: 1 << 7,
  dstNatDone: 1 << 8,
  dying: 1 << 9,
  fixedTimeout: 1 << 10,
  template: 1 << 11,
  untracked: 1 << 12,
  helper: 1 << 13,
  offload: 1 << 14,
  hwOffload: 1 << 15,
} as const;

/** Types of values by the names of `nft`, in camelCase (datatypes that have a fixed size). */
export const dataTypes = {
  nfproto: type(2, words(u8, { ip: 2, ip6: 10 }), "host"),
  ipv4Addr: type(7, ipv4, "network", { networks: true }),
  ipv6Addr: type(8, ipv6, "network", { networks: true }),
  etherAddr: type(9, mac, "network"),
  etherType: type(10, words(be16, { ip: 0x0800, arp: 0x0806, vlan: 0x8100, ip6: 0x86dd }), "network"),
  arpOp: type(11, words(be16, { request: 1, reply: 2, rrequest: 3, rreply: 4 }), "network"),
  inetProto: type(12, words(u8, protocolNumbers), "network"),
  inetService: type(13, be16, "network"),
  icmpType: type(14, u8, "network"),
  mark: type(19, u32, "host"),
  ifaceIndex: type(20, s32, "host"),
  ifaceType: type(21, words(u16, { ether: 1, ppp: 512, none: 0xfffe }), "host"),
  uid: type(24, u32, "host"),
  gid: type(25, u32, "host"),
  ctState: type(26, connectionState, "host", { flags: true }),
  ctDir: type(27, words(u8, { original: 0, reply: 1 }), "host"),
  ctStatus: type(28, bits(u32, connectionStatusBits), "host", { flags: true }),
  icmpv6Type: type(29, u8, "network"),
  pktType: type(31, words(u8, { host: 0, broadcast: 1, multicast: 2, other: 3 }), "host"),
  devgroup: type(35, u32, "host"),
  fibAddrtype: type(
    38,
    words(u32, { unicast: 1, local: 2, broadcast: 3, anycast: 4, multicast: 5, blackhole: 6, unreachable: 7 }),
    "host",
  ),
  ifname: type(41, linkName, "host"),
} as const;

/** The type of a set's keys or of a map's values, as nft(8) names it. */
export type DataTypeName = keyof typeof dataTypes;

/** A type by its name. Throws InputError. */
export function dataType(name: DataTypeName): DataType {
  if (typeof name !== "string" || !Object.hasOwn(dataTypes, name))
    throw new InputError(`${quoted(name)} is none of ${Object.keys(dataTypes).join(", ")}`);
  return dataTypes[name];
}

const byNumber = new Map(Object.entries(dataTypes).map(([name, { number }]) => [number, name as DataTypeName]));

/** The name of the type with a number, if it is known. */
export function dataTypeName(number: number): DataTypeName | undefined {
  return byNumber.get(number);
}

/** A value's bytes in a register. Throws InputError. */
export function toBytes(type: DataType, value: unknown): Uint8Array {
  const writer = new Writer();
  type.codec.write(writer, value, NO_SIBLINGS);
  return Uint8Array.from(writer.take());
}

/** The value that bytes mean; undefined when they have not the type's form. */
export function fromBytes(type: DataType, bytes: Uint8Array): unknown {
  return type.codec.read(bytesOf(bytes), 0, bytes.length, NO_SIBLINGS);
}

/** The lowest and the highest of a range of values, as bytes. */
export interface Span {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  /** Of a network, the bits that all have in common. */
  readonly length?: number;
}

function maskBits(bytes: Uint8Array, length: number, fill: 0 | 1): Uint8Array {
  return bytes.map((byte, place) => {
    const kept = Math.min(8, Math.max(0, length - 8 * place));
    const mask = (0xff << (8 - kept)) & 0xff;
    return (byte & mask) | (fill === 1 ? ~mask & 0xff : 0);
  });
}

/** The bytes of a mask of so many leading ones. */
export function prefixMask(size: number, length: number): Uint8Array {
  return maskBits(new Uint8Array(size).fill(0xff), length, 0);
}

/**
 * What is meant by a value, a range such as "80-90" or "10.0.0.1-10.0.0.9", or a network such as "10.0.0.0/24".
 * Throws InputError.
 */
export function spanOf(type: DataType, value: unknown): Span {
  if (typeof value === "string" && type.networks) {
    const [address = "", prefix, ...more] = value.split("/");
    if (prefix !== undefined) return networkSpan(type, value, address, more.length > 0 ? "" : prefix);
  }
  const parts =
    typeof value === "string" && type.order === "network" && type.codec.type !== "mac" ? value.split("-") : [];
  if (parts.length === 2) {
    const [from, to] = parts.map((part) => toBytes(type, type.codec.parse(part))) as [Uint8Array, Uint8Array];
    if (Buffer.compare(from, to) > 0) throw new InputError(`${quoted(value)} ends before it starts`);
    return { from, to };
  }
  const bytes = toBytes(type, value);
  return { from: bytes, to: bytes };
}

function networkSpan(type: DataType, value: string, address: string, prefix: string): Span {
  const bytes = toBytes(type, address);
  const length = /^\d{1,3}$/.test(prefix) ? Number(prefix) : NaN;
  if (!(length <= bytes.length * 8))
    throw new InputError(
      `${quoted(value)} is not a network such as ${bytes.length === 4 ? "10.0.0.0/24" : "fd00::/64"}`,
    );
  const from = maskBits(bytes, length, 0);
  if (Buffer.compare(from, bytes) !== 0)
    throw new InputError(
      `${quoted(value)} has bits set behind the first ${length}: ${String(fromBytes(type, from))}/${length}?`,
    );
  return { from, to: maskBits(bytes, length, 1), length };
}

/** A range of values as it is written: a value, a network or "FROM-TO". */
export function spanText(type: DataType, { from, to }: Span): unknown {
  if (Buffer.compare(from, to) === 0) return fromBytes(type, from);
  if (type.networks)
    for (let length = from.length * 8 - 1; length >= 0; length--)
      if (Buffer.compare(maskBits(from, length, 0), from) === 0 && Buffer.compare(maskBits(from, length, 1), to) === 0)
        return `${String(fromBytes(type, from))}/${length}`;
  return `${String(fromBytes(type, from))}-${String(fromBytes(type, to))}`;
}
