import { InputError, quoted } from "../../base/errors.js";
import { formatInternetAddress, parseInternetAddress } from "../../netlink/codecs/internet.js";
import { checksumOf, sumOf } from "./checksum.js";
import { asBuffer, ETHERNET_HEADER, ETHERTYPE_IPV6, ethernetFrame, readEthernetHeader } from "./ethernet.js";

const IP = ETHERNET_HEADER;
const IP_HEADER = 40;
export const PROTOCOL_UDP = 17;
export const PROTOCOL_ICMPV6 = 58;
export const ALL_NODES = "ff02::1";
export const ALL_ROUTERS = "ff02::2";

/** The payload of an IPv6 packet without extension headers, in an Ethernet frame. */
export interface Ipv6Packet {
  readonly sourceMac: string;
  readonly destinationMac: string;
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
  readonly hopLimit: number;
  readonly payload: Uint8Array;
}

/** The sixteen bytes of "fe80::1". Throws InputError. */
export function ipv6Bytes(address: string): number[] {
  const bytes = parseInternetAddress(address);
  if (bytes.length !== 16) throw new InputError(`${quoted(address)} is not an IPv6 address`);
  return bytes;
}

/** The MAC of a multicast address (RFC 2464, 7). */
export function multicastMac(address: string): string {
  const bytes = ipv6Bytes(address).slice(12);
  return ["33", "33", ...bytes.map((byte) => byte.toString(16).padStart(2, "0"))].join(":");
}

/** The sum of the addresses and of what else of the header a transport's checksum covers (RFC 8200, 8.1). */
function pseudoHeaderSum(frame: Buffer, protocol: number, length: number): number {
  return sumOf(frame, IP + 8, IP + IP_HEADER) + protocol + length;
}

/** Where a protocol has its checksum; undefined for one that is not known here. */
function checksumPlace(protocol: number): number | undefined {
  if (protocol === PROTOCOL_ICMPV6) return 2;
  return protocol === PROTOCOL_UDP ? 6 : undefined;
}

/** The frame of a packet of UDP or ICMPv6; the checksum in its payload is made right. */
export function encodeIpv6Packet(packet: Ipv6Packet): Buffer {
  const { payload, protocol, sourceMac: source, destinationMac: destination } = packet;
  const frame = ethernetFrame({ source, destination, etherType: ETHERTYPE_IPV6 }, IP_HEADER + payload.length);
  frame[IP] = 0x60;
  frame.writeUInt16BE(payload.length, IP + 4);
  frame[IP + 6] = protocol;
  frame[IP + 7] = packet.hopLimit;
  frame.set(ipv6Bytes(packet.source), IP + 8);
  frame.set(ipv6Bytes(packet.destination), IP + 24);
  const start = IP + IP_HEADER;
  frame.set(payload, start);
  const place = checksumPlace(protocol);
  if (place === undefined) return frame;
  frame.writeUInt16BE(0, start + place);
  const checksum = checksumOf(pseudoHeaderSum(frame, protocol, payload.length) + sumOf(frame, start, frame.length));
  frame.writeUInt16BE(checksum || 0xffff, start + place);
  return frame;
}

/**
 * The packet in a frame; undefined for anything else: extension headers (RFC 6980 forbids fragments of neighbour discovery), a
 * wrong length or checksum. `partialChecksum`: the sender left the checksum to hardware that the frame never saw.
 */
export function decodeIpv6Packet(bytes: Uint8Array, partialChecksum = false): Ipv6Packet | undefined {
  const start = IP + IP_HEADER;
  if (bytes.length < start + 8) return undefined;
  const frame = asBuffer(bytes);
  if (frame.readUInt16BE(12) !== ETHERTYPE_IPV6 || frame[IP]! >> 4 !== 6) return undefined;
  const length = frame.readUInt16BE(IP + 4);
  const protocol = frame[IP + 6]!;
  if (checksumPlace(protocol) === undefined || length < 8 || start + length > frame.length) return undefined;
  const sum = pseudoHeaderSum(frame, protocol, length) + sumOf(frame, start, start + length);
  if (!partialChecksum && checksumOf(sum) !== 0) return undefined;
  const { source: sourceMac, destination: destinationMac } = readEthernetHeader(frame);
  return {
    sourceMac,
    destinationMac,
    source: formatInternetAddress(frame, IP + 8, 16)!,
    destination: formatInternetAddress(frame, IP + 24, 16)!,
    protocol,
    hopLimit: frame[IP + 7]!,
    payload: frame.subarray(start, start + length),
  };
}
