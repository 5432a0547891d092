import { InputError } from "../../base/errors.js";
import type { Clock } from "../clock.js";
import type { Lease } from "./lease.js";

/**
 * The lease file: a line for each change, "CHECKSUM JSON", the last line of an address counts. Each line stands for itself:
 * a torn or damaged one costs what it says and nothing else.
 */
const FORMAT = 1;

/** What a line says. */
interface LeaseRecord extends Omit<Lease, "until" | "duration"> {
  readonly format: number;
  /** null: for ever. */
  readonly duration: number | null;
  /** When it ends by the wall's clock, for people and for another boot. */
  readonly expires: string | null;
  /** When it ends by the clock of this boot, which nobody sets. */
  readonly boot: string;
  readonly until: number | null;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  return value;
});

/** CRC-32 of IEEE 802.3, as eight hexadecimal digits. */
export function crc32(text: string): string {
  let crc = 0xffffffff;
  for (const byte of Buffer.from(text)) crc = CRC_TABLE[(crc ^ byte) & 255]! ^ (crc >>> 8);
  return (~crc >>> 0).toString(16).padStart(8, "0");
}

/** The latest time that a Date holds is far above; a lease of more is one for ever. */
const LATEST = Date.UTC(9999, 0);

/** The line of a lease, with its newline. */
export function leaseLine({ duration, until, ...lease }: Lease, clock: Clock): string {
  const expires = clock.wallTime() + until - clock.now();
  const record: LeaseRecord = {
    format: FORMAT,
    ...lease,
    duration: duration === Infinity ? null : duration,
    expires: expires < LATEST ? new Date(expires).toISOString() : null,
    boot: clock.boot,
    until: until === Infinity ? null : until,
  };
  const json = JSON.stringify(record);
  return `${crc32(json)} ${json}\n`;
}

/** What a lease file says. */
export interface LeaseLines {
  readonly leases: Map<string, Lease>;
  /** Lines that are torn or damaged. */
  readonly damaged: number;
  /** All lines. */
  readonly lines: number;
  /** Whether some lines count by the clock of another boot. */
  readonly fromAnotherBoot: boolean;
}

function leaseOf(record: LeaseRecord, clock: Clock): Lease {
  const { address, client, mac, hostname, port, boot } = record;
  const duration = record.duration ?? Infinity;
  const lease = { address, client, mac, hostname, port, duration };
  if (boot === clock.boot) return { ...lease, until: record.until ?? Infinity };
  if (record.expires === null) return { ...lease, until: Infinity };
  // A clock that was set back would make it longer than it ever was.
  const left = Math.min(Math.max(0, Date.parse(record.expires) - clock.wallTime()), duration);
  return { ...lease, until: clock.now() + left };
}

function recordIn(line: string): LeaseRecord | undefined {
  const json = line.slice(9);
  if (line[8] !== " " || crc32(json) !== line.slice(0, 8)) return undefined;
  return JSON.parse(json) as LeaseRecord;
}

/** Reads a lease file. Throws InputError when it is of a newer format, which is not to be overwritten. */
export function readLeaseLines(bytes: Uint8Array, clock: Clock): LeaseLines {
  const text = Buffer.from(bytes).toString("utf8");
  const lines = text.split("\n").filter((line) => line !== "");
  const leases = new Map<string, Lease>();
  let damaged = text === "" || text.endsWith("\n") ? 0 : 1;
  let fromAnotherBoot = false;
  for (const [place, line] of lines.entries()) {
    const record = recordIn(line);
    if (record === undefined) {
      if (place < lines.length - 1 || damaged === 0) damaged++;
      continue;
    }
    if (record.format > FORMAT) throw new InputError(`format ${record.format} of the lease file is not known here`);
    if (record.boot !== clock.boot) fromAnotherBoot = true;
    leases.set(record.address, leaseOf(record, clock));
  }
  return { leases, damaged, lines: lines.length, fromAnotherBoot };
}
