import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { Host } from "../../../src/index.js";

const COUNT = 1000;

test("one descriptor watches links in 1000 namespaces, each event with the id of its own", async () => {
  await using host = await Host.open({ namespace: "new" });
  const others = await Promise.all(Array.from({ length: COUNT }, () => Host.open({ namespace: "new" })));
  await using _closing = {
    [Symbol.asyncDispose]: async () => void (await Promise.all(others.map((each) => each.close()))),
  };
  await Promise.all(others.map((other, i) => host.addVeth(`v${i}`, { peer: { name: "peer", namespace: other } })));

  const before = readdirSync("/proc/self/fd").length;
  await using watch = host.watch(["link"], { allNamespaces: true, receiveBuffer: 16 << 20 });
  await watch.ready;
  expect(readdirSync("/proc/self/fd").length - before).toBe(1);
  await Promise.all(others.map((other, i) => other.setLink("peer", { mtu: 2000 + i })));

  const mtus = new Map<number, number | undefined>();
  for await (const event of watch) {
    expect(event.subject).toBe("link");
    if (event.subject === "link" && event.namespace !== undefined) mtus.set(event.namespace, event.after?.mtu);
    if (mtus.size === COUNT) break;
  }
  expect(new Set(mtus.values()).size).toBe(COUNT);
});
