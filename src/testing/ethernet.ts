import { InputError, quoted } from "../base/errors.js";
import { checkMac } from "../netlink/codecs/internet.js";

/** An Ethernet frame (IEEE 802.3), with one VLAN tag at most (IEEE 802.1Q). */
export interface EthernetFrame {
  /** The MAC that it is for, such as "52:54:00:12:34:56". */
  readonly to: string;
  /** The MAC that it is from. */
  readonly from: string;
  /** The VLAN of its tag; undefined without one. 0 is a tag with a priority alone. */
  readonly vlan?: number | undefined;
  /** Its EtherType; of a tagged frame, the one behind the tag. */
  readonly type: number;
  readonly payload: Uint8Array;
}

/** EtherTypes that tests meet (IEEE 802): "experimental" is for local experiments, and no kernel sends it by itself. */
export const etherTypes = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd, experimental: 0x88b5 } as const;

const BROADCAST = "ff:ff:ff:ff:ff:ff";
const TAG = 0x8100;
const VLAN_BITS = 0xfff;
/** Without its checksum, which a TAP neither has nor wants. */
const SHORTEST = 60;

function bytesOfMac(mac: string): Buffer {
  checkMac(mac);
  return Buffer.from(mac.replaceAll(":", ""), "hex");
}

function macAt(bytes: Buffer, offset: number): string {
  return bytes.toString("hex", offset, offset + 6).replace(/..(?!$)/g, "$&:");
}

/**
 * An Ethernet frame as bytes, padded with zeros to the 60 that the shortest has: to everybody, from 02:00:00:00:00:01, of the
 * experimental EtherType and untagged unless said otherwise. Throws InputError.
 */
export function frame(parts: Partial<EthernetFrame> = {}): Buffer {
  const { to = BROADCAST, from = "02:00:00:00:00:01", vlan, type = etherTypes.experimental, payload = [] } = parts;
  if (vlan !== undefined && !(Number.isInteger(vlan) && vlan >= 0 && vlan <= VLAN_BITS))
    throw new InputError(`${quoted(vlan)} is not a VLAN from 0 to ${VLAN_BITS}`, "vlan");
  const words = vlan === undefined ? [type] : [TAG, vlan, type];
  const types = Buffer.alloc(words.length * 2);
  words.forEach((word, place) => types.writeUInt16BE(word, place * 2));
  const whole = Buffer.concat([bytesOfMac(to), bytesOfMac(from), types, Uint8Array.from(payload)]);
  return whole.length < SHORTEST ? Buffer.concat([whole, Buffer.alloc(SHORTEST - whole.length)]) : whole;
}

/** What an Ethernet frame says. The payload has the zeros that a short frame is padded with. Throws InputError for one of less than 14 bytes. */
export function readFrame(bytes: Uint8Array): EthernetFrame {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (buffer.length < 14) throw new InputError(`a frame has at least 14 bytes, not ${buffer.length}`);
  const isTagged = buffer.readUInt16BE(12) === TAG && buffer.length >= 18;
  const start = isTagged ? 18 : 14;
  return {
    to: macAt(buffer, 0),
    from: macAt(buffer, 6),
    vlan: isTagged ? buffer.readUInt16BE(14) & VLAN_BITS : undefined,
    type: buffer.readUInt16BE(start - 2),
    payload: buffer.subarray(start),
  };
}
