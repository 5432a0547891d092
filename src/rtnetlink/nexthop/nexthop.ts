import { attributes, type Values } from "../../netlink/codecs/attributes.js";
import { type Codec, flag, readOnly, unspoken } from "../../netlink/codecs/codec.js";
import { checkList, checkObject } from "../../base/input.js";
import { internetAddress } from "../../netlink/codecs/internet.js";
import type { MessageType } from "../../netlink/message.js";
import { nest, repeated } from "../../netlink/codecs/nests.js";
import { clockTicks, clockTicks64, flag32, u16, u32, u8, uint } from "../../netlink/codecs/numbers.js";
import { struct, type StructValues } from "../../netlink/codecs/struct.js";
import { bits, words } from "../../netlink/codecs/words.js";
import { scope } from "../address/address.js";
import { encapsulationType, encapsulationValues } from "../route/encapsulation/encapsulation.js";
import { nexthopFlags, routeProtocol } from "../route/route-words.js";
import { messageType } from "../protocol/message-types.js";

/** struct nhmsg (linux/nexthop.h): what stands before a next hop's attributes. */
export const nhmsg = struct(
  "nhmsg",
  { family: u8, scope, protocol: routeProtocol, flags: nexthopFlags },
  { gaps: { flags: 1 } },
);

/** struct nexthop_grp (linux/nexthop.h). `weight` is less one; kernels that set "respGrpResvd0" fill in its high byte. */
export const nexthopMember = struct("nexthop_grp", { id: u32, weight: u8, weightHigh: u8, reserved: u16 });

/** A member of a group, as NHA_GROUP has it. */
export type MemberValues = Partial<StructValues<(typeof nexthopMember)["fields"]>>;

/** The members of a group. */
export const nexthopMembers: Codec<readonly MemberValues[]> = {
  type: "list of struct nexthop_grp",
  words: "",
  write(writer, members) {
    checkList(members);
    for (const member of members) {
      checkObject(member);
      nexthopMember.writePartial(writer, member);
    }
  },
  read(bytes, offset, length) {
    if (length % nexthopMember.size !== 0) return undefined;
    const count = length / nexthopMember.size;
    return Array.from({ length: count }, (_, place) =>
      nexthopMember.readAt(bytes, offset + place * nexthopMember.size),
    );
  },
  parse: unspoken("list of members"),
};

/** A resilient group (NHA_RES_GROUP_*, linux/nexthop.h). Durations are milliseconds. */
export const resilientGroup = attributes("NHA_RES_GROUP", () => ({
  buckets: [1, u16, "buckets that flows are spread over"],
  idleTimer: [2, clockTicks, "how long a bucket must be idle to be given to another next hop"],
  unbalancedTimer: [3, clockTicks, "how long the group may stay unbalanced, 0 for ever"],
  unbalancedTime: [4, readOnly(clockTicks64), "how long it has been unbalanced"],
}));

/** A bucket of a resilient group (NHA_RES_BUCKET_*, linux/nexthop.h). Durations are milliseconds. */
export const resilientBucket = attributes("NHA_RES_BUCKET", () => ({
  index: [1, u16, "its place in the group"],
  idleTime: [2, readOnly(clockTicks64), "how long it has been idle"],
  nhId: [3, u32, "id of the next hop that it is given to"],
}));

/** What went through a member of a group (NHA_GROUP_STATS_ENTRY_*, linux/nexthop.h). */
export const groupStatistics = attributes("NHA_GROUP_STATS_ENTRY", () => ({
  id: [1, u32, "id of the next hop"],
  packets: [2, readOnly(uint), "packets that went by it"],
  packetsHw: [3, readOnly(uint), "those among them that hardware forwarded"],
}));

/** A next hop (NHA_*, linux/nexthop.h). */
export const nexthopAttributes = attributes("NHA", () => ({
  id: [1, u32, "its id; the kernel chooses one unless given"],
  group: [2, nexthopMembers, "the members of a group"],
  groupType: [3, words(u16, { mpath: 0, res: 1 }), "how a group chooses: by a hash, or resilient"],
  blackhole: [4, flag, "packets are dropped"],
  oif: [5, u32, "index of the link that packets go out by"],
  gateway: [6, internetAddress, "the gateway"],
  encapType: [7, encapsulationType, "how packets are wrapped"],
  encap: [8, encapsulationValues, "what they are wrapped in"],
  groups: [9, flag, "list groups only"],
  master: [10, u32, "list those by ports of this link"],
  fdb: [11, flag, "it is for entries of a VXLAN's FDB"],
  resGroup: [12, nest(resilientGroup), "how a resilient group behaves"],
  resBucket: [13, nest(resilientBucket), "a bucket of a resilient group"],
  opFlags: [14, bits(u32, { dumpStats: 0x1, dumpHwStats: 0x2, respGrpResvd0: 0x80000000 }), "what else to report"],
  groupStats: [15, readOnly(repeated(1, nest(groupStatistics))), "what went through a group's members"],
  hwStatsEnable: [16, flag32, "hardware counts packets"],
  hwStatsUsed: [17, readOnly(flag32), "some hardware counts packets"],
}));

export type NexthopValues = Values<typeof nexthopAttributes>;
export type NexthopHeader = StructValues<(typeof nhmsg)["fields"]>;
export type NexthopMessageType = MessageType<NexthopHeader, (typeof nexthopAttributes)["entries"]>;

function nexthopMessage(name: string, type: number): NexthopMessageType {
  return messageType({ name, type, header: nhmsg, attributes: nexthopAttributes });
}

export const RTM_NEWNEXTHOP = nexthopMessage("RTM_NEWNEXTHOP", 104);
export const RTM_DELNEXTHOP = nexthopMessage("RTM_DELNEXTHOP", 105);
export const RTM_GETNEXTHOP = nexthopMessage("RTM_GETNEXTHOP", 106);
export const RTM_NEWNEXTHOPBUCKET = nexthopMessage("RTM_NEWNEXTHOPBUCKET", 116);
export const RTM_DELNEXTHOPBUCKET = nexthopMessage("RTM_DELNEXTHOPBUCKET", 117);
export const RTM_GETNEXTHOPBUCKET = nexthopMessage("RTM_GETNEXTHOPBUCKET", 118);
