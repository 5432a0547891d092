import { afterAll, beforeAll, expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import { frame } from "../../kernel/scene/frames.js";
import { pour, waiting } from "../../kernel/links/pouring.js";
import { thorough } from "../../thorough.js";

let host: Host;

beforeAll(async () => {
  host = await Host.open({ namespace: "new" });
  await host.setSysctl("net.ipv6.conf.default.disable_ipv6", 1);
  await host.addBridge("br0", { vlanFiltering: true, up: true });
  await host.bridgeVlans.set("br0", []);
});

afterAll(async () => {
  await host.close();
});

/** Each is one more chance of a race; where the first hundred leak nothing, the rest are for what is rare. */
const JOINING = thorough ? 1000 : 300;
const AT_ONCE = 100;
const INSIDE = 77;
const OUTSIDE = 88;

test(`of ${JOINING} ports that join with a VLAN and isolation while frames pour in, none forwards one outside them`, async () => {
  const vlans = [{ id: 10, pvid: true, untagged: true }];
  const [other, isolated, member] = [
    await host.openTap("other"),
    await host.openTap("isolated"),
    await host.openTap("member"),
  ];
  await host.attach(other, "br0", { vlans: [{ id: 1, pvid: true, untagged: true }] });
  await host.attach(isolated, "br0", { vlans, isolated: true });
  await host.attach(member, "br0", { vlans });
  expect(await host.link("br0")).toMatchObject({ linkInfo: { data: { vlanDefaultPvid: 1 } } });

  await using pouring = pour(other, frame(OUTSIDE), frame(INSIDE), AT_ONCE);
  const leaks = { intoPorts: 0, intoOther: 0, intoIsolated: 0 };
  let reached = 0;
  for (let first = 0; first < JOINING; first += AT_ONCE) {
    const taps = await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => host.openTap(`join${first + i}`)));
    // Some are up before they join.
    await Promise.all(taps.filter((_, i) => i % 20 === 0).map((tap) => host.setLink(tap, { up: true })));
    await pouring.into(taps);
    await Promise.all(taps.map((tap) => host.attach(tap, "br0", { vlans, isolated: true })));
    await pouring.into([]);
    leaks.intoPorts += taps.filter((tap) => waiting(tap).has(OUTSIDE)).length;
    leaks.intoOther += Number(waiting(other).has(INSIDE));
    leaks.intoIsolated += Number(waiting(isolated).has(INSIDE));
    reached += Number(waiting(member).has(INSIDE));
    await host.removeAll(taps);
    await Promise.all(taps.map((tap) => tap.close()));
  }
  expect(leaks).toEqual({ intoPorts: 0, intoOther: 0, intoIsolated: 0 });
  expect(reached).toBe(JOINING / AT_ONCE);
});
