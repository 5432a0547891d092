import { expect, test } from "vitest";
import { tapHolders } from "../../../src/host/taps/tap-holders.js";
import { Host } from "../../../src/index.js";
import { machine } from "../diagnosis/machine.js";

const dev = (...names: string[]): string =>
  `Inter-|   Receive\n face |bytes\n${names.map((name) => `${name.padStart(6)}: 0 0\n`).join("")}`;

test("a process of another namespace that has a link of the same name holds its own TAP, and one that has none holds this", async () => {
  await using host = await Host.open({ namespace: "new" });
  await using namespace = await host.namespaceDescriptor();
  using files = machine({
    "proc/7/comm": "qemu\n",
    "proc/7/net/dev": dev("lo", "eth0"),
    "proc/7/fdinfo/5": "pos:\t0\niff:\ttap0\n",
    "proc/8/comm": "other\n",
    "proc/8/net/dev": dev("lo", "tap0"),
    "proc/8/fdinfo/5": "pos:\t0\niff:\ttap0\n",
    "proc/9/comm": "plain\n",
    "proc/9/fdinfo/1": "pos:\t0\n",
  });
  expect([...tapHolders(namespace, { root: files.root })]).toEqual([["tap0", [{ pid: 7, command: "qemu" }]]]);
});

test("a process of the namespace itself holds the TAP that it has open there", async () => {
  await using host = await Host.open();
  await using namespace = await host.namespaceDescriptor();
  await using _tap = await host.openTap("lwheld%d");
  const { name } = _tap;
  expect(tapHolders(namespace).get(name)).toMatchObject([{ pid: process.pid }]);
});
