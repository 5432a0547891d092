import { expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import type { WatchEvent } from "../../../src/watch/events.js";
import { expectSame } from "./watching.js";

/** Changes of links, in batches. */
async function storm(host: Host, links: readonly string[], changes: number): Promise<void> {
  for (let done = 0; done < changes; done += 100)
    await Promise.all(
      Array.from({ length: 100 }, (_, place) =>
        host.setLink(links[(done + place) % links.length]!, { mtu: 1000 + ((done + place) % 499) }),
      ),
    );
}

test("after 10000 changes of 1000 links with a tiny buffer a mirror equals a fresh dump, and nothing was told to be removed", async () => {
  await using host = await Host.open({ namespace: "new" });
  const names = Array.from({ length: 1000 }, (_, i) => `d${i}`);
  await Promise.all(names.map((name) => host.addTap(name)));
  await using mirror = await host.mirror({ receiveBuffer: 4096 });
  const events: WatchEvent[] = [];
  let wasBehind = false;
  mirror.on("changed", (event) => events.push(event));
  mirror.on("overrun", (event) => {
    wasBehind ||= mirror.behind;
    events.push(event);
  });
  await storm(host, names, 10_000);
  const ended = performance.now();
  await mirror.settled();
  const late = performance.now() - ended;
  await expectSame(host, "link", mirror.links());
  expect(mirror.behind).toBe(false);
  expect(wasBehind).toBe(true);
  const lost = events.flatMap((event) => (event.subject === "overrun" ? [event.lost ?? 0] : []));
  expect(lost.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(0);
  expect(events.filter((event) => event.subject === "link" && event.change !== "changed")).toEqual([]);
  expect(events.some((event) => event.subject === "link" && event.origin === "resynchronised")).toBe(true);
  // A fifth to a tenth of that where nothing else runs.
  expect(late).toBeLessThan(1000);
});

test("who stops reading a watch is told how much was lost, and then all differences", async () => {
  await using host = await Host.open({ namespace: "new" });
  const names = Array.from({ length: 20 }, (_, i) => `d${i}`);
  for (const name of names) await host.addTap(name);
  const watch = host.watch(["link"], { receiveBuffer: 4096 });
  await watch.ready;
  await host.remove("d0");
  await storm(host, names.slice(1), 10_000);
  await host.addTap("last");
  await host.remove("d19");
  const mtus = new Map<string, number | undefined>();
  const removed: string[] = [];
  let lost = 0;
  for await (const event of watch) {
    if (event.subject === "overrun") {
      lost += event.lost!;
      continue;
    }
    if (event.change === "removed") removed.push(event.before!.name);
    else mtus.set(event.after!.name, event.after!.mtu);
    if (event.subject === "link" && removed.includes("d19") && mtus.has("last")) break;
  }
  expect(lost).toBeGreaterThan(5000);
  expect(removed.sort()).toEqual(["d0", "d19"]);
  const now = await host.links();
  for (const { name, mtu } of now) if (name.startsWith("d") && mtus.has(name)) expect(mtus.get(name)).toBe(mtu);
});

test("a watch of one link sees nothing of a storm on others, and loses nothing", async () => {
  await using host = await Host.open({ namespace: "new" });
  const names = Array.from({ length: 20 }, (_, i) => `d${i}`);
  for (const name of [...names, "mine"]) await host.addTap(name);
  await using watch = host.watch(["link"], { receiveBuffer: 4096, link: "mine" });
  await watch.ready;
  await storm(host, names, 10_000);
  await host.setLink("mine", { mtu: 1400 });
  const { value } = await watch.next();
  expect(value).toMatchObject({ subject: "link", change: "changed", properties: ["mtu"], origin: "told" });
});
