import { expect, test } from "vitest";
import { type BridgePortOptions, Host, type Tap } from "../../../src/index.js";
import { frame } from "../scene/frames.js";
import { pour, type Pouring, waiting } from "../links/pouring.js";

const AT_ONCE = 50;
const INSIDE = 77;
const OUTSIDE = 88;

async function opened(): Promise<Host> {
  const host = await Host.open({ namespace: "new" });
  await host.setSysctl("net.ipv6.conf.default.disable_ipv6", 1);
  await host.addBridge("br0", { up: true });
  return host;
}

/** TAPs into whose far ends frames pour while they join, one after the other; some are up before. Then they are removed. */
async function joining(
  host: Host,
  pouring: Pouring,
  options: BridgePortOptions,
  check: (taps: readonly Tap[]) => Promise<void>,
): Promise<void> {
  const taps = await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => host.openTap(`join${i}`)));
  await Promise.all(taps.filter((_, i) => i % 5 === 0).map((tap) => host.setLink(tap, { up: true })));
  await pouring.into(taps);
  for (const tap of taps) await host.attach(tap, "br0", options);
  await pouring.into(taps);
  await check(taps);
  await pouring.into([]);
  await host.removeAll(taps);
  await Promise.all(taps.map((tap) => tap.close()));
}

test("of 1000 ports that join isolated while frames pour in at both ends, none lets one through to an isolated one", async () => {
  await using host = await opened();
  const [isolated, open] = [await host.openTap("isolated"), await host.openTap("open")];
  await host.attach(isolated, "br0", { isolated: true });
  await host.attach(open, "br0");
  await using pouring = pour(isolated, frame(OUTSIDE), frame(INSIDE), AT_ONCE);
  const leaks = { intoPorts: 0, intoIsolated: 0 };
  for (let round = 0; round < 1000 / AT_ONCE; round++)
    await joining(host, pouring, { isolated: true }, async (taps) => {
      waiting(open);
      await pouring.into(taps);
      expect([...waiting(open)].sort()).toEqual([INSIDE, OUTSIDE]);
      leaks.intoPorts += taps.filter((tap) => waiting(tap).size > 0).length;
      leaks.intoIsolated += waiting(isolated).size;
    });
  expect(leaks).toEqual({ intoPorts: 0, intoIsolated: 0 });
});

test("of 200 ports that join locked while frames of a stranger pour in, none lets one in", async () => {
  await using host = await opened();
  const [idle, open] = [await host.openTap("idle"), await host.openTap("open")];
  await host.attach(open, "br0");
  await using pouring = pour(idle, frame(OUTSIDE), frame(INSIDE), AT_ONCE);
  for (let round = 0; round < 200 / AT_ONCE; round++) {
    waiting(open);
    await joining(host, pouring, { locked: true, learning: false }, async (taps) => {
      expect(waiting(open).size).toBe(0);
      await host.setPort(taps[0]!, { locked: false });
      await pouring.into(taps);
      expect([...waiting(open)]).toEqual([INSIDE]);
    });
  }
});
