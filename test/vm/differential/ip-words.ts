import fc, { type Arbitrary } from "fast-check";
import { BONDS } from "./ip-bond-words.js";
import { BRIDGES } from "./ip-bridge-words.js";
import { TUNNELS } from "./ip-tunnel-words.js";
import {
  address4,
  address6,
  always,
  either,
  hex,
  ifOn,
  number,
  type Spoken,
  type SpokenKind,
  tos,
  upTo,
} from "./spoken.js";

const VLAN_FLAGS = {
  reorderHdr: "REORDER_HDR",
  gvrp: "GVRP",
  looseBinding: "LOOSE_BINDING",
  mvrp: "MVRP",
  bridgeBinding: "BRIDGE_BINDING",
};
const ifAny = <T>(list: readonly T[]): readonly T[] | undefined => (list.length === 0 ? undefined : list);
const flagWord = (name: string): string => name.replace(/[A-Z]/g, "_$&").toLowerCase();

interface Mapping {
  readonly from: number;
  readonly to: number;
}

const maps = (from: Arbitrary<number>, to: Arbitrary<number>): Arbitrary<Mapping[]> =>
  fc.uniqueArray(fc.record({ from, to }), { selector: (map) => map.from, minLength: 1, maxLength: 4 });
const mapWords = (word: string) => (list: readonly Mapping[]) =>
  `${word} ${list.map(({ from, to }) => `${from}:${to}`).join(" ")}`;

/** A flag of a macvlan. */
const flag = (word: string): Spoken => ({
  values: fc.constantFrom([], [word]),
  key: word,
  printed: (flags: string[]) => flags.includes(word) || undefined,
  words: (flags: string[]) => (flags.includes(word) ? `flag ${word}` : ""),
});
/** Who may speak to whom among the links on one parent. */
const isolation = (word: "bridge" | "private" | "vepa"): Spoken => ({
  values: fc.constant(word === "bridge" ? [] : [word]),
  key: word,
  printed: () => true,
  words: () => word,
});

/** Every kind that is compared with `ip`. */
export const KINDS: readonly SpokenKind[] = [
  {
    kind: "vlan",
    below: "eth0",
    options: {
      id: number("id", "id", fc.constant(0)),
      protocol: number("protocol", "protocol", fc.constantFrom("802.1Q", "802.1ad")),
      flags: {
        values: fc.record({
          reorderHdr: fc.boolean(),
          gvrp: fc.boolean(),
          looseBinding: fc.boolean(),
          mvrp: fc.boolean(),
          bridgeBinding: fc.boolean(),
        }),
        key: "flags",
        printed: (flags: Record<string, boolean>) =>
          ifAny(
            Object.entries(VLAN_FLAGS)
              .filter(([name]) => flags[name])
              .map(([, word]) => word),
          ),
        // The kernel does not report them when all are off.
        read: (flags: Record<string, boolean>) => (Object.values(flags).includes(true) ? flags : undefined),
        words: (flags: Record<string, boolean>) =>
          Object.entries(flags)
            .map(([name, on]) => `${flagWord(name)} ${on ? "on" : "off"}`)
            .join(" "),
      },
      ingressQos: { values: maps(upTo(7), upTo(100, 1)), key: "ingress_qos", words: mapWords("ingress-qos-map") },
      egressQos: { values: maps(upTo(15), upTo(7, 1)), key: "egress_qos", words: mapWords("egress-qos-map") },
    },
  },
  {
    kind: "macvlan",
    below: "eth0",
    options: {
      mode: number("mode", "mode", fc.constantFrom("private", "vepa", "bridge")),
      bcQueueLen: number("bcqueuelen", "bcqueuelen", upTo(5000, 1)),
    },
  },
  {
    kind: "macvlan",
    below: "eth0",
    options: {
      mode: number("mode", "mode", fc.constant("source")),
      flags: flag("nodst"),
      macaddrData: {
        values: fc.uniqueArray(
          upTo(255).map((last) => `02:00:00:00:00:${last.toString(16).padStart(2, "0")}`),
          { minLength: 1, maxLength: 4 },
        ),
        key: "macaddr_data",
        more: (list: string[]) => ({ macaddr_count: list.length }),
        words: (list: string[]) => `macaddr set ${list.join(" ")}`,
      },
    },
  },
  {
    kind: "macvlan",
    below: "eth2",
    most: 1,
    options: { mode: number("mode", "mode", fc.constant("passthru")), flags: flag("nopromisc") },
  },
  {
    kind: "vxlan",
    fixed: { remote: "192.0.2.2" },
    fixedWords: "remote 192.0.2.2",
    options: {
      id: number("id", "id", fc.constant(0)),
      port: number("dstport", "port", upTo(60000, 1000)),
      local: number("local", "local", address4),
      ttl: number("ttl", "ttl", upTo(255, 1)),
      learning: { values: fc.boolean(), key: "learning", words: (on: boolean) => (on ? "learning" : "nolearning") },
      ageing: {
        values: upTo(600, 1).map((seconds) => seconds * 1000),
        key: "ageing",
        printed: (value: number) => value / 1000,
        words: (value: number) => `ageing ${value / 1000}`,
      },
      limit: number("maxaddress", "limit", upTo(5000, 1)),
      portRange: {
        values: fc.record({ low: upTo(2000, 1000), high: upTo(4000, 3000) }),
        key: "port_range",
        words: ({ low, high }: { low: number; high: number }) => `srcport ${low} ${high}`,
      },
      udpCsum: { values: fc.boolean(), key: "udp_csum", words: (on: boolean) => (on ? "udpcsum" : "noudpcsum") },
      df: number("df", "df", fc.constantFrom("set", "inherit")),
      tos,
      proxy: ifOn("proxy", "noproxy", "proxy"),
      rsc: ifOn("rsc", "norsc", "rsc"),
      l2miss: ifOn("l2miss", "nol2miss", "l2miss"),
      l3miss: ifOn("l3miss", "nol3miss", "l3miss"),
      remcsumTx: ifOn("remcsumtx", "noremcsumtx", "remcsum_tx"),
      remcsumRx: ifOn("remcsumrx", "noremcsumrx", "remcsum_rx"),
    },
  },
  {
    kind: "geneve",
    fixed: { remote: "192.0.2.2" },
    fixedWords: "remote 192.0.2.2",
    options: {
      id: number("id", "id", fc.constant(0)),
      port: number("dstport", "port", upTo(60000, 1000)),
      ttl: number("ttl", "ttl", upTo(255, 1)),
      tos,
      df: number("df", "df", fc.constantFrom("unset", "set", "inherit")),
      udpCsum: either("udpcsum", "noudpcsum", "udp_csum"),
    },
  },
  {
    kind: "geneve",
    options: {
      id: number("id", "id", fc.constant(0)),
      port: number("dstport", "port", upTo(60000, 1000)),
      remote6: number("remote", "remote6", address6),
      label: hex("flowlabel", "label", upTo(0xfffff, 1)),
      udpZeroCsum6Tx: either("udp6zerocsumtx", "noudp6zerocsumtx", "udp_zero_csum6_tx"),
      udpZeroCsum6Rx: either("udp6zerocsumrx", "noudp6zerocsumrx", "udp_zero_csum6_rx"),
    },
  },
  {
    kind: "geneve",
    most: 1,
    options: {
      collectMetadata: always("external"),
      port: number("dstport", "port", fc.constant(999)),
      innerProtoInherit: always("innerprotoinherit", "inner_proto_inherit"),
    },
  },
  {
    kind: "macvtap",
    below: "eth0",
    options: { mode: number("mode", "mode", fc.constantFrom("private", "vepa", "bridge")) },
  },
  {
    kind: "ipvlan",
    below: "eth1",
    most: 1,
    options: { mode: number("mode", "mode", fc.constantFrom("l2", "l3", "l3s")), flags: isolation("private") },
  },
  {
    kind: "ipvtap",
    below: "eth3",
    most: 1,
    options: { mode: number("mode", "mode", fc.constantFrom("l2", "l3")), flags: isolation("vepa") },
  },
  { kind: "ipvlan", below: "eth4", most: 1, options: { flags: isolation("bridge") } },
  {
    kind: "vxlan",
    options: {
      id: number("id", "id", fc.constant(0)),
      port: number("dstport", "port", upTo(60000, 1000)),
      local6: number("local", "local6", address6),
      remote6: number("remote", "remote6", address6),
      label: hex("flowlabel", "label", upTo(0xfffff, 1)),
      udpZeroCsum6Tx: either("udp6zerocsumtx", "noudp6zerocsumtx", "udp_zero_csum6_tx"),
      udpZeroCsum6Rx: either("udp6zerocsumrx", "noudp6zerocsumrx", "udp_zero_csum6_rx"),
    },
  },
  {
    kind: "vxlan",
    options: {
      collectMetadata: always("external"),
      port: number("dstport", "port", upTo(60000, 1000)),
      gbp: always("gbp"),
    },
  },
  {
    kind: "vxlan",
    most: 1,
    options: {
      collectMetadata: always("external"),
      port: number("dstport", "port", fc.constant(999)),
      learning: { values: fc.constant(false), key: "learning", words: () => "nolearning" },
      gpe: always("gpe"),
    },
  },
  {
    kind: "vxlan",
    most: 1,
    options: {
      collectMetadata: always("external"),
      port: number("dstport", "port", fc.constant(998)),
      vnifilter: always("vnifilter"),
    },
  },
  ...(["remote", "remote6"] as const).map((property): SpokenKind => {
    const groups = upTo(250, 1).map((last) => (property === "remote" ? `239.1.1.${last}` : `ff1e::${last}`));
    const key = property === "remote" ? "group" : "group6";
    return {
      kind: "vxlan",
      fixed: { link: "eth0" },
      fixedWords: "dev eth0",
      options: {
        id: number("id", "id", fc.constant(0)),
        port: number("dstport", "port", upTo(60000, 1000)),
        [property]: number("group", key, groups),
      },
    };
  }),
  ...TUNNELS,
  ...(["dummy", "ifb", "nlmon", "team"] as const).map((kind) => ({ kind, most: 1, options: {} })),
  { kind: "vrf", options: { table: number("table", "table", upTo(1_000_000, 300)) } },
  ...BRIDGES,
  ...BONDS,
];
