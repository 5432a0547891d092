import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Host, type VirtualFunctionSettings } from "../../../src/index.js";
import { descriptors } from "../../kernel/netfilter/counting.js";
import { addCard, lacksCards, removeCard } from "./pretended-card.js";

/** A card of netdevsim, which is no other test's. */
const CARD = 4711;

const lack = lacksCards();
if (lack !== undefined) console.log(`skipped: virtual functions: ${lack}`);

interface Printed {
  readonly vf: number;
  readonly address: string;
  readonly vlan_list: { vlan?: number; qos?: number; protocol?: string }[];
  readonly rate: { max_tx: number; min_tx: number };
  readonly spoofchk: boolean;
  readonly link_state: string;
  readonly trust: boolean;
  readonly query_rss_en: boolean;
}

describe.skipIf(lack !== undefined)("virtual functions", () => {
  let host: Host;
  let card = "";

  beforeAll(async () => {
    card = addCard(CARD);
    host = await Host.open();
  });

  afterAll(async () => {
    await host.close();
    removeCard(CARD);
  });

  function ip(...words: string[]): string {
    const { stdout, stderr, status: ended } = spawnSync("ip", words, { encoding: "utf8" });
    expect(stderr).toBe("");
    expect(ended).toBe(0);
    return stdout;
  }

  function printed(): Printed[] {
    const [link] = JSON.parse(ip("-d", "-j", "link", "show", card)) as { vfinfo_list?: Printed[] }[];
    return link?.vfinfo_list ?? [];
  }

  test("a card has as many virtual functions as it is told, from one number to another, too", async () => {
    expect(await host.virtualFunctions.count(card)).toEqual({ count: 0, total: undefined });
    expect(await host.virtualFunctions.list(card)).toEqual([]);
    for (const count of [4, 2, 2, 0, 3]) {
      await host.virtualFunctions.setCount(card, count);
      expect((await host.virtualFunctions.count(card)).count).toBe(count);
    }
    const before = descriptors();
    await expect(host.virtualFunctions.setCount(card, 60_000)).rejects.toMatchObject({
      code: "ENOMEM",
      syscall: "write(sriov_numvfs)",
      subject: card,
    });
    expect((await host.virtualFunctions.count(card)).count).toBe(3);
    expect(descriptors()).toBe(before);
    expect((await host.virtualFunctions.devices(card)).map(({ index, links }) => [index, links])).toEqual([
      [0, []],
      [1, []],
      [2, []],
    ]);
  });

  const SETTINGS: readonly VirtualFunctionSettings[] = [
    { address: "52:54:00:00:00:0a" },
    { vlan: 10 },
    { qos: 5 },
    { vlan: 4094, qos: 7, protocol: "802.1ad" },
    { maxTxRate: 100_000_000 },
    { minTxRate: 20_000_000 },
    { spoofCheck: true, trust: true },
    { linkState: "enable", rssQuery: true },
    { linkState: "disable", spoofCheck: false, vlan: 0 },
  ];

  test("what is set is what ip prints and what is read back, and nothing else of it changes", async () => {
    let expected: VirtualFunctionSettings = { ...(await host.virtualFunctions.list(card))[1] };
    for (const settings of SETTINGS) {
      await host.virtualFunctions.set(card, 1, settings);
      expected = { ...expected, ...settings };
      if (settings.vlan !== undefined) expected = { ...expected, protocol: expected.protocol ?? "802.1Q" };
      if (settings.vlan === 0) expected = { ...expected, qos: 0, protocol: "802.1Q" };
      const found = (await host.virtualFunctions.list(card))[1]!;
      expect(found).toEqual(expected);
      const shown = printed()[1]!;
      const [{ vlan = 0, qos = 0, protocol = "802.1Q" } = {}] = shown.vlan_list;
      expect({
        ...found,
        address: shown.address,
        vlan,
        qos,
        protocol: vlan === 0 ? found.protocol : protocol,
        maxTxRate: shown.rate.max_tx * 1e6,
        minTxRate: shown.rate.min_tx * 1e6,
        spoofCheck: shown.spoofchk,
        linkState: shown.link_state,
        trust: shown.trust,
        rssQuery: shown.query_rss_en,
      }).toEqual(found);
    }
    expect((await host.virtualFunctions.list(card))[0]).toMatchObject({ vlan: 0, trust: false });
  });

  test("what ip sets is what is read, with statistics when they are asked for", async () => {
    const words = "vf 2 mac 52:54:00:00:00:0b vlan 30 qos 3 proto 802.1ad max_tx_rate 50 min_tx_rate 10 trust on";
    ip("link", "set", card, ...words.split(" "));
    const [, , found] = await host.virtualFunctions.list(card, { statistics: true });
    expect(found).toMatchObject({
      index: 2,
      address: "52:54:00:00:00:0b",
      vlan: 30,
      qos: 3,
      protocol: "802.1ad",
      maxTxRate: 50_000_000,
      minTxRate: 10_000_000,
      trust: true,
      linkState: "auto",
      statistics: { rxPackets: 0, txPackets: 0 },
    });
    expect((await host.virtualFunctions.list(card))[2]?.statistics).toBeUndefined();
    expect((await host.link(card)).vfinfoList).toBeUndefined();
  });

  test("what cannot be meant is refused before anything is changed", async () => {
    const before = await host.virtualFunctions.list(card);
    const refused: [index: number, settings: object, message: string][] = [
      [
        1,
        { address: "01:00:5e:00:00:01" },
        'address: "01:00:5e:00:00:01" is the MAC of a group: the first byte is odd',
      ],
      [1, { address: "52:54" }, 'address: "52:54" is not a MAC such as 52:54:00:12:34:56'],
      [1, { vlan: 4095 }, "vlan: 4095 is not an integer from 0 to 4094"],
      [1, { vlan: 5, qos: 8 }, "qos: 8 is not an integer from 0 to 7"],
      [1, { vlan: 0, qos: 3 }, "qos: without a VLAN there is no priority"],
      [1, { maxTxRate: 1_500_000 }, "maxTxRate: 1500000 is not a rate in whole megabits"],
      [
        1,
        { minTxRate: 3e6, maxTxRate: 2e6 },
        "minTxRate: 3000000 is more than the maxTxRate of 2000000 bits per second",
      ],
      [2, { minTxRate: 60e6 }, "minTxRate: 60000000 is more than the maxTxRate of 50000000 bits per second"],
      [1, { linkState: "up" }, 'linkState: "up" is none of auto, enable, disable'],
      [1, { trust: 1 }, "trust: 1 is neither true nor false"],
      [1, { mac: "52:54:00:00:00:0c" }, "mac: no such option"],
      [3, { trust: true, vlan: 3 }, `${card}: it has no virtual function 3: they are 0 to 2 (EINVAL)`],
      [3, { trust: true }, `${card}: it has no virtual function 3: they are 0 to 2 (EINVAL)`],
    ];
    for (const [index, settings, message] of refused)
      await expect(host.virtualFunctions.set(card, index, settings), message).rejects.toThrow(message);
    await expect(host.virtualFunctions.setCount(card, -1)).rejects.toThrow(
      "count: -1 is not an integer from 0 to 65535",
    );
    expect(await host.virtualFunctions.list(card)).toEqual(before);
  });

  test("half of what is given is taken back when the card refuses the rest", async () => {
    const before = await host.virtualFunctions.list(card);
    await expect(
      host.virtualFunctions.set(card, 1, { address: "52:54:00:00:00:0d", vlan: 77, linkState: 9, trust: false }),
    ).rejects.toMatchObject({
      code: "EINVAL",
      subject: `${card}, virtual function 1`,
      hint: "the card's driver does not take one of address, vlan, linkState, trust, qos, protocol so",
    });
    expect(await host.virtualFunctions.list(card)).toEqual(before);
  });

  test("a link without virtual functions says so", async () => {
    await host.addVeth("plain0", { peer: "plain1" });
    await expect(host.virtualFunctions.count("plain0")).rejects.toThrow(
      "plain0: it can have no virtual functions (EOPNOTSUPP); it is no network card with SR-IOV",
    );
    await expect(host.virtualFunctions.set("plain0", 0, { trust: true })).rejects.toThrow(
      "plain0: it has no virtual functions (EOPNOTSUPP); setCount makes them, where it can",
    );
    await host.remove("plain0");
  });

  test("a list that outgrows the length of its attribute is never misread", async () => {
    await host.virtualFunctions.setCount(card, 0);
    writeFileSync(`/sys/kernel/debug/netdevsim/netdevsim${CARD}/max_vfs`, "400");
    await host.virtualFunctions.setCount(card, 200);
    expect(await host.virtualFunctions.list(card)).toHaveLength(200);
    await host.virtualFunctions.setCount(card, 400);
    for (const request of [
      () => host.virtualFunctions.list(card),
      () => host.virtualFunctions.list(card, { statistics: true }),
      () => host.links({ virtualFunctions: true }),
    ])
      await expect(request()).rejects.toThrow(
        /the list of its 400 virtual functions does not fit into an attribute \(EMSGSIZE\)/,
      );
    await host.virtualFunctions.setCount(card, 0);
  });
});
