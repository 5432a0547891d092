import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import { removeTable } from "../../../src/netfilter/index.js";
import { networks } from "../../../src/networks/index.js";
import { startService } from "../../../src/serve/service.js";

const TABLE = { family: "inet", table: "linkwright" } as const;
const ROUNDS = 2;

test("no other program takes the networks' table: from Linux 6.9 on that is refused, before that it is written again at once", async () => {
  const folder = mkdtempSync(join(tmpdir(), "linkwright-flushed-"));
  const folders = { state: join(folder, "state"), run: join(folder, "run"), service: join(folder, "socket") };
  const events: Record<string, unknown>[] = [];
  const service = await startService({ ...folders, report: (event) => events.push({ ...event }) });
  await using host = await Host.open();
  await using other = await Host.open();
  try {
    const guests = networks(host, folders);
    await guests.define({ name: "one", mode: "nat", subnet: "192.168.77.0/24", dns: [] });
    await guests.start("one");
    await guests.handOver("one");
    const isOwned = !events.some(({ event }) => event === "notOwner");
    const count = async (): Promise<number> => (await host.netfilter.ruleset(TABLE)).rules.length;
    const had = await count();
    const gaps: number[] = [];
    for (let round = 0; round < ROUNDS && !isOwned; round++) {
      const since = performance.now();
      await other.netfilter.commit([removeTable(TABLE)]);
      await expect.poll(count, { interval: 1, timeout: 60_000 }).toBe(had);
      gaps.push(performance.now() - since);
      await expect.poll(() => events.filter(({ event }) => event === "restored").length).toBe(round + 1);
    }
    if (isOwned) await expect(other.netfilter.commit([removeTable(TABLE)])).rejects.toMatchObject({ code: "EPERM" });
    else
      console.log(`the table was missing for ${Math.round(Math.min(...gaps))} to ${Math.round(Math.max(...gaps))} ms`);
    expect(await count()).toBe(had);
    await guests.stop("one");
    expect((await host.netfilter.ruleset(TABLE)).tables).toEqual([]);
  } finally {
    await service.close();
    rmSync(folder, { recursive: true });
  }
});
