import { attributes, type Values } from "../../netlink/codecs/attributes.js";
import { flag, readOnly } from "../../netlink/codecs/codec.js";
import { hardwareAddress, internetAddress } from "../../netlink/codecs/internet.js";
import type { MessageType } from "../../netlink/message.js";
import { nest } from "../../netlink/codecs/nests.js";
import { be16, clockTicks, limited, s32, u16, u32, u8 } from "../../netlink/codecs/numbers.js";
import { struct, type StructValues } from "../../netlink/codecs/struct.js";
import { bits, giving } from "../../netlink/codecs/words.js";
import { routeProtocol, routeType } from "../route/route-words.js";
import { messageType } from "../protocol/message-types.js";

/** The state of a neighbour, or of an entry in a forwarding table (NUD_*, linux/neighbour.h). */
export const neighbourState = bits(u16, {
  incomplete: 0x1,
  reachable: 0x2,
  stale: 0x4,
  delay: 0x8,
  probe: 0x10,
  failed: 0x20,
  noarp: 0x40,
  permanent: 0x80,
});

/** NTF_*. */
export const FLAGS = {
  use: 0x1,
  self: 0x2,
  master: 0x4,
  proxy: 0x8,
  extLearned: 0x10,
  offloaded: 0x20,
  sticky: 0x40,
  router: 0x80,
} as const;

/** The flags that a neighbour can be given: the others are of entries of a forwarding table. */
export const GIVABLE_FLAGS = ["use", "proxy", "extLearned", "router"] as const;

/** NTF_EXT_*. */
export const EXTENDED_FLAGS = { managed: 0x1, locked: 0x2, extValidated: 0x4 } as const;

/** What holds for a neighbour, or for an entry in a forwarding table (NTF_*, linux/neighbour.h). */
export const neighbourFlags = bits(u8, FLAGS);

/** More of that (NTF_EXT_*, linux/neighbour.h). */
export const neighbourFlagsExt = bits(u32, EXTENDED_FLAGS);

/** The flags that are given to a neighbour. */
export const givenNeighbourFlags = giving(neighbourFlags, GIVABLE_FLAGS);
/** More of them; `locked` is of entries of a forwarding table. */
export const givenNeighbourFlagsExt = giving(neighbourFlagsExt, ["managed", "extValidated"]);

/** struct ndmsg (linux/neighbour.h). */
export const ndmsg = struct(
  "ndmsg",
  { family: u8, index: s32, state: neighbourState, flags: neighbourFlags, type: routeType },
  { gaps: { index: 3 } },
);

/** struct nda_cacheinfo (linux/neighbour.h): milliseconds since each happened. */
export const neighbourCacheinfo = struct("nda_cacheinfo", {
  confirmed: clockTicks,
  used: clockTicks,
  updated: clockTicks,
  refcnt: u32,
});

/** A tunnel's id in 24 bits: the kernel would cut off the rest. */
const vni = limited(u32, 0, 0xffffff);

/** More of an entry in a bridge's forwarding table (NFEA_*, linux/neighbour.h). */
export const fdbExtAttributes = attributes("NFEA", () => ({
  activityNotify: [
    1,
    bits(u8, { notify: 0x1, inactive: 0x2 }),
    "tell when the entry falls silent and comes back",
    { since: "5.9" },
  ],
  dontRefresh: [2, flag, "a change does not make the entry young again", { since: "5.9" }],
}));

/** A neighbour, or an entry in a forwarding table (NDA_*, linux/neighbour.h). */
export const neighbourAttributes = attributes("NDA", () => ({
  dst: [1, internetAddress, "the neighbour's IP address; of a tunnel, the far end's"],
  lladdr: [2, hardwareAddress, "the MAC"],
  cacheinfo: [3, readOnly(neighbourCacheinfo), "when it was last used"],
  probes: [4, u32, "probes sent without an answer"],
  vlan: [5, u16, "the VLAN, 1 to 4094", { since: "3.9" }],
  port: [6, be16, "UDP port of the tunnel's far end", { since: "3.10" }],
  vni: [7, vni, "the tunnel's VNI at the far end", { since: "3.10" }],
  ifindex: [8, u32, "index of the link that leads there", { since: "3.10" }],
  master: [9, u32, "index of the bridge whose table it is in", { since: "3.16" }],
  linkNetnsid: [10, s32, "id of the namespace that `ifindex` is in", { since: "4.0" }],
  srcVni: [11, vni, "the VNI of the frames that it is for", { since: "4.11" }],
  protocol: [12, routeProtocol, "who made the entry", { since: "5.0" }],
  nhId: [13, u32, "id of the next hop", { since: "5.8" }],
  fdbExtAttrs: [14, nest(fdbExtAttributes), "more of an entry in a bridge's table", { since: "5.9" }],
  flagsExt: [15, neighbourFlagsExt, "more of what holds for it", { since: "5.16" }],
  ndmStateMask: [16, neighbourState, "which states are compared", { since: "5.19" }],
  ndmFlagsMask: [17, neighbourFlags, "which flags are compared", { since: "5.19" }],
}));

export type NeighbourValues = Values<typeof neighbourAttributes>;
export type NeighbourHeader = StructValues<(typeof ndmsg)["fields"]>;
export type NeighbourMessageType = MessageType<NeighbourHeader, (typeof neighbourAttributes)["entries"]>;

function neighbourMessage(name: string, type: number): NeighbourMessageType {
  return messageType({ name, type, header: ndmsg, attributes: neighbourAttributes });
}

export const RTM_NEWNEIGH = neighbourMessage("RTM_NEWNEIGH", 28);
export const RTM_DELNEIGH = neighbourMessage("RTM_DELNEIGH", 29);
export const RTM_GETNEIGH = neighbourMessage("RTM_GETNEIGH", 30);
