import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Host, type VirtualFunctionSettings } from "../../../src/index.js";
import { flag8, limited, u16, u8 } from "../../../src/netlink/codecs/numbers.js";
import { vfLinkStateWord } from "../../../src/rtnetlink/link/virtual-functions.js";
import { vlanProtocol } from "../../../src/rtnetlink/protocol/vlan-protocol.js";
import { vlanFiltering } from "../../kernel/host/read-back/fdb.js";
import { links, LOWER, withLower } from "../../kernel/host/read-back/links.js";
import { type Group, readBack, readBackTogether, settingsOf } from "../../kernel/host/read-back/subject.js";
import { traffic } from "../../kernel/host/read-back/traffic.js";
import { thorough } from "../../thorough.js";
import { addCard, lacksCards, removeCard } from "../functions/pretended-card.js";

/** What test/kernel/host/read-back.test.ts finds on any machine that it runs on, and takes long here. */
const ELSEWHERE = /(of|^) ?an? (veth|bridge|ifb|macvlan|macvtap|vxlan|bridge's port)$/;

const GROUPS: readonly Group[] = [...links, ...vlanFiltering, ...traffic].filter(({ title }) => !ELSEWHERE.test(title));

let host: Host;
beforeAll(async () => {
  // The kernel does not load what wraps a tunnel's packets by itself.
  spawnSync("modprobe", ["fou"]);
  host = await Host.open({ namespace: "new" });
  await withLower(host);
});
afterAll(() => host.close());

if (!thorough) console.log("skipped: what takes a minute under emulation, and npm test -- --all reads back");

test.for(thorough ? GROUPS : [])("each attribute of $title that is set holds, or is refused", (group, context) =>
  readBackTogether(host, ["lo", ...LOWER], group, context),
);

/** A card of netdevsim, which is no other test's. */
const CARD = 4713;
const lack = lacksCards();
if (lack !== undefined) console.log(`skipped: virtual functions: ${lack}`);

test.skipIf(lack !== undefined)("each setting of a virtual function holds, or is refused", async () => {
  const card = addCard(CARD);
  try {
    await using machine = await Host.open();
    await machine.virtualFunctions.setCount(card, 2);
    const { broken, held } = await readBack(machine, {
      title: "a virtual function",
      attributes: settingsOf<VirtualFunctionSettings>("vf", {
        address: ["02:00:00:00:00:07", "02:00:00:00:00:08"],
        vlan: u16,
        qos: limited(u8, 0, 7),
        protocol: vlanProtocol,
        minTxRate: [1e6, 2e6],
        maxTxRate: [3e6, 4e6],
        spoofCheck: flag8,
        linkState: vfLinkStateWord,
        rssQuery: flag8,
        trust: flag8,
      }),
      set: (on, settings) => on.virtualFunctions.set(card, 1, settings),
      get: async (on) => (await on.virtualFunctions.list(card))[1],
    });
    expect(broken).toEqual([]);
    expect(held.size).toBeGreaterThan(5);
  } finally {
    removeCard(CARD);
  }
});
