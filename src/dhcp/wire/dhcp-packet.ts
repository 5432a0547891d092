import { formatHardwareAddress, formatInternetAddress } from "../../netlink/codecs/internet.js";
import { ipv4Bytes } from "./address.js";
import { type DhcpOptions, dhcpOptions } from "./dhcp-options.js";
import { asBuffer, parseMac } from "./ethernet.js";
import type { RawOption } from "./option-table.js";

/** A message of DHCPv4 over Ethernet (RFC 2131, 2), with the field names of the RFC. */
export interface DhcpPacket {
  readonly op: "request" | "reply";
  readonly hops?: number | undefined;
  readonly xid: number;
  /** Seconds since the client began. */
  readonly secs?: number | undefined;
  /** The flag BROADCAST: the client cannot take unicast before it has an address. */
  readonly broadcast?: boolean | undefined;
  /** The client's address, of one that has it; so the others: left out where the field is 0.0.0.0. */
  readonly ciaddr?: string | undefined;
  /** "Your" address, in a server's answer. */
  readonly yiaddr?: string | undefined;
  /** The next server of the boot. */
  readonly siaddr?: string | undefined;
  /** The relay. */
  readonly giaddr?: string | undefined;
  /** The client's MAC. */
  readonly chaddr: string;
  /** The name of the boot server. */
  readonly sname?: string | undefined;
  /** The boot file. */
  readonly file?: string | undefined;
  readonly options: DhcpOptions;
}

const BOOTREQUEST = 1;
const BOOTREPLY = 2;
const ETHERNET = 1;
const BROADCAST = 0x8000;
const CIADDR = 12;
const YIADDR = 16;
const SIADDR = 20;
const GIADDR = 24;
const CHADDR = 28;
const SNAME = 44;
const SNAME_SIZE = 64;
const FILE = 108;
const FILE_SIZE = 128;
const COOKIE = 236;
const MAGIC_COOKIE = 0x63825363;
const OPTIONS = 240;
const PAD = 0;
const END = 255;
const OVERLOAD = 52;
const OVERLOAD_FILE = 1;
const OVERLOAD_SNAME = 2;
/** Relays and old clients take nothing smaller (RFC 1542, 2.1). */
const LEAST_SIZE = 300;
/** What every client takes: a datagram of 576 bytes, less the headers of IP and UDP (RFC 2131, 2). */
export const LEAST_MOST_SIZE = 548;
const MOST_PAYLOAD = 255;

function addressAt(buffer: Buffer, offset: number): string | undefined {
  return buffer.readUInt32BE(offset) === 0 ? undefined : formatInternetAddress(buffer, offset, 4);
}

function textAt(buffer: Buffer, offset: number, size: number): string | undefined {
  const field = buffer.subarray(offset, offset + size);
  const end = field.indexOf(0);
  const value = field.toString("latin1", 0, end < 0 ? size : end);
  return value === "" ? undefined : value;
}

/** Collects the options of one field; false when a length is wrong. */
function collect(field: Buffer, found: Map<number, Buffer[]>): boolean {
  let at = 0;
  while (at < field.length) {
    const code = field[at]!;
    if (code === END) return true;
    if (code === PAD) {
      at++;
      continue;
    }
    if (at + 1 >= field.length) return false;
    const end = at + 2 + field[at + 1]!;
    if (end > field.length) return false;
    const part = field.subarray(at + 2, end);
    const parts = found.get(code);
    if (parts === undefined) found.set(code, [part]);
    else parts.push(part);
    at = end;
  }
  return true;
}

/** The message in these bytes; undefined when it is none, or none for Ethernet. An option that comes in parts is put together (RFC 3396). */
export function decodeDhcpPacket(bytes: Uint8Array): DhcpPacket | undefined {
  const buffer = asBuffer(bytes);
  if (buffer.length < OPTIONS || buffer.readUInt32BE(COOKIE) !== MAGIC_COOKIE) return undefined;
  const op = buffer[0];
  if ((op !== BOOTREQUEST && op !== BOOTREPLY) || buffer[1] !== ETHERNET || buffer[2] !== 6) return undefined;
  const found = new Map<number, Buffer[]>();
  if (!collect(buffer.subarray(OPTIONS), found)) return undefined;
  const overload = found.get(OVERLOAD)?.[0]?.[0] ?? 0;
  found.delete(OVERLOAD);
  const inFile = (overload & OVERLOAD_FILE) !== 0;
  const inSname = (overload & OVERLOAD_SNAME) !== 0;
  if (inFile && !collect(buffer.subarray(FILE, FILE + FILE_SIZE), found)) return undefined;
  if (inSname && !collect(buffer.subarray(SNAME, SNAME + SNAME_SIZE), found)) return undefined;
  const payloads = Array.from(found, ([code, parts]): RawOption => ({
    code,
    bytes: parts.length === 1 ? parts[0]! : Buffer.concat(parts),
  }));
  return {
    op: op === BOOTREQUEST ? "request" : "reply",
    hops: buffer[3],
    xid: buffer.readUInt32BE(4),
    secs: buffer.readUInt16BE(8),
    broadcast: (buffer.readUInt16BE(10) & BROADCAST) !== 0,
    ciaddr: addressAt(buffer, CIADDR),
    yiaddr: addressAt(buffer, YIADDR),
    siaddr: addressAt(buffer, SIADDR),
    giaddr: addressAt(buffer, GIADDR),
    chaddr: formatHardwareAddress(buffer, CHADDR, 6),
    sname: inSname ? undefined : textAt(buffer, SNAME, SNAME_SIZE),
    file: inFile ? undefined : textAt(buffer, FILE, FILE_SIZE),
    options: dhcpOptions.values(payloads),
  };
}

/** Where options go, and how much there is room for. */
interface Field {
  readonly start: number;
  readonly end: number;
  at: number;
}

/** Writes an option, in parts of 255 bytes (RFC 3396); false when there is no room for it. */
function place(buffer: Buffer, field: Field, { code, bytes }: RawOption): boolean {
  const parts = Math.max(1, Math.ceil(bytes.length / MOST_PAYLOAD));
  if (field.at + parts * 2 + bytes.length > field.end) return false;
  for (let part = 0; part < parts; part++) {
    const payload = bytes.subarray(part * MOST_PAYLOAD, (part + 1) * MOST_PAYLOAD);
    buffer[field.at] = code;
    buffer[field.at + 1] = payload.length;
    buffer.set(payload, field.at + 2);
    field.at += 2 + payload.length;
  }
  return true;
}

function writeText(buffer: Buffer, offset: number, size: number, value: string | undefined): void {
  if (value !== undefined) buffer.write(value, offset, size - 1, "latin1");
}

/**
 * The bytes of a message of at most `most` bytes. Options that find no room go where the boot file's and the boot server's name
 * would stand (RFC 2132, 9.3); those that find none there either, the last ones of the table, are left out. Throws InputError.
 */
export function encodeDhcpPacket(packet: DhcpPacket, most = LEAST_MOST_SIZE): Buffer {
  const size = Math.max(most, LEAST_MOST_SIZE);
  const buffer = Buffer.alloc(size);
  buffer[0] = packet.op === "request" ? BOOTREQUEST : BOOTREPLY;
  buffer[1] = ETHERNET;
  buffer[2] = 6;
  buffer[3] = packet.hops ?? 0;
  buffer.writeUInt32BE(packet.xid, 4);
  buffer.writeUInt16BE(Math.min(packet.secs ?? 0, 0xffff), 8);
  buffer.writeUInt16BE(packet.broadcast ? BROADCAST : 0, 10);
  for (const [offset, address] of [
    [CIADDR, packet.ciaddr],
    [YIADDR, packet.yiaddr],
    [SIADDR, packet.siaddr],
    [GIADDR, packet.giaddr],
  ] as const)
    if (address !== undefined) buffer.set(ipv4Bytes(address), offset);
  buffer.set(parseMac(packet.chaddr), CHADDR);
  writeText(buffer, SNAME, SNAME_SIZE, packet.sname);
  writeText(buffer, FILE, FILE_SIZE, packet.file);
  buffer.writeUInt32BE(MAGIC_COOKIE, COOKIE);

  // Room is kept for the option that tells of the other fields (3 bytes), and for each field's end.
  const options: Field = { start: OPTIONS, at: OPTIONS, end: size - 4 };
  const file: Field = { start: FILE, at: FILE, end: FILE + FILE_SIZE - 1 };
  const sname: Field = { start: SNAME, at: SNAME, end: SNAME + SNAME_SIZE - 1 };
  const fields = [
    options,
    ...(packet.file === undefined ? [file] : []),
    ...(packet.sname === undefined ? [sname] : []),
  ];
  for (const option of dhcpOptions.payloads(packet.options)) fields.some((field) => place(buffer, field, option));
  let overload = 0;
  for (const [field, bit] of [
    [file, OVERLOAD_FILE],
    [sname, OVERLOAD_SNAME],
  ] as const)
    if (field.at > field.start) {
      buffer[field.at] = END;
      overload |= bit;
    }
  options.at = overload === 0 ? options.at : options.at + 3;
  if (overload !== 0) buffer.set([OVERLOAD, 1, overload], options.at - 3);
  buffer[options.at] = END;
  return buffer.subarray(0, Math.max(LEAST_SIZE, options.at + 1));
}
