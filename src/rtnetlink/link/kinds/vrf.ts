import { attributes, type Values } from "../../../netlink/codecs/attributes.js";
import { atCreation, mandatory, readOnly } from "../../../netlink/codecs/codec.js";
import { u32 } from "../../../netlink/codecs/numbers.js";

/** Options of a VRF (IFLA_VRF_*, linux/if_link.h). */
export const vrf = attributes("IFLA_VRF", () => ({
  table: [1, mandatory(atCreation(u32)), "number of its routing table"],
}));

/** A port of a VRF (IFLA_VRF_PORT_*, linux/if_link.h). */
export const vrfPort = attributes("IFLA_VRF_PORT", () => ({
  table: [1, readOnly(u32), "number of the VRF's routing table"],
}));

/** Options of a VRF. */
export type VrfOptions = Values<typeof vrf>;
