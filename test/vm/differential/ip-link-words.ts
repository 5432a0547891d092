import fc from "fast-check";
import { number, onOff, type Spoken, upTo } from "./spoken.js";

const mac = (first: string): fc.Arbitrary<string> =>
  upTo(255).map((last) => `${first}:00:00:00:00:${last.toString(16).padStart(2, "0")}`);
/** A switch that is printed among the flags, `when` on or off. */
const flag = (word: string, printed: string, when = true): Spoken => ({
  values: fc.boolean(),
  key: printed,
  printed: (on: boolean) => on === when,
  words: onOff(word),
});

/** What any link can be given, as `ip link set` has it. */
export const LINK_OPTIONS: Readonly<Record<string, Spoken>> = {
  address: number("address", "address", mac("02")),
  broadcast: number("broadcast", "broadcast", mac("ff")),
  mtu: number("mtu", "mtu", upTo(9000, 1300)),
  txqlen: number("txqueuelen", "txqlen", upTo(5000)),
  group: { values: upTo(60_000, 1), key: "group", printed: String, words: (group: number) => `group ${group}` },
  alias: number("alias", "ifalias", fc.stringMatching(/^[a-z]{1,30}$/)),
  linkmode: {
    values: fc.constantFrom("default", "dormant"),
    key: "linkmode",
    printed: (word: string) => word.toUpperCase(),
    words: (word: string) => `mode ${word}`,
  },
  gsoMaxSize: number("gso_max_size", "gso_max_size", upTo(65_536, 10_000)),
  gsoMaxSegs: number("gso_max_segs", "gso_max_segs", upTo(65_535, 1)),
  groMaxSize: number("gro_max_size", "gro_max_size", upTo(65_536, 10_000)),
  afSpec: {
    values: fc.record({ inet6: fc.record({ addrGenMode: fc.constantFrom("eui64", "none", "random") }) }),
    key: "inet6_addr_gen_mode",
    printed: ({ inet6 }: { inet6: { addrGenMode: string } }) => inet6.addrGenMode,
    words: ({ inet6 }: { inet6: { addrGenMode: string } }) => `addrgenmode ${inet6.addrGenMode}`,
  },
  arp: flag("arp", "NOARP", false),
  multicast: flag("multicast", "MULTICAST"),
  allmulticast: flag("allmulticast", "ALLMULTI"),
  promisc: flag("promisc", "PROMISC"),
  dynamic: flag("dynamic", "DYNAMIC"),
};
