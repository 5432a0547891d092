import { formatHardwareAddress, formatInternetAddress } from "../../netlink/codecs/internet.js";
import { ipv4Bytes } from "./address.js";
import { asBuffer, BROADCAST_MAC, ETHERNET_HEADER, ETHERTYPE_ARP, ethernetFrame, parseMac } from "./ethernet.js";

const ARP = ETHERNET_HEADER;
const ARP_SIZE = 28;
/** Hardware Ethernet, protocol IPv4, and the sizes of their addresses. */
const KINDS = Buffer.from("000108000604", "hex");
const REQUEST = 1;
const REPLY = 2;
const NOBODY = "00:00:00:00:00:00";

/** An ARP packet for IPv4 over Ethernet (RFC 826). */
export interface ArpPacket {
  readonly operation: "request" | "reply";
  readonly senderMac: string;
  /** "0.0.0.0" in a probe. */
  readonly senderAddress: string;
  readonly targetMac: string;
  readonly targetAddress: string;
}

/** The frame of an ARP packet, to everybody unless `destination` is given. */
export function encodeArp(packet: ArpPacket, destination = BROADCAST_MAC): Buffer {
  const frame = ethernetFrame({ source: packet.senderMac, destination, etherType: ETHERTYPE_ARP }, ARP_SIZE);
  frame.set(KINDS, ARP);
  frame.writeUInt16BE(packet.operation === "request" ? REQUEST : REPLY, ARP + 6);
  frame.set(parseMac(packet.senderMac), ARP + 8);
  frame.set(ipv4Bytes(packet.senderAddress), ARP + 14);
  frame.set(parseMac(packet.targetMac), ARP + 18);
  frame.set(ipv4Bytes(packet.targetAddress), ARP + 24);
  return frame;
}

/** Asks whether anybody has the address, without claiming it (RFC 5227, 2.1.1). */
export function arpProbe(mac: string, address: string): Buffer {
  return encodeArp({
    operation: "request",
    senderMac: mac,
    senderAddress: "0.0.0.0",
    targetMac: NOBODY,
    targetAddress: address,
  });
}

/** Tells everybody that the address is at this MAC (RFC 5227, 2.3). */
export function arpAnnouncement(mac: string, address: string): Buffer {
  return encodeArp({
    operation: "request",
    senderMac: mac,
    senderAddress: address,
    targetMac: NOBODY,
    targetAddress: address,
  });
}

/** The ARP packet in a frame; undefined for anything else. */
export function decodeArp(bytes: Uint8Array): ArpPacket | undefined {
  if (bytes.length < ARP + ARP_SIZE) return undefined;
  const frame = asBuffer(bytes);
  if (frame.readUInt16BE(12) !== ETHERTYPE_ARP || !frame.subarray(ARP, ARP + 6).equals(KINDS)) return undefined;
  const operation = frame.readUInt16BE(ARP + 6);
  if (operation !== REQUEST && operation !== REPLY) return undefined;
  return {
    operation: operation === REQUEST ? "request" : "reply",
    senderMac: formatHardwareAddress(frame, ARP + 8, 6),
    senderAddress: formatInternetAddress(frame, ARP + 14, 4)!,
    targetMac: formatHardwareAddress(frame, ARP + 18, 6),
    targetAddress: formatInternetAddress(frame, ARP + 24, 4)!,
  };
}

/** Whether an ARP packet shows that somebody else than `mac` has the address, or is about to take it (RFC 5227, 2.1.1). */
export function contradicts(packet: ArpPacket, mac: string, address: string): boolean {
  if (packet.senderMac === mac) return false;
  return packet.senderAddress === address || (packet.senderAddress === "0.0.0.0" && packet.targetAddress === address);
}
