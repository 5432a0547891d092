import fc from "fast-check";
import { expect, test } from "vitest";
import { formatRate, formatSize, parseRate, parseSize } from "../../../src/netlink/codecs/quantities.js";
import { police } from "../../../src/rtnetlink/traffic/actions/police.js";
import { fifo } from "../../../src/rtnetlink/traffic/qdiscs/fifo.js";
import { htb, htbClass } from "../../../src/rtnetlink/traffic/qdiscs/htb.js";
import { bytesIn, rateTable, ratespecOf, ticksOf } from "../../../src/rtnetlink/traffic/qdiscs/ratespec.js";
import { prio } from "../../../src/rtnetlink/traffic/qdiscs/prio.js";
import { tbf, tbfTable } from "../../../src/rtnetlink/traffic/qdiscs/tbf.js";
import {
  formatHandle,
  formatU32Handle,
  parseHandle,
  parseU32Handle,
} from "../../../src/rtnetlink/traffic/traffic-handle.js";
import { read, refusal, written } from "../netlink/codecs.js";

test.each([
  ["100mbit", 100e6],
  ["1gbit", 1e9],
  ["1.5Gbit", 1.5e9],
  ["512kibit", 524288],
  ["64000", 64000],
  ["8bit", 8],
])("the rate %s is %d bits per second", (word, rate) => {
  expect(parseRate(word)).toBe(rate);
});

test.each(["100mbps", "fast", "", "-1", "1 mbit"])("%j is no rate: what may be bytes or bits is refused", (word) => {
  expect(refusal(() => parseRate(word))).toBe(
    `${JSON.stringify(word)} is not a rate such as 100mbit, 1gbit or 64000 (bits per second)`,
  );
});

test("sizes are in powers of 1024, and are printed as they are typed", () => {
  expect(["64kb", "64k", "1m", "1500", "1500b"].map(parseSize)).toEqual([65536, 65536, 1048576, 1500, 1500]);
  expect(refusal(() => parseSize("64kbit"))).toBe('"64kbit" is not a size such as 64kb, 1m or 1500 (bytes)');
  expect([65536, 1048576, 1500].map(formatSize)).toEqual(["64kb", "1mb", "1500"]);
  expect([1e9, 1.5e9, 64000, 8].map(formatRate)).toEqual(["1gbit", "1500mbit", "64kbit", "8bit"]);
});

test("handles are two hexadecimal numbers, or places", () => {
  expect(["1:", "1:10", ":30", "0:", "root", "clsact", "ingress", "egress"].map(parseHandle)).toEqual([
    ...[0x10000, 0x10010, 0x30, 0, 0xffffffff, 0xfffffff1, 0xfffffff2, 0xfffffff3],
  ]);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffffffff }), (value) => {
      expect(parseHandle(formatHandle(value))).toBe(value);
      expect(parseU32Handle(formatU32Handle(value))).toBe(value);
    }),
  );
  expect(formatU32Handle(0x80000800)).toBe("800::800");
  expect(refusal(() => parseHandle("1"))).toBe(
    '"1" is not a handle such as 1: or 1:10, nor one of root, clsact, ingress, egress',
  );
});

test("a tick is 64 ns: 1000 bytes at 8 Mbit/s are 1 ms", () => {
  expect(ticksOf(1000, 8e6, "burst")).toBe(15625);
  expect(bytesIn(15625, 8e6)).toBe(1000);
  expect(refusal(() => ticksOf(1e6, 8000, "burst"))).toBe(
    "burst: 1000000 bytes take longer at this rate than the 274 s that the kernel counts to",
  );
});

test("a table of times has what frames of each size take", () => {
  const { spec } = ratespecOf(8e6, {});
  const table = Buffer.from(rateTable(spec, 8e6));
  expect(table).toHaveLength(1024);
  expect(table.readUInt32LE(4 * 124)).toBe(15625);
});

const rates = fc.integer({ min: 1000, max: 15_625_000 }).map((bytes) => bytes * 8);
const bursts = fc.integer({ min: 1600, max: 250_000 });

test("up to 125 Mbit/s rates and bursts are read as they were set", () => {
  fc.assert(
    fc.property(rates, bursts, (rate, burst) => {
      expect(read(htbClass, written(htbClass, { rate, burst, cburst: burst }))).toMatchObject({
        rate,
        ceil: rate,
        burst,
      });
      expect(read(police, written(police, { rate, burst }))).toMatchObject({ rate, burst, exceed: "drop" });
    }),
  );
});

test("what was read, set again, is the same at any rate", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 40 }), fc.integer({ min: 1, max: 2 ** 31 }), (bytes, burst) => {
      fc.pre((burst / bytes) * 1e9 < 64 * 2 ** 32);
      const once = read(police, written(police, { rate: bytes * 8, burst }))!;
      const again = read(police, written(police, { rate: once.rate, burst: once.burst }));
      expect(again).toEqual(once);
      expect(once.burst! - burst).toBeGreaterThanOrEqual(0);
      expect(once.burst! - burst).toBeLessThanOrEqual(bytes * 64e-9);
    }),
  );
});

test("a rate beyond 32 bits has an attribute of its own", () => {
  const rate = 100e9;
  const bytes = written(tbf, { rate, burst: 1e6, limit: 1e6 });
  expect(
    tbfTable.decode({ buffer: bytes, view: new DataView(bytes.buffer, bytes.byteOffset) }, 0, bytes.length),
  ).toMatchObject({
    parms: { rate: { rate: 0xffffffff } },
    rate64: rate,
    burst: 1e6,
  });
  expect(read(tbf, bytes)).toMatchObject({ rate, burst: 1e6, limit: 1e6 });
  expect(read(tbf, written(tbf, { rate: 8e6, burst: 5000, limit: 9000, peakrate: 16e6, pburst: 2000 }))).toEqual({
    ...{ rate: 8e6, burst: 5000, limit: 9000, peakrate: 16e6, pburst: 2000 },
    ...{ mpu: undefined, overhead: undefined },
  });
});

test.each([
  [() => written(tbf, { burst: 1, limit: 1 }), "rate: it must be given: bits per second"],
  [() => written(tbf, { rate: 8e6, burst: 5000 }), "limit: it must be given: bytes that may wait"],
  [() => written(tbf, { rate: 8e6, burst: 5000, limit: 1, pburst: 9 }), "pburst: it belongs to a peakrate"],
  [
    () => written(tbf, { rate: 1, burst: 1, limit: 1 }),
    "rate: 1 is not a rate from 8 to 9007199254740991 bits per second",
  ],
  [
    () => written(tbf, { ["latency" as "limit"]: 1 }),
    "latency: no such option; there are rate, burst, limit, peakrate, pburst, mpu, overhead",
  ],
  [
    () => written(htb, { defcls: "x" as "1:" }),
    'defcls: "x" is not a handle such as 1: or 1:10, nor one of root, clsact, ingress, egress',
  ],
  [() => written(police, { rate: 8e6, burst: 1, peakrate: 9e6 }), "mtu: a peakrate needs it"],
  [() => written(police, { rate: 8e6, burst: 1, refcnt: 1 }), "refcnt: only the kernel sets it"],
])("options that cannot be meant are refused in words %#", (write, words) => {
  expect(refusal(write)).toBe(words);
});

test("a queue's limit is a struct of one number", () => {
  expect(written(fifo, { limit: 7 })).toEqual(Buffer.from([7, 0, 0, 0]));
});

test("a prio, and a pfifo_fast, has a band for each priority", () => {
  const options = { bands: 3, priomap: [1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1] };
  expect(written(prio, options)).toEqual(Buffer.from([3, 0, 0, 0, ...options.priomap]));
  expect(read(prio, written(prio, options))).toEqual(options);
  expect(refusal(() => written(prio, { bands: 3, priomap: [0, 1] }))).toMatch(
    /is not a band for each of 16 priorities/,
  );
  expect(read(prio, written(prio, {}))).toEqual(options);
  expect(read(prio, written(prio, { bands: 2 }))?.priomap).toEqual([1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]);
  expect(refusal(() => written(prio, { bands: 1 }))).toBe("bands: 1 is not 2 to 16");
  expect(refusal(() => written(prio, { bands: 2, priomap: options.priomap }))).toBe(
    "priomap: there is no band 2: 2 are 0 to 1",
  );
});
