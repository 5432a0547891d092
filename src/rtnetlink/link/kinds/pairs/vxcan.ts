import { attributes, type Values } from "../../../../netlink/codecs/attributes.js";
import { peerLink } from "./veth.js";

/** Options of a vxcan: a pair of CAN links (VXCAN_INFO_*, linux/can/vxcan.h). */
export const vxcan = attributes("VXCAN_INFO", () => ({
  peer: [1, peerLink, "the other end of the pair"],
}));

/** Options of a vxcan. */
export type VxcanOptions = Values<typeof vxcan>;
