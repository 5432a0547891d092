import { type Codec, raw } from "./codec.js";
import type { Writer } from "./bytes.js";
import { macText } from "./interned.js";
import { InputError, quoted } from "../../base/errors.js";

const COLON = 0x3a;
const HEXADECIMAL = "0123456789abcdef";
/** The two characters of each byte in hexadecimal, one byte behind the other. */
const DIGITS = new Uint8Array(512);
for (let i = 0; i < 512; i++) DIGITS[i] = HEXADECIMAL.charCodeAt(i & 1 ? (i >> 1) & 15 : i >> 5);

/** In one piece, for every link has two of them: put together from parts it takes three times the memory. */
function formatMac(bytes: Uint8Array, offset: number): string {
  const a = 2 * bytes[offset]!;
  const b = 2 * bytes[offset + 1]!;
  const c = 2 * bytes[offset + 2]!;
  const d = 2 * bytes[offset + 3]!;
  const e = 2 * bytes[offset + 4]!;
  const f = 2 * bytes[offset + 5]!;
  // prettier-ignore
  return String.fromCharCode(
    DIGITS[a]!, DIGITS[a + 1]!, COLON, DIGITS[b]!, DIGITS[b + 1]!, COLON, DIGITS[c]!, DIGITS[c + 1]!, COLON,
    DIGITS[d]!, DIGITS[d + 1]!, COLON, DIGITS[e]!, DIGITS[e + 1]!, COLON, DIGITS[f]!, DIGITS[f + 1]!,
  );
}

/** Bytes as "52:54:00:12:34:56". */
export function formatHardwareAddress(buffer: Uint8Array, offset: number, length: number): string {
  if (length === 6) return macText(buffer, offset, formatMac);
  return Array.from(buffer.subarray(offset, offset + length), (byte) => byte.toString(16).padStart(2, "0")).join(":");
}

function parseHardwareAddress(value: string): number[] {
  if (typeof value !== "string" || !/^[0-9a-f]{2}(:[0-9a-f]{2})*$/i.test(value))
    throw new InputError(`${quoted(value)} is not a MAC such as 52:54:00:12:34:56`);
  return value.split(":").map((byte) => parseInt(byte, 16));
}

/** A link-layer address of any length, written "52:54:00:12:34:56". */
export const hardwareAddress: Codec<string> = {
  type: "mac",
  words: "MAC",
  write(writer, value) {
    const bytes = parseHardwareAddress(value);
    for (const byte of bytes) writer.u8(byte);
  },
  read: (bytes, offset, length) => (length === 0 ? undefined : formatHardwareAddress(bytes.buffer, offset, length)),
  parse(word) {
    parseHardwareAddress(word);
    return word.toLowerCase();
  },
};

/** An Ethernet address: six bytes. */
export const mac: Codec<string> = {
  ...hardwareAddress,
  size: 6,
  write(writer, value, siblings) {
    checkMac(value);
    hardwareAddress.write(writer, value, siblings);
  },
  read: (bytes, offset, length) => (length === 6 ? formatHardwareAddress(bytes.buffer, offset, 6) : undefined),
  parse(word) {
    checkMac(word);
    return word.toLowerCase();
  },
};

/** Throws InputError unless the value is six bytes in hexadecimal with colons. */
export function checkMac(value: string): void {
  if (typeof value !== "string" || !/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(value))
    throw new InputError(`${quoted(value)} is not a MAC such as 52:54:00:12:34:56`);
}

/** The same, of one that a single station can have: the first bit on the wire is that of a group. */
export function checkUnicastMac(value: string): void {
  checkMac(value);
  if ((parseInt(value.slice(0, 2), 16) & 1) === 1)
    throw new InputError(`${quoted(value)} is a multicast address, which no station can have`);
  if (/^[0:]+$/.test(value)) throw new InputError(`${quoted(value)} is nobody's address`);
}

function formatIPv4(buffer: Uint8Array, offset: number): string {
  return `${buffer[offset]}.${buffer[offset + 1]}.${buffer[offset + 2]}.${buffer[offset + 3]}`;
}

/** RFC 5952: the longest run of zeros, of two groups at least, becomes "::". */
function formatIPv6(buffer: Uint8Array, offset: number): string {
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push((buffer[offset + i]! << 8) | buffer[offset + i + 1]!);
  let start = -1;
  let run = 1;
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && groups[i + length] === 0) length++;
    if (length > run) [start, run] = [i, length];
  }
  const hex = groups.map((group) => group.toString(16));
  if (start < 0) return hex.join(":");
  return `${hex.slice(0, start).join(":")}::${hex.slice(start + run).join(":")}`;
}

function bytesOfIPv4(address: string): number[] | undefined {
  const parts = address.split(".");
  if (parts.length !== 4 || parts.some((part) => !/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255))
    return undefined;
  return parts.map(Number);
}

/** The bytes of groups such as "fe80:0:1.2.3.4". Only the address's last, when these have it, may be an IPv4 address. */
function bytesOfGroups(groups: string, last: boolean): number[] | undefined {
  if (groups === "") return [];
  const bytes: number[] = [];
  const parts = groups.split(":");
  for (const [place, part] of parts.entries()) {
    const embedded = last && part.includes(".") && place === parts.length - 1 ? bytesOfIPv4(part) : undefined;
    if (embedded !== undefined) bytes.push(...embedded);
    else if (/^[0-9a-f]{1,4}$/i.test(part)) bytes.push(parseInt(part, 16) >> 8, parseInt(part, 16) & 0xff);
    else return undefined;
  }
  return bytes;
}

/** RFC 4291, 2.2: eight groups, of which one run of zeros may be written "::". */
function bytesOfIPv6(address: string): number[] | undefined {
  const [left = "", right, ...more] = address.split("::");
  const head = bytesOfGroups(left, right === undefined);
  const tail = bytesOfGroups(right ?? "", true);
  if (more.length > 0 || head === undefined || tail === undefined) return undefined;
  const missing = 16 - head.length - tail.length;
  if (right === undefined ? missing !== 0 || left === "" : missing < 2) return undefined;
  return [...head, ...new Array<number>(missing).fill(0), ...tail];
}

/** The bytes of "10.0.0.1" (4) or "fe80::1" (16). Throws InputError. */
export function parseInternetAddress(value: string): number[] {
  const bytes = typeof value === "string" ? (bytesOfIPv4(value) ?? bytesOfIPv6(value)) : undefined;
  if (bytes === undefined) throw new InputError(`${quoted(value)} is not an IPv4 or IPv6 address`);
  return bytes;
}

/** 4 bytes as "10.0.0.1", 16 as "fe80::1"; undefined for any other length. */
export function formatInternetAddress(buffer: Uint8Array, offset: number, length: number): string | undefined {
  if (length === 4) return formatIPv4(buffer, offset);
  if (length === 16) return formatIPv6(buffer, offset);
  return undefined;
}

function address(type: string, words: string, sizes: readonly number[]): Codec<string> {
  function bytesFor(value: string): number[] {
    const bytes = parseInternetAddress(value);
    if (!sizes.includes(bytes.length)) throw new InputError(`${JSON.stringify(value)} is not an ${words} address`);
    return bytes;
  }
  return {
    type,
    words,
    size: sizes.length === 1 ? sizes[0] : undefined,
    write(writer: Writer, value) {
      for (const byte of bytesFor(value)) writer.u8(byte);
    },
    read: (bytes, offset, length) =>
      sizes.includes(length) ? formatInternetAddress(bytes.buffer, offset, length) : undefined,
    parse(word) {
      bytesFor(word);
      return word;
    },
  };
}

export const ipv4 = address("ipv4", "IPv4", [4]);
export const ipv6 = address("ipv6", "IPv6", [16]);
/** An address of either family, told apart by its length. */
export const internetAddress = address("ip", "IP", [4, 16]);

/** Bytes that identify something, such as a physical port: "0a1b2c". */
export const identifier: Codec<string> = {
  type: "identifier",
  words: "HEX",
  write(writer, value, siblings) {
    if (typeof value !== "string") throw new InputError(`${quoted(value)} is not hexadecimal`);
    raw.write(writer, raw.parse(value), siblings);
  },
  read: (bytes, offset, length) => bytes.buffer.toString("hex", offset, offset + length),
  parse(word) {
    raw.parse(word);
    return word.toLowerCase();
  },
};
