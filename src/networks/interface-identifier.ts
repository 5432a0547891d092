import { Writer } from "../netlink/codecs/bytes.js";
import { mac as macCodec } from "../netlink/codecs/internet.js";
import { addressText, type Subnet, subnetOf } from "./subnet.js";

/** The bit that says whether a MAC is everybody's (IEEE 802), turned round in an interface identifier. */
const UNIVERSAL = 0x02;

/** The interface identifier that a MAC makes (modified EUI-64, RFC 4291, appendix A). Throws InputError. */
function identifierOf(mac: string): bigint {
  const writer = new Writer();
  macCodec.write(writer, mac, {});
  const [first = 0, ...bytes] = writer.take();
  const all = [first ^ UNIVERSAL, ...bytes.slice(0, 2), 0xff, 0xfe, ...bytes.slice(2)];
  return all.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

/** The address that a MAC makes in a subnet of IPv6 with 64 bits, by itself from an advertisement (RFC 4862). Throws InputError. */
export function addressOfMac({ first }: Pick<Subnet, "first">, mac: string): string {
  return addressText("inet6", first | identifierOf(mac));
}

/** The link-local address that a MAC makes. Throws InputError. */
export function linkLocalOf(mac: string): string {
  return addressOfMac(subnetOf("fe80::/64"), mac);
}
