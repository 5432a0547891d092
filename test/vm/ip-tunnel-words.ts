import fc, { type Arbitrary } from "fast-check";
import { address4, address6, hex, number, type Spoken, type SpokenKind, upTo } from "./spoken.js";

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
const over4 = {
  ...ends(address4),
  ttl: number("ttl", "ttl", upTo(255, 1)),
  tos: hex(
    "tos",
    "tos",
    upTo(63, 1).map((value) => value * 4),
  ),
  fwmark,
};
const over6 = {
  ...ends(address6),
  ttl: number("hoplimit", "ttl", upTo(255, 1)),
  encapLimit: number("encaplimit", "encap_limit", upTo(255)),
  flowinfo: hex("flowlabel", "flowlabel", upTo(0xfffff, 1), 5),
  fwmark,
};
/** What a tunnel carries: our word, and the one that `ip` has for it. */
const carried = (words: Readonly<Record<string, string>>): Spoken => ({
  values: fc.constantFrom(...Object.keys(words)),
  key: "proto",
  printed: (word: string) => words[word],
  words: (word: string) => `mode ${words[word]}`,
});
const both = ["seq", "key"];
const erspan = (version: number): Pick<SpokenKind, "fixed" | "fixedWords"> => ({
  fixed: { ikey: 5, okey: 5, iflags: both, oflags: both, erspanVer: version },
  fixedWords: `seq key 5 erspan_ver ${version}`,
});

/** Tunnels that are compared with `ip`. */
export const TUNNELS: readonly SpokenKind[] = [
  { kind: "ipip", options: { ...over4, proto: carried({ any: "any", ipip: "ipip" }) } },
  {
    kind: "sit",
    options: {
      ...over4,
      proto: carried({ any: "any", ipip: "ipip", ipv6: "ip6ip" }),
    },
  },
  { kind: "ip6tnl", options: { ...over6, proto: carried({ any: "any", ipip: "ipip6", ipv6: "ip6ip6" }) } },
  { kind: "vti", options: { ...ends(address4), ...keys, fwmark } },
  { kind: "vti6", options: { ...ends(address6), ...keys, fwmark } },
  { kind: "gretap", options: { ...over4, ...keys } },
  { kind: "ip6gre", options: { ...over6, ...keys } },
  { kind: "ip6gretap", options: { ...over6, ...keys } },
  {
    kind: "erspan",
    ...erspan(1),
    options: { ...ends(address4), erspanIndex: number("erspan", "erspan_index", upTo(0xfffff, 1)) },
  },
  {
    kind: "ip6erspan",
    ...erspan(2),
    options: {
      ...ends(address6),
      erspanDir: number("erspan_dir", "erspan_dir", fc.constantFrom("ingress", "egress")),
      erspanHwid: hex("erspan_hwid", "erspan_hwid", upTo(63, 1)),
    },
  },
];
