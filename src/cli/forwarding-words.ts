import { type Codec, text } from "../netlink/codec.js";
import { internetAddress, mac } from "../netlink/internet.js";
import { flag8, u8 } from "../netlink/numbers.js";
import { words } from "../netlink/words.js";
import { forwardingFlags, forwardingState } from "../rtnetlink/bridge/fdb.js";
import { mdbSetAttributes, multicastGroup, multicastState } from "../rtnetlink/bridge/mdb.js";
import { fdbExtAttributes, neighbourAttributes } from "../rtnetlink/neighbour/neighbour.js";
import { type Section, shaped, type Word, wordOf } from "./word.js";

const linkName = shaped(text(), "LINK");

function neighbourWord(property: keyof typeof neighbourAttributes.entries): Word {
  const [, codec, description] = neighbourAttributes.entries[property];
  return wordOf(property, codec, description);
}

function groupWord(property: keyof typeof mdbSetAttributes.entries): Word {
  const [, codec, description] = mdbSetAttributes.entries[property];
  return wordOf(property, codec, description);
}

/** Several of them, with commas between. */
function listOf({ words: shape, parse }: Codec<unknown>): Pick<Codec<unknown>, "words" | "parse"> {
  return { words: `${shape},…`, parse: (word) => word.split(",").map((part) => parse(part)) };
}

const states = listOf(forwardingState);
const sources = listOf(internetAddress);
const { activityNotify } = fdbExtAttributes.entries;

const via = wordOf("via", linkName, "the link that leads to a tunnel's far end");
const flags = wordOf("flags", forwardingFlags, "what holds for it; self is a device's own table, master the bridge's");
const tunnel = [...(["dst", "port", "vni", "srcVni"] as const).map(neighbourWord), via];
const bridge = wordOf("bridge", linkName, "of this bridge");

/** The sections of forwarding tables and multicast tables. */
export const forwardingSections = {
  fdbEntry: {
    title: "An entry of a forwarding table",
    words: [
      neighbourWord("vlan"),
      wordOf("state", forwardingState, "the host's own, set for good, or ageing; static on a port unless given"),
      flags,
      ...tunnel,
      neighbourWord("nhId"),
      neighbourWord("protocol"),
      wordOf("activityNotify", activityNotify[1], activityNotify[2]),
      wordOf("dontRefresh", flag8, fdbExtAttributes.entries.dontRefresh[2]),
    ],
  },
  fdbKey: { title: "Which entry", words: [neighbourWord("vlan"), flags, ...tunnel] },
  fdbFilter: {
    title: "Which entries",
    words: [
      bridge,
      wordOf("address", mac, "for this MAC"),
      neighbourWord("vlan"),
      wordOf("state", states, "in these states"),
      wordOf("flags", forwardingFlags, "with these flags"),
      wordOf("table", words(u8, { bridge: 0, device: 1 }), "in bridges' tables, or in devices' own"),
      ...tunnel,
    ],
  },
  fdbBridgeFilter: {
    title: "Which entries",
    words: [neighbourWord("vlan"), wordOf("state", states, "in these states")],
  },
  fdbFlush: {
    title: "Which entries",
    words: [
      neighbourWord("vlan"),
      wordOf("state", states, "in these states; dynamic unless given"),
      wordOf("flags", forwardingFlags, "with these flags"),
      ...tunnel,
    ],
  },
  mdbEntry: {
    title: "An entry of a multicast table",
    words: [
      neighbourWord("vlan"),
      wordOf("state", multicastState, "whether it goes after a while; permanent on a port unless given"),
      groupWord("source"),
      wordOf("srcList", sources, mdbSetAttributes.entries.srcList[2]),
      ...(["groupMode", "rtprot", "dst", "dstPort", "vni", "srcVni"] as const).map(groupWord),
      via,
    ],
  },
  mdbKey: {
    title: "Which entry",
    words: [neighbourWord("vlan"), ...(["source", "dst", "dstPort", "vni", "srcVni"] as const).map(groupWord), via],
  },
  mdbFilter: {
    title: "Which entries",
    words: [
      bridge,
      wordOf("port", linkName, "on this port"),
      neighbourWord("vlan"),
      wordOf("group", multicastGroup, "of this group"),
    ],
  },
  mdbBridgeFilter: {
    title: "Which entries",
    words: [neighbourWord("vlan"), wordOf("group", multicastGroup, "of this group")],
  },
} satisfies Record<string, Section>;
