import { InputError, quoted } from "../base/errors.js";
import { formatInternetAddress } from "../netlink/codecs/internet.js";
import { parsePrefix } from "../rtnetlink/protocol/network.js";

/** The addresses of a subnet of IPv4 or IPv6. */
export interface Subnet {
  readonly family: "inet" | "inet6";
  readonly length: number;
  readonly first: bigint;
  readonly last: bigint;
}

const bitsOf = (family: Subnet["family"]): number => (family === "inet" ? 32 : 128);

function numberOf(bytes: readonly number[]): bigint {
  return bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

/** A number as an address of a family. */
export function addressText(family: Subnet["family"], number: bigint): string {
  const bytes = Uint8Array.from({ length: bitsOf(family) / 8 }, (_, place) =>
    Number((number >> BigInt(bitsOf(family) - 8 * (place + 1))) & 0xffn),
  );
  return formatInternetAddress(bytes, 0, bytes.length)!;
}

/** An address as a number. Throws InputError. */
export function addressNumber(address: string): bigint {
  return numberOf(parsePrefix(address).bytes);
}

/** The subnet that an address with its prefix length is in. Throws InputError. */
export function subnetOf(text: string): Subnet {
  const { bytes, length } = parsePrefix(text);
  const family = bytes.length === 4 ? "inet" : "inet6";
  const size = 1n << BigInt(bitsOf(family) - length);
  const first = (numberOf(bytes) / size) * size;
  return { family, length, first, last: first + size - 1n };
}

/** A subnet that is given as such, with no bits behind its length, and with room for guests. Throws InputError. */
export function guestSubnet(text: string, family: Subnet["family"]): Subnet {
  const example = family === "inet" ? "192.168.100.0/24" : "fd00:1::/64";
  const called = family === "inet" ? "IPv4" : "IPv6";
  const subnet = subnetOf(text);
  if (subnet.family !== family || !text.includes("/"))
    throw new InputError(`${quoted(text)} is not a subnet of ${called} such as ${example}`);
  if (subnetText(subnet) !== subnetText(subnetOf(text)) || addressNumber(text.split("/")[0]!) !== subnet.first)
    throw new InputError(`${quoted(text)} has bits behind its length: ${subnetText(subnet)} is the subnet`);
  if (bitsOf(family) - subnet.length < 2) throw new InputError(`${quoted(text)} has no room for guests`);
  return subnet;
}

/** A subnet in words: "10.0.0.0/24". */
export function subnetText({ family, first, length }: Subnet): string {
  return `${addressText(family, first)}/${length}`;
}

export function overlaps(one: Subnet, other: Subnet): boolean {
  return one.family === other.family && one.first <= other.last && other.first <= one.last;
}

/** Whether an address is one that a host can have in a subnet. Throws InputError for what is no address. */
export function isHostIn(subnet: Subnet, address: string): boolean {
  const number = addressNumber(address);
  const { family } = subnetOf(address);
  const last = subnet.family === "inet" ? subnet.last - 1n : subnet.last;
  return family === subnet.family && number > subnet.first && number <= last;
}
