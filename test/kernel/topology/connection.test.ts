import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import { apply } from "../../../src/topology/index.js";
import { speaker } from "./speaker.js";

const journal = mkdtempSync(join(tmpdir(), "linkwright-topology-"));
afterAll(() => {
  rmSync(journal, { recursive: true });
});

test("a TCP connection through a NIC goes on while the NIC goes into a bridge and out again, and there is always a default route", async () => {
  await using host = await Host.open({ namespace: "new" });
  await using far = await Host.open({ namespace: "new" });
  await host.addVeth("eno3", { peer: { name: "far0", namespace: far, up: true }, up: true });
  await far.setLink("lo", { up: true });
  await far.addAddress("far0", "10.0.0.1/24");
  await far.addAddress("lo", "192.0.2.1/32");
  await host.addAddress("eno3", "10.0.0.5/24");
  await host.routes.add("default", { gateway: "10.0.0.1" });
  const server = await speaker(far, "server");
  const client = await speaker(host, "client", "192.0.2.1");

  let looking = true;
  let least = Infinity;
  const looked = (async (): Promise<number> => {
    let dumps = 0;
    for (; looking; dumps++)
      least = Math.min(least, (await host.routes.list({ destination: "default", family: "inet" })).length);
    return dumps;
  })();
  await apply(host, { links: { br0: { kind: "bridge", takeOver: "eno3" } } }, { journal });
  await apply(host, { links: { br0: { release: "eno3" } } }, { journal });
  looking = false;
  expect(await looked).toBeGreaterThan(10);
  expect(least).toBe(1);

  client.child.stdin!.end();
  const { lost, gap, reset } = JSON.parse(await client.line()) as { lost: number; gap: number; reset: boolean };
  server.child.kill();
  expect(reset).toBe(false);
  expect(lost).toBe(0);
  console.log(`the longest gap between two answers was ${gap.toFixed(1)} ms`);
  // A lost segment would be sent again after 200 ms at the earliest (TCP_RTO_MIN).
  expect(gap).toBeLessThan(1000);
});
