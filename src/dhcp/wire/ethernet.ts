import { InputError, quoted } from "../../base/errors.js";
import { formatHardwareAddress } from "../../netlink/codecs/internet.js";

export const ETHERNET_HEADER = 14;
export const ETHERTYPE_IPV4 = 0x0800;
export const ETHERTYPE_ARP = 0x0806;
export const ETHERTYPE_IPV6 = 0x86dd;
export const BROADCAST_MAC = "ff:ff:ff:ff:ff:ff";

/** The six bytes of "52:54:00:12:34:56". Throws InputError. */
export function parseMac(mac: string): Buffer {
  const bytes = Buffer.from(mac.replaceAll(":", ""), "hex");
  if (mac.length !== 17 || bytes.length !== 6)
    throw new InputError(`${quoted(mac)} is not a MAC such as 52:54:00:12:34:56`);
  return bytes;
}

/** What stands at the head of a frame. */
export interface EthernetHeader {
  readonly destination: string;
  readonly source: string;
  readonly etherType: number;
}

/** A frame with room for `size` bytes behind its header. */
export function ethernetFrame({ destination, source, etherType }: EthernetHeader, size: number): Buffer {
  const frame = Buffer.alloc(ETHERNET_HEADER + size);
  frame.set(parseMac(destination), 0);
  frame.set(parseMac(source), 6);
  frame.writeUInt16BE(etherType, 12);
  return frame;
}

/** The header of a frame, which is at least as long as one. */
export function readEthernetHeader(frame: Buffer): EthernetHeader {
  return {
    destination: formatHardwareAddress(frame, 0, 6),
    source: formatHardwareAddress(frame, 6, 6),
    etherType: frame.readUInt16BE(12),
  };
}

/** The same bytes as a Buffer, not copied. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
