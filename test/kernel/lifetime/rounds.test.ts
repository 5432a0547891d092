import { expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import { descriptors, eventually, hostThreads } from "../netfilter/counting.js";
import { fixture, report } from "../scene/program.js";

interface State {
  readonly rssKiB: number;
  /** JavaScript's objects. */
  readonly heapKiB: number;
  readonly descriptors: number;
  readonly threads: number;
  readonly hostThreads: number;
}

test("200 rounds of opening and closing leave no thread and no descriptor", async () => {
  await (await Host.open({ namespace: "new" })).close();
  const before = [hostThreads(), descriptors()];
  for (let round = 0; round < 200; round++) {
    const host = await Host.open({ namespace: round % 2 === 0 ? "new" : "current" });
    if (round % 4 === 0) {
      await host.openTap("tap0");
      host.socketPair();
      await host.namespaceDescriptor();
    }
    await host.close();
  }
  expect([hostThreads(), descriptors()]).toEqual(before);
});

test("200 hosts are open at once, and closed at once", async () => {
  const before = [hostThreads(), descriptors()];
  const hosts = await Promise.all(Array.from({ length: 200 }, () => Host.open()));
  expect(hostThreads()).toBe(before[0]! + 200);
  await Promise.all(hosts.map((host) => host.link("lo")));
  await Promise.all(hosts.map((host) => host.close()));
  expect([hostThreads(), descriptors()]).toEqual(before);
});

test("hosts that cannot be opened leave no thread and no descriptor", async () => {
  const before = [hostThreads(), descriptors()];
  for (let round = 0; round < 100; round++)
    await Host.open({ namespace: round % 2 === 0 ? "nonesuch" : "/etc/hostname" }).catch(() => undefined);
  expect(await eventually(() => hostThreads() === before[0])).toBe(true);
  expect(descriptors()).toBe(before[1]);
});

test("TAPs that cannot be opened leave no descriptor", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addTap("single");
  const before = descriptors();
  for (let round = 0; round < 100; round++) {
    const attempts = [
      host.openTap("single", { queues: 4 }),
      host.addTap("single"),
      host.openTap("tap0", { vhost: true, address: "01:00:00:00:00:00" }),
    ];
    expect((await Promise.allSettled(attempts)).every(({ status }) => status === "rejected")).toBe(true);
  }
  expect(descriptors()).toBe(before);
});

test("a hundredth of a soak leaves memory, descriptors and threads where they were", async () => {
  const [node, ...program] = fixture("soak", "100");
  const { before, after } = await report<{ before: State; after: State }>([node!, "--expose-gc", ...program]);
  expect([after.descriptors, after.threads, after.hostThreads]).toEqual([
    before.descriptors,
    before.threads,
    before.hostThreads,
  ]);
  expect(after.rssKiB).toBeLessThan(before.rssKiB + 32_768);
  // Not fifty bytes for each request.
  expect(after.heapKiB).toBeLessThan(before.heapKiB + 500);
}, 120_000);
