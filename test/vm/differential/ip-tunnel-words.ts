import fc, { type Arbitrary } from "fast-check";
import { address4, address6, always, hex, ifOn, number, type Spoken, type SpokenKind, tos, upTo } from "./spoken.js";

type Options = SpokenKind["options"];

const ends = (addresses: Arbitrary<string>): Readonly<Record<"local" | "remote", Spoken>> => ({
  local: number("local", "local", addresses),
  remote: number("remote", "remote", addresses),
});
const fwmark = hex("fwmark", "fwmark", upTo(0xffffffff, 1));
const key = (word: string): Spoken => ({
  values: upTo(255, 1),
  key: word,
  printed: (value: number) => `0.0.0.${value}`,
  words: (value: number) => `${word} ${value}`,
});
const keys = { ikey: key("ikey"), okey: key("okey") };
const ttl = number("ttl", "ttl", upTo(255, 1));
const pmtudisc: Spoken = { values: fc.boolean(), key: "pmtudisc", words: (on: boolean) => `${on ? "" : "no"}pmtudisc` };
/** What the headers of GRE have in one direction, "i" or "o", beside the key that it always has here. */
const greFlags = (way: "i" | "o"): Spoken => ({
  values: fc.subarray(["csum", "seq"]).map((flags) => [...flags, "key"]),
  key: `${way}csum`,
  printed: (flags: string[]) => flags.includes("csum") || undefined,
  more: (flags: string[]) => ({ [`${way}seq`]: flags.includes("seq") || undefined }),
  words: (flags: string[]) =>
    ["csum", "seq"].map((flag) => `${flags.includes(flag) ? "" : "no"}${way}${flag}`).join(" "),
});
const headers = { iflags: greFlags("i"), oflags: greFlags("o") };
const over4 = { ...ends(address4), ttl, tos, fwmark };

interface Encapsulated {
  readonly encapType: string;
  readonly encapFlags: readonly string[];
  readonly encapSport: number;
  readonly encapDport: number;
}
/** All of the wrapping is printed as one object. */
function wrapping(_value: unknown, { encapType: type, encapFlags, ...ports }: Encapsulated): object {
  const flags = ["csum", "csum6", "remcsum"].map((flag) => [flag, encapFlags.includes(flag)] as const);
  return { type, sport: ports.encapSport, dport: ports.encapDport, ...Object.fromEntries(flags) };
}
const wrapped = (values: Arbitrary<unknown>, words: Spoken["words"]): Spoken => ({
  values,
  key: "encap",
  printed: wrapping,
  words,
});
const FLAG_WORDS = { csum: "csum", csum6: "udp6-csum", remcsum: "remcsum" };
const encap: Options = {
  encapType: wrapped(fc.constantFrom("fou", "gue"), (type: string) => `encap ${type}`),
  encapFlags: wrapped(fc.subarray(Object.keys(FLAG_WORDS)), (flags: string[]) =>
    Object.entries(FLAG_WORDS)
      .map(([flag, word]) => `${flags.includes(flag) ? "" : "no"}encap-${word}`)
      .join(" "),
  ),
  encapSport: wrapped(upTo(65_535, 1), (port: number) => `encap-sport ${port}`),
  encapDport: wrapped(upTo(65_535, 1), (port: number) => `encap-dport ${port}`),
};

const flowinfo: Spoken = {
  values: upTo(0xfffffff, 1),
  key: "flowlabel",
  printed: (value: number) => `0x${(value & 0xfffff).toString(16).padStart(5, "0")}`,
  more: (value: number) => ({ tclass: `0x${(value >>> 20).toString(16).padStart(2, "0")}` }),
  words: (value: number) => `tclass 0x${(value >>> 20).toString(16)} flowlabel 0x${(value & 0xfffff).toString(16)}`,
};
const over6 = {
  ...ends(address6),
  ttl: number("hoplimit", "ttl", upTo(255, 1)),
  encapLimit: number("encaplimit", "encap_limit", upTo(255)),
  flowinfo,
  fwmark,
};
/** Flags of a tunnel over IPv6: ours, the key that is printed, and the words for on and off. */
const FLAGS6: readonly (readonly [string, string, string, string])[] = [
  ["ignEncapLimit", "ip6_tnl_f_ign_encap_limit", "encaplimit none", ""],
  ["useOrigTclass", "ip6_tnl_f_use_orig_tclass", "tclass inherit", ""],
  ["useOrigFlowlabel", "ip6_tnl_f_use_orig_flowlabel", "flowlabel inherit", ""],
  ["rcvDscpCopy", "ip6_tnl_f_rcv_dscp_copy", "dscp inherit", ""],
  ["useOrigFwmark", "ip6_tnl_f_use_orig_fwmark", "fwmark inherit", ""],
  ["allowLocalRemote", "ip6_tnl_f_allow_local_remote", "allow-localremote", "noallow-localremote"],
];
const flags6: Spoken = {
  values: fc.subarray(FLAGS6.map(([flag]) => flag)),
  key: FLAGS6[0]![1],
  printed: (flags: string[]) => flags.includes(FLAGS6[0]![0]) || undefined,
  more: (flags: string[]) =>
    Object.fromEntries(FLAGS6.slice(1).map(([flag, printed]) => [printed, flags.includes(flag) || undefined])),
  // The kernel adds what it can do between such ends.
  read: (flags: string[]) => [...flags, "capXmit", "capRcv"],
  words: (flags: string[]) => FLAGS6.map(([flag, , on, off]) => (flags.includes(flag) ? on : off)).join(" "),
};
/** What a tunnel carries: our word, and the one that `ip` has for it. */
const carried = (words: Readonly<Record<string, string>>): Spoken => ({
  values: fc.constantFrom(...Object.keys(words)),
  key: "proto",
  printed: (word: string) => words[word],
  words: (word: string) => `mode ${words[word]}`,
});
const both = ["seq", "key"];
const erspan = {
  fixed: { ikey: 5, okey: 5, iflags: both, oflags: both },
  fixedWords: "seq key 5",
};
const erspanVer = (version: number): Spoken => number("erspan_ver", "erspan_ver", fc.constant(version));
interface RapidDeployment {
  readonly sixRdPrefixlen: number;
  readonly sixRdRelayPrefixlen: number;
}
const rapidDeployment: Options = {
  sixRdPrefix: {
    values: upTo(0xffff, 1).map((part) => `2001:${part.toString(16)}::`),
    key: "prefix",
    words: (prefix: string, all: RapidDeployment) => `6rd-prefix ${prefix}/${all.sixRdPrefixlen}`,
  },
  sixRdPrefixlen: { values: upTo(48, 32), key: "prefixlen", words: () => "" },
  sixRdRelayPrefix: {
    values: upTo(255).map((part) => `10.${part}.0.0`),
    key: "relay_prefix",
    words: (prefix: string, all: RapidDeployment) => `6rd-relay_prefix ${prefix}/${all.sixRdRelayPrefixlen}`,
  },
  sixRdRelayPrefixlen: { values: upTo(24, 16), key: "relay_prefixlen", words: () => "" },
};
const collectMetadata = always("external");

/** Tunnels that are compared with `ip`. */
export const TUNNELS: readonly SpokenKind[] = [
  {
    kind: "ipip",
    options: {
      ...over4,
      ...encap,
      pmtudisc: always("pmtudisc"),
      proto: carried({ any: "any", ipip: "ipip", mpls: "mplsip" }),
    },
  },
  { kind: "ipip", options: { ...ends(address4), pmtudisc } },
  { kind: "ipip", most: 1, options: { collectMetadata } },
  {
    kind: "sit",
    options: {
      ...over4,
      ...encap,
      ...rapidDeployment,
      proto: carried({ any: "any", ipip: "ipip", ipv6: "ip6ip", mpls: "mplsip" }),
    },
  },
  {
    kind: "sit",
    options: {
      local: number("local", "local", address4),
      ttl,
      flags: {
        values: fc.constant(["isatap"]),
        key: "isatap",
        printed: () => true,
        words: () => "isatap",
      },
    },
  },
  { kind: "ip6tnl", options: { ...over6, ...encap, proto: carried({ any: "any", ipip: "ipip6", ipv6: "ip6ip6" }) } },
  { kind: "ip6tnl", options: { ...ends(address6), flags: flags6 } },
  { kind: "ip6tnl", most: 1, options: { collectMetadata } },
  { kind: "vti", options: { ...ends(address4), ...keys, fwmark } },
  { kind: "vti6", options: { ...ends(address6), ...keys, fwmark } },
  { kind: "gre", options: { ...over4, ...keys, ...headers, ...encap } },
  { kind: "gre", most: 1, options: { collectMetadata } },
  { kind: "gretap", options: { ...over4, ...keys, ...headers, pmtudisc: always("pmtudisc") } },
  {
    kind: "gretap",
    options: {
      ...ends(address4),
      pmtudisc: { values: fc.constant(false), key: "pmtudisc", words: () => "nopmtudisc" },
      ignoreDf: ifOn("ignore-df", "noignore-df", "ignore_df"),
    },
  },
  { kind: "gretap", most: 1, options: { collectMetadata } },
  { kind: "ip6gre", options: { ...over6, ...keys, ...headers, ...encap } },
  { kind: "ip6gre", options: { ...ends(address6), flags: flags6 } },
  { kind: "ip6gre", most: 1, options: { collectMetadata } },
  { kind: "ip6gretap", options: { ...over6, ...keys } },
  {
    kind: "erspan",
    ...erspan,
    options: {
      ...ends(address4),
      erspanVer: erspanVer(1),
      erspanIndex: number("erspan", "erspan_index", upTo(0xfffff, 1)),
    },
  },
  {
    kind: "ip6erspan",
    ...erspan,
    options: {
      ...ends(address6),
      erspanVer: erspanVer(2),
      erspanDir: number("erspan_dir", "erspan_dir", fc.constantFrom("ingress", "egress")),
      erspanHwid: hex("erspan_hwid", "erspan_hwid", upTo(63, 1)),
    },
  },
];
