import { describe, expect, test } from "vitest";
import type { Changes } from "../../../src/netfilter/messages/change.js";
import type { RulePart } from "../../../src/netfilter/rules/clause.js";
import { readRuleset } from "../../../src/netfilter/listing.js";
import * as m from "../../../src/netfilter/rules/matches.js";
import { addRule } from "../../../src/netfilter/rules/rule-changes.js";
import { addElements, addSet, removeElements } from "../../../src/netfilter/sets/set-changes.js";
import * as s from "../../../src/netfilter/rules/statements.js";
import { addChain, addObject, addTable } from "../../../src/netfilter/chains/table-changes.js";
import { nftJson, nftLoad, scene, whyNoNft } from "./nft.js";

const reason = whyNoNft();
if (reason !== undefined) console.log(`skipped: ${reason}`);

const table = { family: "inet", table: "t" } as const;
const chain = { ...table, chain: "c" };
const bridge = { family: "bridge", table: "t" } as const;

/** A ruleset in which each of the rules stands in chain c of table inet t, beside what rules may refer to. */
function aroundRules(rules: readonly RulePart[][]): Changes {
  return [
    addTable(table),
    addChain({ ...table, chain: "other" }),
    addChain(chain),
    addObject({ ...table, name: "hits", object: { counter: {} } }),
    addSet({ ...table, set: "guests", key: "ipv4Addr", flags: ["interval"] }),
    addSet({ ...table, set: "pairs", key: ["ipv4Addr", "inetService"] }),
    addSet({ ...table, set: "seen", key: "ipv4Addr", flags: ["dynamic"], timeout: 60_000, size: 1000 }),
    addSet({ ...table, set: "networks", key: "ifname", data: "verdict" }),
    addSet({ ...table, set: "forwards", key: ["inetProto", "inetService"], data: ["ipv4Addr", "inetService"] }),
    ...rules.map((rule) => addRule(chain, rule)),
  ];
}

function aroundText(rules: readonly string[]): string {
  return `table inet t {
    counter hits { packets 0 bytes 0
    }
    set guests { type ipv4_addr; flags interval
    }
    set pairs { type ipv4_addr . inet_service
    }
    set seen { type ipv4_addr; size 1000; flags dynamic,timeout; timeout 1m
    }
    map networks { type ifname : verdict
    }
    map forwards { type inet_proto . inet_service : ipv4_addr . inet_service
    }
    chain other {
    }
    chain c {
      ${rules.join("\n")}
    }
  }`;
}

const rules: readonly (readonly [text: string, rule: RulePart[]])[] = [
  ['iifname "br0" accept', [m.iifname("br0"), s.accept()]],
  ['iifname "br*" oifname != "up0" drop', [m.iifname("br*"), m.not(m.oifname("up0")), s.drop()]],
  ['iifname { "br0", "br1" } jump other', [m.iifname(["br0", "br1"]), s.jump("other")]],
  ["ip saddr 10.0.0.0/24 return", [m.ipSource("10.0.0.0/24"), s.returnVerdict()]],
  ["ip saddr 10.0.0.0/20 goto other", [m.ipSource("10.0.0.0/20"), s.goto("other")]],
  ["ip saddr 10.0.0.1 ip daddr != 10.0.0.2", [m.ipSource("10.0.0.1"), m.not(m.ipDestination("10.0.0.2"))]],
  ["ip daddr 10.0.0.1-10.0.0.9 counter", [m.ipDestination("10.0.0.1-10.0.0.9"), s.counter()]],
  ["ip daddr != 10.0.0.1-10.0.0.9 counter", [m.not(m.ipDestination("10.0.0.1-10.0.0.9")), s.counter()]],
  ["ip6 saddr fd00::/64 ip6 daddr fe80::1", [m.ipSource("fd00::/64"), m.ipDestination("fe80::1")]],
  ["ip6 saddr fd00::/61 accept", [m.ipSource("fd00::/61"), s.accept()]],
  ["tcp dport 22 accept", [m.destinationPort("tcp", 22), s.accept()]],
  ["udp sport 1000-2000 accept", [m.sourcePort("udp", "1000-2000"), s.accept()]],
  ["tcp dport { 80, 443, 8000-8080 } accept", [m.destinationPort("tcp", [80, 443, "8000-8080"]), s.accept()]],
  ["tcp dport != { 80, 443 } accept", [m.not(m.destinationPort("tcp", [80, 443])), s.accept()]],
  ["ct state established,related accept", [m.connectionState("established", "related"), s.accept()]],
  ["ct status dnat accept", [m.is("ctStatus", "dstNat"), s.accept()]],
  ["ct mark 7 accept", [m.is("ctMark", 7), s.accept()]],
  ["meta mark and 0xff00 == 0x1200 accept", [m.isMasked("mark", 0x1200, 0xff00), s.accept()]],
  ["meta mark set 0x10", [s.setMark(0x10)]],
  ["ct mark set 0x11", [s.setConnectionMark(0x11)]],
  ["meta l4proto { icmp, icmpv6 } accept", [m.is("l4proto", ["icmp", "icmpv6"]), s.accept()]],
  ["icmp type 8 accept", [m.is("icmpType", 8), s.accept()]],
  ["icmpv6 type 135 accept", [m.is("icmpv6Type", 135), s.accept()]],
  ["fib daddr type local accept", [m.is("fibDestinationType", "local"), s.accept()]],
  ["pkttype broadcast drop", [m.is("pktType", "broadcast"), s.drop()]],
  ["ether saddr 52:54:00:12:34:56 drop", [m.is("etherSource", "52:54:00:12:34:56"), s.drop()]],
  ["ip saddr @guests accept", [m.isIn("guests", "ip4Source"), s.accept()]],
  ["ip saddr != @guests drop", [m.not(m.isIn("guests", "ip4Source")), s.drop()]],
  ["ip daddr . tcp dport @pairs accept", [m.isIn("pairs", "ip4Destination", "tcpDestinationPort"), s.accept()]],
  ["iifname vmap @networks", [m.verdictMap("networks", "iifname")]],
  ["add @seen { ip saddr }", [s.addTo("seen", ["ip4Source"])]],
  ["update @seen { ip saddr timeout 10s }", [s.addTo("seen", ["ip4Source"], { refresh: true, timeout: 10_000 })]],
  ['counter name "hits"', [s.object("counter", "hits")]],
  ["limit rate 10/minute burst 20 packets accept", [s.limit({ rate: 10, per: "minute", burst: 20 }), s.accept()]],
  ["limit rate over 5/second drop", [s.limit({ rate: 5, over: true }), s.drop()]],
  ["limit rate 1000 bytes/second accept", [s.limit({ rate: 1000, of: "bytes" }), s.accept()]],
  ['log prefix "gone: " level info', [s.log({ prefix: "gone: ", level: "info" })]],
  ["log group 3", [s.log({ group: 3 })]],
  ["reject", [s.reject()]],
  ["reject with icmpx type admin-prohibited", [s.reject("prohibited")]],
  ["reject with tcp reset", [s.reject("tcpReset")]],
  ["meta nftrace set 1", [s.trace()]],
  ["notrack", [s.notrack()]],
];

describe.skipIf(reason !== undefined)("what is written here", () => {
  test("is, rule for rule, what nft writes for the same words", async () => {
    await using ours = await scene();
    await using theirs = await scene();
    nftLoad(theirs, aroundText(rules.map(([text]) => text)));
    await ours.netfilter.commit(aroundRules(rules.map(([, rule]) => rule)));
    const [mine, nfts] = await Promise.all([readRuleset(ours.netfilter), readRuleset(theirs.netfilter)]);
    for (const [place, [text]] of rules.entries())
      expect(mine.rules[place]?.expressions, text).toEqual(nfts.rules[place]?.expressions);
    expect(nftJson(ours)).toEqual(nftJson(theirs));
  });

  test("translates addresses and ports as nft does", async () => {
    await using ours = await scene();
    await using theirs = await scene();
    nftLoad(
      theirs,
      `table inet t {
        map forwards { type inet_proto . inet_service : ipv4_addr . inet_service
          elements = { tcp . 8080 : 10.0.0.2 . 80, udp . 53 : 10.0.0.3 . 53 }
        }
        chain in { type nat hook prerouting priority dstnat; policy accept;
          tcp dport 8080 dnat ip to 10.0.0.2:80
          dnat ip6 to fd00::2
          dnat ip to meta l4proto . th dport map @forwards
          fib daddr type local udp dport 53 redirect to :5353
        }
        chain out { type nat hook postrouting priority srcnat; policy accept;
          oifname "up0" masquerade
          meta l4proto tcp masquerade to :1024-65535 random
          ip saddr 10.0.0.0/24 snat ip to 192.0.2.1-192.0.2.9 persistent
        }
      }`,
    );
    const into = { ...table, chain: "in" };
    const out = { ...table, chain: "out" };
    await ours.netfilter.commit([
      addTable(table),
      addChain({ ...into, base: { type: "nat", hook: "prerouting", priority: "dstnat", policy: "accept" } }),
      addChain({ ...out, base: { type: "nat", hook: "postrouting", priority: "srcnat", policy: "accept" } }),
      addSet({
        ...table,
        set: "forwards",
        key: ["inetProto", "inetService"],
        data: ["ipv4Addr", "inetService"],
        elements: [
          { key: ["tcp", 8080], data: ["10.0.0.2", 80] },
          { key: ["udp", 53], data: ["10.0.0.3", 53] },
        ],
      }),
      addRule(into, [m.destinationPort("tcp", 8080), s.dnatTo("10.0.0.2", { ports: 80 })]),
      addRule(into, [s.dnatTo("fd00::2")]),
      addRule(into, [s.dnatBy("forwards", { key: ["l4proto", "destinationPort"], port: true })]),
      addRule(into, [m.is("fibDestinationType", "local"), m.destinationPort("udp", 53), s.redirect({ ports: 5353 })]),
      addRule(out, [m.oifname("up0"), s.masquerade()]),
      addRule(out, [m.is("l4proto", "tcp"), s.masquerade({ ports: "1024-65535", random: true })]),
      addRule(out, [m.ipSource("10.0.0.0/24"), s.snatTo("192.0.2.1-192.0.2.9", { persistent: true })]),
    ]);
    expect(nftJson(ours)).toEqual(nftJson(theirs));
  });

  test("filters bridged frames as nft does", async () => {
    await using ours = await scene();
    await using theirs = await scene();
    nftLoad(
      theirs,
      `table bridge t {
        chain c { type filter hook prerouting priority -300; policy accept;
          iifname "tap0" ether saddr != 52:54:00:12:34:56 drop
          iifname "tap0" arp saddr ip != 10.0.0.2 drop
          iifname "tap0" ether type ip6 drop
          iifname "tap0" ip saddr != 10.0.0.2 counter drop
        }
      }`,
    );
    const tap = m.iifname("tap0");
    const at = { ...bridge, chain: "c" };
    await ours.netfilter.commit([
      addTable(bridge),
      addChain({ ...at, base: { hook: "prerouting", priority: "dstnat", policy: "accept" } }),
      addRule(at, [tap, m.not(m.is("etherSource", "52:54:00:12:34:56")), s.drop()]),
      addRule(at, [tap, m.not(m.is("arpSourceIp", "10.0.0.2")), s.drop()]),
      addRule(at, [tap, m.is("etherType", "ip6"), s.drop()]),
      addRule(at, [tap, m.not(m.ipSource("10.0.0.2")), s.counter(), s.drop()]),
    ]);
    expect(nftJson(ours)).toEqual(nftJson(theirs));
  });

  test("has sets, maps and comments as nft has them", async () => {
    await using ours = await scene();
    await using theirs = await scene();
    nftLoad(
      theirs,
      `table inet t { comment "ours"
        counter hits { packets 3 bytes 180
        }
        set guests { type ipv4_addr; flags interval; comment "who"
          elements = { 10.0.0.0/24, 10.1.0.5-10.1.0.9, 10.9.0.1, 255.0.0.0/8 }
        }
        set pairs { type ipv4_addr . inet_service; flags interval
          elements = { 10.0.0.0/24 . 80-90, 10.0.0.1 . 22 }
        }
        map networks { type ifname : verdict
          elements = { "br0" : jump c, "br1" comment "x" : accept }
        }
        set marks { type mark
          elements = { 7 }
        }
        map counters { type ipv4_addr : counter
          elements = { 10.0.0.1 : "hits" }
        }
        chain c { comment "a chain"
          accept comment "a rule"
        }
      }`,
    );
    await ours.netfilter.commit([
      addTable({ ...table, comment: "ours" }),
      addChain({ ...chain, comment: "a chain" }),
      addObject({ ...table, name: "hits", object: { counter: { packets: 3, bytes: 180 } } }),
      addSet({
        ...table,
        set: "guests",
        key: "ipv4Addr",
        flags: ["interval"],
        comment: "who",
        elements: ["10.0.0.0/24", "10.1.0.5-10.1.0.9", "10.9.0.1", "255.0.0.0/8"].map((key) => ({ key })),
      }),
      addSet({
        ...table,
        set: "pairs",
        key: ["ipv4Addr", "inetService"],
        flags: ["interval"],
        elements: [{ key: ["10.0.0.0/24", "80-90"] }, { key: ["10.0.0.1", 22] }],
      }),
      addSet({
        ...table,
        set: "networks",
        key: "ifname",
        data: "verdict",
        elements: [
          { key: "br0", data: { jump: "c" } },
          { key: "br1", data: "accept", comment: "x" },
        ],
      }),
      addSet({ ...table, set: "marks", key: "mark", elements: [{ key: 7 }] }),
      addSet({
        ...table,
        set: "counters",
        key: "ipv4Addr",
        data: { object: "counter" },
        elements: [{ key: "10.0.0.1", data: "hits" }],
      }),
      addRule(chain, [s.accept()], { comment: "a rule" }),
    ]);
    expect(nftJson(ours)).toEqual(nftJson(theirs));
  });

  test("takes elements out of sets again, none at all for an empty list, and says of one that is there that it is, where that is asked for", async () => {
    await using ours = await scene();
    const set = { ...table, set: "guests" };
    const shape = { key: "ipv4Addr", flags: ["interval"] } as const;
    await ours.netfilter.commit([addTable(table), addSet({ ...set, ...shape, elements: [{ key: "10.0.0.0/24" }] })]);
    await ours.netfilter.commit(addElements(set, shape, [{ key: "10.1.0.0/16" }, { key: "10.2.0.1" }]));
    const again = addElements(set, shape, [{ key: "10.2.0.1" }], { exclusive: true });
    await expect(ours.netfilter.commit(again)).rejects.toMatchObject({ code: "EEXIST" });
    await ours.netfilter.commit(removeElements(set, shape, []));
    await ours.netfilter.commit(removeElements(set, shape, [{ key: "10.1.0.0/16" }]));
    const found = nftJson(ours).find((line) => line["set"] !== undefined)!["set"]!;
    expect(found["elem"]).toEqual(["10.2.0.1", { prefix: { addr: "10.0.0.0", len: 24 } }]);
  });
});
