import { InputError } from "../../../base/errors.js";
import { suggestion } from "../../../base/nearest.js";
import { text } from "../../../netlink/codecs/codec.js";
import { mac } from "../../../netlink/codecs/internet.js";
import { flag8, milliseconds, parseDuration, u16, u32 } from "../../../netlink/codecs/numbers.js";
import { parseRate } from "../../../netlink/codecs/quantities.js";
import { expandVlans, parseVlans } from "../../../rtnetlink/bridge/vlan-ranges.js";
import type { QueueSettings } from "../../../openvswitch/rates.js";
import { type Section, shaped, wordOf } from "../../parsing/option.js";

interface Spoken<T> {
  readonly words: string;
  readonly parse: (word: string) => T;
}

const name = text();

function choice<const W extends string>(...choices: W[]): Spoken<W> {
  return {
    words: choices.join("|"),
    parse(word) {
      const found = choices.find((each) => each === word);
      if (found !== undefined) return found;
      throw new InputError(`${JSON.stringify(word)} is none of ${choices.join(", ")}${suggestion(word, choices)}`);
    },
  };
}

/** Something that "none" takes away. */
function orNone<T>({ words, parse }: Spoken<T>): Spoken<T | null> {
  return { words: `${words}|none`, parse: (word) => (word === "none" ? null : parse(word)) };
}

function list<T>({ words, parse }: Spoken<T>): Spoken<T[]> {
  return { words: `${words},…`, parse: (word) => (word === "none" ? [] : word.split(",").map(parse)) };
}

const vlan: Spoken<number> = {
  words: "VLAN",
  parse(word) {
    const [range, ...more] = parseVlans(word);
    if (range === undefined || range.to !== undefined || more.length > 0)
      throw new InputError(`${JSON.stringify(word)} is not one VLAN`);
    return range.id;
  },
};

const vlans: Spoken<number[]> = {
  words: "VLAN|FIRST-LAST,…",
  parse: (word) => (word === "none" ? [] : expandVlans(parseVlans(word)).map(({ id }) => id)),
};

const pairs: Spoken<Record<string, string>> = {
  words: "KEY=VALUE,…",
  parse(word) {
    const each = word.split(",").map((pair) => /^([^=]+)=(.*)$/s.exec(pair));
    if (each.includes(null)) throw new InputError(`${JSON.stringify(word)} is not KEY=VALUE,…`);
    return Object.fromEntries(each.map((found) => [found![1]!, found![2]!]));
  },
};

const key: Spoken<number | "flow"> = {
  words: "N|flow",
  parse: (word) => (word === "flow" ? word : u32.parse(word)),
};

const rate: Spoken<number> = { words: "RATE", parse: parseRate };

/** Queues by their numbers: "1:5mbit" at most, "1:2mbit-5mbit" at least and at most. */
const queues: Spoken<Record<number, QueueSettings>> = {
  words: "N:[MIN-]MAX,…",
  parse(word) {
    const each = word.split(",").map((queue) => {
      const [, number, least, most] = /^(\d+):(?:([^-]+)-)?([^-]+)$/.exec(queue) ?? [];
      if (number === undefined || most === undefined)
        throw new InputError(`${JSON.stringify(queue)} is no queue such as 1:5mbit or 1:2mbit-5mbit`);
      const minRate = least === undefined ? {} : { minRate: parseRate(least) };
      return [number, { ...minRate, maxRate: parseRate(most) }] as const;
    });
    return Object.fromEntries(each);
  },
};

const externalIds = wordOf("externalIds", pairs, "such as iface-id=… for OVN, added to those that are there");
const otherConfig = wordOf("otherConfig", pairs, "as ovs-vswitchd.conf.db(5) has it, added to what is there");

const portWords = [
  wordOf("tag", orNone(vlan), "the VLAN of an access port, or the native one of a trunk"),
  wordOf("trunks", orNone(vlans), "the VLANs that pass; none: all"),
  wordOf(
    "vlanMode",
    orNone(choice("access", "native-tagged", "native-untagged", "trunk", "dot1q-tunnel")),
    "what the port does with tags",
  ),
  wordOf("isolated", flag8, "no frames between ports that are isolated"),
];

/** The options of `linkwright ovs`. */
export const ovsSections = {
  where: {
    title: "The database",
    words: [
      wordOf("db", shaped(name, "unix:PATH|tcp:HOST:PORT|…"), "where it is; /var/run/openvswitch/db.sock unless given"),
      wordOf(
        "timeout",
        { words: "DURATION", parse: parseDuration },
        "how long ovs-vswitchd may take for a change, 10s unless given",
      ),
    ],
  },
  bridge: {
    title: "A bridge",
    words: [
      wordOf("datapathType", choice("system", "netdev"), "in the kernel (unless given), or in ovs-vswitchd"),
      wordOf("failMode", orNone(choice("standalone", "secure")), "what it does without its controller"),
      wordOf("controllers", list(name), "OpenFlow controllers, as in tcp:10.0.0.1:6653; none takes them away"),
      wordOf("stp", flag8, "the spanning tree of 802.1D"),
      wordOf("rstp", flag8, "the rapid spanning tree"),
      wordOf("multicastSnooping", flag8, "multicast goes only where it is listened to"),
      wordOf("mac", mac, "the bridge's own MAC"),
      externalIds,
      otherConfig,
    ],
  },
  port: { title: "A port", words: [...portWords, externalIds, otherConfig] },
  interface: {
    title: "What the port is, when it is added",
    words: [
      wordOf(
        "type",
        shaped(name, "TYPE"),
        "system (a device that is there, unless given), internal, patch, vxlan, gre, geneve, …",
      ),
      wordOf("peer", shaped(name, "PORT"), "the other end of a patch"),
      wordOf("remote", shaped(name, "ADDRESS|flow"), "a tunnel's other end"),
      wordOf("local", shaped(name, "ADDRESS"), "a tunnel's own address"),
      wordOf("key", key, "a tunnel's key (VNI)"),
      wordOf("destinationPort", u16, "a tunnel's UDP port"),
      wordOf("options", pairs, "further options of the type"),
      wordOf("mac", mac, "of an internal port"),
      wordOf("mtu", u16, "bytes"),
      wordOf("ofport", u16, "its number for OpenFlow"),
    ],
  },
  bond: {
    title: "A bond",
    words: [
      wordOf("mode", choice("active-backup", "balance-slb", "balance-tcp"), "active-backup unless given"),
      wordOf("lacp", choice("active", "passive", "off"), "802.3ad's protocol with the other end"),
      wordOf("lacpTime", choice("fast", "slow"), "a packet each second, or each 30"),
      wordOf("upDelay", milliseconds, "how long a link must be up before it counts"),
      wordOf("downDelay", milliseconds, "how long a link must be down before that counts"),
      wordOf("rebalanceInterval", milliseconds, "between two rounds of balancing; 0s: none"),
      ...portWords,
      otherConfig,
    ],
  },
  mirror: {
    title: "What is copied, and where to",
    words: [
      wordOf("all", flag8, "every frame of the bridge"),
      wordOf("from", list(shaped(name, "PORT")), "frames that come in by these ports"),
      wordOf("to", list(shaped(name, "PORT")), "frames that go out by these ports"),
      wordOf("vlans", vlans, "only frames of these VLANs"),
      wordOf("outputPort", shaped(name, "PORT"), "the port that gets the copies"),
      wordOf("outputVlan", vlan, "or the VLAN that they are sent into"),
    ],
  },
  rates: {
    title: "How fast",
    words: [
      wordOf("ingress", orNone(rate), "what comes in by the port: what a guest sends"),
      wordOf("egress", orNone(rate), "what goes out by the port: what a guest receives"),
      wordOf("queues", queues, "queues of what goes out, by their numbers"),
    ],
  },
  removal: { title: "Removing", words: [wordOf("ifExists", flag8, "what is not there is no error")] },
} satisfies Record<string, Section>;
