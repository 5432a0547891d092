import { attributes, type Values } from "../../../netlink/codecs/attributes.js";
import { readOnly } from "../../../netlink/codecs/codec.js";
import { hardwareAddress } from "../../../netlink/codecs/internet.js";
import { s32, u16, u32, u8 } from "../../../netlink/codecs/numbers.js";
import { bits, words } from "../../../netlink/codecs/words.js";

/** Bits of a port's LACP state (LACP_STATE_*, linux/if_bonding.h; IEEE 802.3ad, 43.4.2.2). */
const LACP_STATE = {
  lacpActivity: 0x1,
  lacpTimeout: 0x2,
  aggregation: 0x4,
  synchronization: 0x8,
  collecting: 0x10,
  distributing: 0x20,
  defaulted: 0x40,
  expired: 0x80,
} as const;

export const lacpState = bits(u8, LACP_STATE);

/** Whether the two sides of a port agree (enum churn_state_t, include/net/bond_3ad.h). */
const churnState = words(u8, { monitoring: 0, churned: 1, none: 2 });

/** Options of a bond's port (IFLA_BOND_SLAVE_*, linux/if_link.h). */
export const bondPort = attributes("IFLA_BOND_SLAVE", () => ({
  state: [1, readOnly(words(u8, { active: 0, backup: 1 })), "whether the port is in use"],
  miiStatus: [2, readOnly(words(u8, { up: 0, goingDown: 1, down: 2, goingBack: 3 })), "what the monitor found"],
  linkFailureCount: [3, readOnly(u32), "how often the port failed"],
  permHwaddr: [4, readOnly(hardwareAddress), "the MAC that the port had before it joined"],
  queueId: [5, u16, "the bond's transmit queue that uses this port, 0 for none"],
  adAggregatorId: [6, readOnly(u16), "the port's aggregator"],
  adActorOperPortState: [7, readOnly(lacpState), "this side's LACP state"],
  adPartnerOperPortState: [8, readOnly(bits(u16, LACP_STATE)), "the other side's LACP state"],
  prio: [9, s32, "which port is chosen at a failover: the highest"],
  actorPortPrio: [10, u16, "the port's LACP priority"],
  adChurnActorState: [11, readOnly(churnState), "whether this side is in step"],
  adChurnPartnerState: [12, readOnly(churnState), "whether the other side is in step"],
}));

/** Options of a bond's port. */
export type BondPortOptions = Values<typeof bondPort>;
