import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Lease } from "../../../src/dhcp/leases/lease.js";
import { leaseLine, readLeaseLines } from "../../../src/dhcp/leases/lease-lines.js";
import { leaseFile, leasesInMemory, type LeaseFile } from "../../../src/dhcp/leases/lease-file.js";
import { openLeaseTable } from "../../../src/dhcp/leases/lease-table.js";
import { guestMac, settled, simulatedClock } from "./scene.js";

const HOUR = 3_600_000;

function leaseOf(number: number, until: number, address = `10.0.0.${number}`): Lease {
  const mac = guestMac(number);
  return { address, client: `mac ${mac}`, mac, hostname: `h${number}ü`, port: undefined, duration: HOUR, until };
}

describe("a lease file", () => {
  test("torn at any byte is read again without a lease lost that was written before", () => {
    const clock = simulatedClock();
    const leases = Array.from({ length: 12 }, (_, number) => leaseOf(number % 5, clock.now() + number * 1000));
    const lines = leases.map((each) => Buffer.from(leaseLine(each, clock)));
    const whole = Buffer.concat(lines);
    const ends = lines.map((_, place) => Buffer.concat(lines.slice(0, place + 1)).length);
    for (let size = 0; size <= whole.length; size++) {
      // A line counts without its newline, too.
      const complete = ends.filter((end) => end - 1 <= size).length;
      const expected = new Map(leases.slice(0, complete).map((each) => [each.address, each]));
      const { leases: found, damaged } = readLeaseLines(whole.subarray(0, size), clock);
      expect(found).toEqual(expected);
      expect(damaged).toBe(ends.includes(size) || size === 0 ? 0 : 1);
    }
  });

  test("with any byte changed loses what that line says, and its neighbour where it was the newline, and nothing else", () => {
    const clock = simulatedClock();
    const leases = Array.from({ length: 6 }, (_, number) => leaseOf(number, clock.now() + HOUR));
    const whole = Buffer.from(leases.map((each) => leaseLine(each, clock)).join(""));
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (place, change) => {
        const broken = Buffer.from(whole);
        broken[place]! ^= change;
        const { leases: found, damaged } = readLeaseLines(broken, clock);
        expect(found.size).toBeGreaterThanOrEqual(whole[place] === 10 ? 4 : 5);
        expect(damaged).toBeGreaterThan(0);
        for (const [address, each] of found) expect(each).toEqual(leases.find((one) => one.address === address));
      }),
      { numRuns: 500 },
    );
  });

  test("of a newer format is not touched", async () => {
    const json = '{"format":2}';
    const { crc32 } = await import("../../../src/dhcp/leases/lease-lines.js");
    const storage = leasesInMemory(`${crc32(json)} ${json}\n`);
    await expect(openLeaseTable(storage, simulatedClock())).rejects.toThrow("format 2");
  });

  test("checksums are those of everybody's CRC-32", async () => {
    const { crc32 } = await import("../../../src/dhcp/leases/lease-lines.js");
    expect(crc32("123456789")).toBe("cbf43926");
  });
});

describe("leases", () => {
  test("are there again when the file is opened again, after damage too, and the file is then whole", async () => {
    const folder = mkdtempSync(join(tmpdir(), "leases-"));
    const path = join(folder, "leases");
    try {
      const clock = simulatedClock();
      const first = await openLeaseTable(leaseFile(path), clock);
      const leases = [leaseOf(1, clock.now() + HOUR), leaseOf(2, Infinity)];
      await Promise.all(leases.map((each) => first.commit(each)));
      await first.close();
      writeFileSync(path, readFileSync(path).subarray(0, -5));
      const second = await openLeaseTable(leaseFile(path), clock);
      expect([...second.all()]).toEqual([leases[0]]);
      expect(second.damaged).toBe(1);
      await second.commit(leaseOf(3, clock.now() + HOUR));
      await second.close();
      const third = await openLeaseTable(leaseFile(path), clock);
      expect([...third.all()].map(({ address }) => address)).toEqual(["10.0.0.1", "10.0.0.3"]);
      expect(third.damaged).toBe(0);
      await third.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("last no longer and no shorter when the wall's clock is set within one boot", async () => {
    for (const change of [-1000 * HOUR, 1000 * HOUR]) {
      const clock = simulatedClock();
      const storage = leasesInMemory();
      await (await openLeaseTable(storage, clock)).commit(leaseOf(1, clock.now() + HOUR));
      clock.wallOffset += change;
      const again = await openLeaseTable(storage, clock);
      expect(again.at("10.0.0.1")?.until).toBe(clock.now() + HOUR);
    }
  });

  test("of another boot last as long as the wall's clock says, but never longer than they were given for", async () => {
    for (const [change, left] of [
      [0, HOUR],
      [HOUR / 4, (HOUR * 3) / 4],
      [-1000 * HOUR, HOUR],
      [1000 * HOUR, 0],
    ] as const) {
      const clock = simulatedClock(5_000_000);
      const storage = leasesInMemory();
      await (await openLeaseTable(storage, clock)).commit(leaseOf(1, clock.now() + HOUR));
      const rebooted = simulatedClock(1000);
      rebooted.boot = "boot-2";
      rebooted.wallOffset = clock.wallTime() - 1000 + change;
      const again = await openLeaseTable(storage, rebooted);
      expect(again.at("10.0.0.1")?.until).toBe(1000 + left);
      // From now on the clock of this boot counts.
      rebooted.wallOffset += 500 * HOUR;
      expect((await openLeaseTable(storage, rebooted)).at("10.0.0.1")?.until).toBe(1000 + left);
    }
  });

  test("that are committed while one is being written go to the disk together", async () => {
    const waiting: (() => void)[] = [];
    const writes: string[] = [];
    const storage: LeaseFile = {
      ...leasesInMemory(),
      append(text) {
        writes.push(text);
        return new Promise((resolve) => waiting.push(resolve));
      },
    };
    const clock = simulatedClock();
    const store = await openLeaseTable(storage, clock);
    const done: number[] = [];
    const commits = Array.from({ length: 100 }, (_, number) =>
      store.commit(leaseOf(number, clock.now())).then(() => done.push(number)),
    );
    await settled();
    expect([writes.length, done.length]).toEqual([1, 0]);
    waiting.shift()?.();
    await settled();
    const later = store.commit(leaseOf(101, clock.now()));
    await settled();
    waiting.shift()?.();
    await Promise.all([...commits, later]);
    expect(writes.map((text) => text.split("\n").length - 1)).toEqual([100, 1]);
  });

  test("a write that failed half-way does not spoil the next", async () => {
    const memory = leasesInMemory();
    let broken = true;
    const storage: LeaseFile = {
      ...memory,
      read: memory.read,
      async append(text) {
        await memory.append(broken ? text.slice(0, 20) : text);
        if (broken) throw new Error("no space");
      },
    };
    const clock = simulatedClock();
    const store = await openLeaseTable(storage, clock);
    await expect(store.commit(leaseOf(1, clock.now() + HOUR))).rejects.toThrow("no space");
    broken = false;
    await store.commit(leaseOf(2, clock.now() + HOUR));
    const again = await openLeaseTable(leasesInMemory(memory.content), clock);
    expect([...again.all()].map(({ address }) => address)).toEqual(["10.0.0.2"]);
  });

  test("do not make the file grow for ever", async () => {
    const storage = leasesInMemory();
    const clock = simulatedClock();
    const store = await openLeaseTable(storage, clock);
    for (let round = 0; round < 5000; round++) await store.commit(leaseOf(round % 3, clock.now() + round));
    await store.close();
    expect(storage.content.split("\n").length).toBeLessThan(1020);
    const again = await openLeaseTable(storage, clock);
    expect([...again.all()].map(({ until }) => until - clock.now()).sort()).toEqual([4997, 4998, 4999]);
  });

  test("of one client: the latest counts, the other has ended", async () => {
    const clock = simulatedClock();
    const store = await openLeaseTable(leasesInMemory(), clock);
    await store.commit(leaseOf(1, clock.now() + HOUR));
    await store.commit(leaseOf(1, clock.now() + HOUR, "10.0.0.99"));
    expect(store.of(`mac ${guestMac(1)}`)?.address).toBe("10.0.0.99");
    expect(store.at("10.0.0.1")?.until).toBe(clock.now());
    expect(store.countOf(guestMac(1), "")).toBe(1);
  });
});
