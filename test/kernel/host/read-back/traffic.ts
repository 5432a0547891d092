import type { FilterSettings, Host, QdiscSettings } from "../../../../src/index.js";
import type { AttributeTable } from "../../../../src/netlink/codecs/attributes.js";
import type { Codec } from "../../../../src/netlink/codecs/codec.js";
import { flower } from "../../../../src/rtnetlink/traffic/filters/flower.js";
import { matchall } from "../../../../src/rtnetlink/traffic/filters/matchall.js";
import { u32 as u32Filter } from "../../../../src/rtnetlink/traffic/filters/u32.js";
import type { OptionTable } from "../../../../src/rtnetlink/traffic/options-by-kind.js";
import { fqCodel } from "../../../../src/rtnetlink/traffic/qdiscs/fq-codel.js";
import { htbClassOptions, htbOptions } from "../../../../src/rtnetlink/traffic/qdiscs/htb.js";
import { tbfOptions } from "../../../../src/rtnetlink/traffic/qdiscs/tbf.js";
import { type Attribute, attributesOf, type Group, type Subject } from "./subject.js";
import { valuesOf } from "./values.js";

type Options = Record<string, unknown>;

function optionsOf(space: string, table: OptionTable): Attribute[] {
  return Object.entries(table)
    .filter(([, [codec]]) => (codec as Codec<unknown>).readOnly !== true)
    .map(([name, [codec]]) => ({
      name,
      called: `${space}.${name}`,
      codec: codec as Codec<unknown>,
      values: name === "defcls" ? ["1:1", "1:2"] : valuesOf(codec as Codec<unknown>),
    }));
}

const withPort = (host: Host): Promise<unknown> => host.addVeth("p0", { peer: { name: "far0", up: true }, up: true });

function qdisc(kind: string, attributes: readonly Attribute[], base: Options): Subject[] {
  const common = {
    title: `a qdisc ${kind}`,
    attributes,
    get: async (host: Host) => (await host.qdiscs.list({ link: "p0", parent: "root" }))[0]?.options as object,
  };
  const settings = (options: Options): QdiscSettings => ({ kind, handle: "1:", options }) as never;
  return [
    {
      ...common,
      title: `a new qdisc ${kind}`,
      make: withPort,
      set: (host, options) => host.qdiscs.add("p0", settings({ ...base, ...options })),
      clear: (host) => host.qdiscs.remove("p0"),
    },
    {
      ...common,
      make: async (host) => {
        await withPort(host);
        await host.qdiscs.add("p0", settings(base));
      },
      set: (host, options) => host.qdiscs.change("p0", settings(options)),
    },
  ];
}

const CLASS = { rate: 8e6, ceil: 16e6 };

const classes: Subject[] = (["add", "change"] as const).map((how) => ({
  title: how === "add" ? "a new class of htb" : "a class of htb",
  attributes: optionsOf("htb class", htbClassOptions),
  make: async (host) => {
    await withPort(host);
    await host.qdiscs.add("p0", { kind: "htb", handle: "1:" });
    if (how === "change") await host.classes.add("p0", { kind: "htb", handle: "1:1", options: CLASS });
  },
  set: (host, options) =>
    host.classes[how]("p0", {
      kind: "htb",
      handle: "1:1",
      options: how === "add" ? { ...CLASS, ...options } : options,
    }),
  get: async (host) => (await host.classes.list({ link: "p0" }))[0]?.options as object,
  ...(how === "add" ? { clear: (host: Host) => host.classes.remove("p0", "1:1") } : {}),
}));

/** What a packet must be for a flower to look at a key, by a piece of the key's name. */
const PACKETS: readonly (readonly [name: RegExp, options: Options, protocol: string])[] = [
  [/^keyCvlan/, { keyVlanEthType: "802.1Q" }, "802.1ad"],
  [/^keyVlan/, {}, "802.1Q"],
  [/Icmpv6/, { keyIpProto: "icmpv6" }, "ipv6"],
  [/^keyIpv6/, {}, "ipv6"],
  [/Icmpv4/, { keyIpProto: "icmp" }, "ip"],
  [/^keyTcp/, { keyIpProto: "tcp" }, "ip"],
  [/^key(Udp|Port)/, { keyIpProto: "udp" }, "ip"],
  [/^keySctp/, { keyIpProto: "sctp" }, "ip"],
  [/^keyArp/, {}, "arp"],
  [/^keyMpls/, {}, "mpls"],
  [/^keyPpp/, {}, "pppoe"],
  [/^keyL2tp/, { keyIpProto: 115 }, "ip"],
  [/^keySpi/, { keyIpProto: "esp" }, "ip"],
  [/^keyCfm/, {}, 0x8902 as never],
  [/./, {}, "ip"],
];

function filter(kind: "flower" | "matchall" | "u32", table: AttributeTable, base: (name: string) => Options): Subject {
  return {
    title: `a filter ${kind}`,
    attributes: attributesOf(table, VALUES),
    make: async (host) => {
      await withPort(host);
      await host.qdiscs.add("p0", { kind: "clsact" });
      const present = { kind, parent: "ingress", protocol: "ip", options: base("classid") } as const;
      await host.filters.add("p0", present as FilterSettings);
      await host.filters.remove("p0", { parent: "ingress" });
    },
    set: (host, options) => {
      const names = Object.keys(options);
      const [name = ""] = names;
      const bases = Object.assign({}, ...names.map(base)) as Options;
      const [, , protocol] = PACKETS.find(([piece]) => kind === "flower" && piece.test(name)) ?? [0, 0, "all"];
      const settings = { kind, parent: "ingress", protocol, priority: 7, options: { ...bases, ...options } };
      const table = name === "divisor" ? { handle: "7:", options } : {};
      return host.filters.add("p0", { ...settings, ...table } as FilterSettings);
    },
    get: async (host) => {
      const found = await host.filters.list({ link: "p0", parent: "ingress" });
      const meant = found.find(({ handle }) => handle === "7:") ?? found.at(-1);
      return meant?.options;
    },
    clear: (host) => host.filters.remove("p0", { parent: "ingress" }),
    // A range of ports is another key than a port.
    alike: (name) => `${name.startsWith("keyPort")} ${PACKETS.findIndex(([piece]) => piece.test(name))}`,
  };
}

/** Values of options of which made-up ones mean nothing. */
const VALUES = {
  actions: [
    [{ kind: "gact", options: { action: "drop" } }],
    [{ kind: "gact", options: { action: "pass" } }],
    [{ kind: "police", options: { rate: 8e6, burst: 10_000, exceed: "drop" } }],
  ],
  indev: ["p0", "far0"],
  sel: [0xff, 0xffff].map((mask) => ({ keys: [{ mask, val: 7, off: 4, offmask: 0 }] })),
};

const basis = (name: string): Options => PACKETS.find(([piece]) => piece.test(name))![1];
/** A mask is of a key that is given, and the end of a range belongs to its start. */
function flowerBasis(name: string): Options {
  const key = name.replace(/Mask$/, "");
  const codec = Object.hasOwn(flower.entries, key) ? flower.entries[key as keyof typeof flower.entries][1] : undefined;
  const masked = key !== name && codec !== undefined ? { [key]: valuesOf(codec)[0] } : {};
  const range = /^keyPort/.test(name)
    ? { [name.replace(/Min$/, "Max").replace(/Max$/, "Max")]: 65535, [name.replace(/Max$/, "Min")]: 1 }
    : {};
  return { ...basis(name), ...masked, ...range };
}

/** Qdiscs, classes and filters, of which a kernel may lack some. */
export const traffic: readonly Group[] = [
  ["fq_codel", attributesOf(fqCodel as AttributeTable), {}] as const,
  ["htb", optionsOf("htb", htbOptions), {}] as const,
  ["tbf", optionsOf("tbf", tbfOptions), { rate: 8e6, burst: 10_000, limit: 20_000 }] as const,
  ["pfifo", [{ name: "limit", called: "fifo.limit", codec: undefined, values: [7, 8] }], { limit: 5 }] as const,
]
  .map(([kind, attributes, base]): Group => ({ title: `a qdisc ${kind}`, subjects: qdisc(kind, attributes, base) }))
  .concat([
    { title: "a class of htb", subjects: classes },
    { title: "a filter flower", subjects: [filter("flower", flower as AttributeTable, flowerBasis)] },
    { title: "a filter matchall", subjects: [filter("matchall", matchall as AttributeTable, () => ({}))] },
    {
      title: "a filter u32",
      subjects: [
        filter("u32", u32Filter as AttributeTable, () => ({
          classid: "1:1",
          sel: { keys: [{ mask: 0, val: 0, off: 0, offmask: 0 }] },
        })),
      ],
    },
  ]);
