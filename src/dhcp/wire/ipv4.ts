import { formatInternetAddress } from "../../netlink/codecs/internet.js";
import { ipv4Bytes } from "./address.js";
import { checksumOf, sumOf } from "./checksum.js";
import {
  asBuffer,
  BROADCAST_MAC,
  ETHERNET_HEADER,
  ETHERTYPE_IPV4,
  ethernetFrame,
  readEthernetHeader,
} from "./ethernet.js";

const IP_HEADER = 20;
const UDP_HEADER = 8;
const IP = ETHERNET_HEADER;
const PROTOCOL_UDP = 17;
const TTL = 64;
const FRAGMENT = 0x3fff;

/** A UDP datagram over IPv4, in an Ethernet frame. */
export interface Ipv4Datagram {
  readonly sourceMac: string;
  readonly destinationMac: string;
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payload: Uint8Array;
}

export { BROADCAST_MAC };
export const BROADCAST_ADDRESS = "255.255.255.255";
export const NO_ADDRESS = "0.0.0.0";

function udpChecksum(frame: Buffer, udp: number, length: number): number {
  return checksumOf(sumOf(frame, udp - 8, udp + length) + PROTOCOL_UDP + length);
}

/** The frame of a datagram, with the checksums of IP and UDP. */
export function encodeIpv4Datagram(datagram: Ipv4Datagram): Buffer {
  const { payload, sourceMac: source, destinationMac: destination } = datagram;
  const length = UDP_HEADER + payload.length;
  const frame = ethernetFrame({ source, destination, etherType: ETHERTYPE_IPV4 }, IP_HEADER + length);
  const udp = IP + IP_HEADER;
  frame[IP] = 0x45;
  frame.writeUInt16BE(IP_HEADER + length, IP + 2);
  frame[IP + 8] = TTL;
  frame[IP + 9] = PROTOCOL_UDP;
  frame.set(ipv4Bytes(datagram.source), IP + 12);
  frame.set(ipv4Bytes(datagram.destination), IP + 16);
  frame.writeUInt16BE(checksumOf(sumOf(frame, IP, udp)), IP + 10);
  frame.writeUInt16BE(datagram.sourcePort, udp);
  frame.writeUInt16BE(datagram.destinationPort, udp + 2);
  frame.writeUInt16BE(length, udp + 4);
  frame.set(payload, udp + UDP_HEADER);
  // A checksum of 0 would say that there is none (RFC 768).
  frame.writeUInt16BE(udpChecksum(frame, udp, length) || 0xffff, udp + 6);
  return frame;
}

/**
 * The datagram in a frame; undefined for anything else: another protocol, a fragment, a wrong length or checksum.
 * `partialChecksum`: the sender left UDP's checksum to hardware that the frame never saw.
 */
export function decodeIpv4Datagram(bytes: Uint8Array, partialChecksum = false): Ipv4Datagram | undefined {
  if (bytes.length < IP + IP_HEADER + UDP_HEADER) return undefined;
  const frame = asBuffer(bytes);
  if (frame.readUInt16BE(12) !== ETHERTYPE_IPV4 || frame[IP]! >> 4 !== 4) return undefined;
  const headerSize = (frame[IP]! & 15) * 4;
  const total = frame.readUInt16BE(IP + 2);
  const udp = IP + headerSize;
  if (headerSize < IP_HEADER || total < headerSize + UDP_HEADER || IP + total > frame.length) return undefined;
  if (frame[IP + 9] !== PROTOCOL_UDP || (frame.readUInt16BE(IP + 6) & FRAGMENT) !== 0) return undefined;
  if (checksumOf(sumOf(frame, IP, udp)) !== 0) return undefined;
  const length = frame.readUInt16BE(udp + 4);
  if (length < UDP_HEADER || length > total - headerSize) return undefined;
  const { source: sourceMac, destination: destinationMac } = readEthernetHeader(frame);
  const hasChecksum = frame.readUInt16BE(udp + 6) !== 0 && !partialChecksum;
  // The pseudo header's addresses stand before the UDP header only where IP has no options.
  const addresses = sumOf(frame, IP + 12, IP + 20);
  const sum = addresses + PROTOCOL_UDP + length + sumOf(frame, udp, udp + length);
  if (hasChecksum && checksumOf(sum) !== 0) return undefined;
  return {
    sourceMac,
    destinationMac,
    source: formatInternetAddress(frame, IP + 12, 4)!,
    destination: formatInternetAddress(frame, IP + 16, 4)!,
    sourcePort: frame.readUInt16BE(udp),
    destinationPort: frame.readUInt16BE(udp + 2),
    payload: frame.subarray(udp + UDP_HEADER, udp + length),
  };
}
