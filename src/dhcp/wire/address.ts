import { InputError, quoted } from "../../base/errors.js";
import { parseInternetAddress } from "../../netlink/codecs/internet.js";

/** The four bytes of "10.0.0.1". Throws InputError. */
export function ipv4Bytes(address: string): number[] {
  const bytes = parseInternetAddress(address);
  if (bytes.length !== 4) throw new InputError(`${quoted(address)} is not an IPv4 address`);
  return bytes;
}

/** "10.0.0.1" as a number. Throws InputError. */
export function ipv4Number(address: string): number {
  return Buffer.from(ipv4Bytes(address)).readUInt32BE(0);
}

/** A number as "10.0.0.1". */
export function ipv4FromNumber(number: number): string {
  return `${number >>> 24}.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}`;
}

/** A block of IPv4 addresses. */
export interface Ipv4Prefix {
  /** Its first address, as a number. */
  readonly first: number;
  readonly last: number;
  readonly length: number;
}

/** The block of "10.0.0.0/24", or of any address in it with the prefix's length. Throws InputError. */
export function ipv4Prefix(text: string): Ipv4Prefix {
  const [, address = "", digits = ""] = /^([\d.]+)\/(\d{1,2})$/.exec(text) ?? [];
  const length = Number(digits);
  if (address === "" || length > 32) throw new InputError(`${quoted(text)} is not an IPv4 prefix such as 10.0.0.0/24`);
  const size = 2 ** (32 - length);
  const first = Math.floor(ipv4Number(address) / size) * size;
  return { first, last: first + size - 1, length };
}

/** The mask of a prefix's length: "255.255.255.0" for 24. */
export function subnetMask(length: number): string {
  return ipv4FromNumber((2 ** 32 - 2 ** (32 - length)) >>> 0);
}

/** The length of a mask such as "255.255.255.0"; undefined when its bits are not in one piece. */
export function prefixLengthOf(mask: string): number | undefined {
  const inverse = 2 ** 32 - 1 - ipv4Number(mask);
  const length = 32 - Math.log2(inverse + 1);
  return Number.isInteger(length) ? length : undefined;
}
