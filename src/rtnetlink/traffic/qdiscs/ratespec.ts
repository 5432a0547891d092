import { LITTLE_ENDIAN } from "../../../netlink/codecs/bytes.js";
import { InputError } from "../../../base/errors.js";
import { checkRate } from "../../../netlink/codecs/quantities.js";
import { s16, u16, u32, u8 } from "../../../netlink/codecs/numbers.js";
import { struct, type StructValues } from "../../../netlink/codecs/struct.js";
import { words } from "../../../netlink/codecs/words.js";

/**
 * struct tc_ratespec (linux/pkt_sched.h). The rate is bytes per second, all ones when it needs the 64-bit attribute beside. With
 * a link layer that is given, the kernel takes nothing else from the table of times that belonged to it once.
 */
export const ratespec = struct("tc_ratespec", {
  cellLog: u8,
  linklayer: words(u8, { unaware: 0, ethernet: 1, atm: 2 }),
  overhead: u16,
  cellAlign: s16,
  mpu: u16,
  rate: u32,
});

export type Ratespec = StructValues<(typeof ratespec)["fields"]>;

/** The rate of nothing, where the kernel wants the struct and there is none to say. */
export const NO_RATE: Ratespec = { cellLog: 0, linklayer: "unaware", overhead: 0, cellAlign: 0, mpu: 0, rate: 0 };

const MOST = 0xffffffff;
/** Nanoseconds of a tick (PSCHED_SHIFT of include/net/pkt_sched.h: 1 << 6). */
const TICK = 64;
const SECONDS = Math.floor((MOST * TICK) / 1e9);
/** Cells of a table of times, 4 bytes each (TC_RTAB_SIZE). */
const CELLS = 256;
/** The largest frame that tables are made for unless given. */
const USUAL_MTU = 2047;

/** A rate as a struct and, where 32 bits do not hold it, in bits per second for the attribute beside. */
export function ratespecOf(
  rate: number,
  { mpu = 0, overhead = 0, mtu = USUAL_MTU }: { mpu?: number | undefined; overhead?: number | undefined; mtu?: number },
): { spec: Ratespec; rate64: number | undefined } {
  checkRate(rate);
  const bytes = Math.round(rate / 8);
  const spec = { cellLog: cellLogFor(mtu), linklayer: "ethernet", overhead, cellAlign: -1, mpu } as const;
  return bytes < MOST
    ? { spec: { ...spec, rate: bytes }, rate64: undefined }
    : { spec: { ...spec, rate: MOST }, rate64: rate };
}

/** Bits per second of a struct and the attribute beside; undefined for none. */
export function rateOf({ rate }: Ratespec, rate64: number | undefined): number | undefined {
  if (rate64 !== undefined) return rate64;
  return rate === 0 ? undefined : rate * 8;
}

function cellLogFor(mtu: number): number {
  let log = 1;
  while (mtu >> log > CELLS - 1) log++;
  return log;
}

/** Ticks in which the bytes of an option pass at a rate, rounded up: the bucket then holds them. Throws InputError. */
export function ticksOf(size: number, rate: number, option: string): number {
  const ticks = Math.ceil((size * 8e9) / rate / TICK);
  if (!(ticks >= 0 && ticks <= MOST))
    throw new InputError(
      `${size} bytes take longer at this rate than the ${SECONDS} s that the kernel counts to`,
      option,
    );
  return ticks;
}

/** Bytes that pass in ticks at a rate. */
export function bytesIn(ticks: number, rate: number): number {
  return (ticks * TICK * rate) / 8e9;
}

/** The table of times that some parts of the kernel still ask for, and do not use: ticks for frames of each cell's size. */
export function rateTable({ cellLog }: Ratespec, rate: number): Uint8Array {
  const table = Buffer.alloc(CELLS * 4);
  const view = new DataView(table.buffer, table.byteOffset);
  for (let cell = 0; cell < CELLS; cell++) {
    const size = (cell + 1) * 2 ** cellLog;
    view.setUint32(cell * 4, Math.min(MOST, Math.floor((size * 8e9) / rate / TICK)), LITTLE_ENDIAN);
  }
  return table;
}
