/*
 * What links say in messages of bridges (AF_BRIDGE). A bridge's own options (IFLA_BR_*) are in ../link/kinds/bridge.ts, those of its
 * ports (IFLA_BRPORT_*) in bridge-port.ts there.
 */
import { attributes } from "../../netlink/codecs/attributes.js";
import { several } from "../../netlink/codecs/codec.js";
import { nest } from "../../netlink/codecs/nests.js";
import { u16, u32 } from "../../netlink/codecs/numbers.js";
import { bits, words } from "../../netlink/codecs/words.js";
import { bridgeVlanInfo, vlanFlags } from "./bridge-vlan.js";
import { faultManagement } from "./cfm.js";
import { AF_BRIDGE } from "../protocol/families.js";
import { bridgePort, portState } from "../link/kinds/bridge-port.js";
import { linkAttributes, linkVariant } from "../link/link.js";
import { mediaRedundancy } from "./mrp.js";

/** A VLAN that is mapped to a tunnel (IFLA_BRIDGE_VLAN_TUNNEL_*, linux/if_bridge.h). */
export const bridgeVlanTunnel = attributes("IFLA_BRIDGE_VLAN_TUNNEL", () => ({
  id: [1, u32, "the tunnel's id, such as a VXLAN's", { since: "4.11" }],
  vid: [2, u16, "the VLAN", { since: "4.11" }],
  flags: [3, vlanFlags, "whether a range begins or ends here", { since: "4.11" }],
}));

/** The state of a port in a multiple spanning tree instance (IFLA_BRIDGE_MST_ENTRY_*, linux/if_bridge.h). */
export const bridgeMstEntry = attributes("IFLA_BRIDGE_MST_ENTRY", () => ({
  msti: [1, u16, "the instance", { since: "5.18" }],
  state: [2, portState, "the port's state in it", { since: "5.18" }],
}));

/** Multiple spanning tree instances (IFLA_BRIDGE_MST_*, linux/if_bridge.h). */
export const bridgeMst = attributes("IFLA_BRIDGE_MST", () => ({
  entry: [1, several(nest(bridgeMstEntry)), "an instance", { since: "5.18" }],
}));

/** What a bridge says of a port, or of itself (IFLA_BRIDGE_*, linux/if_bridge.h). */
export const bridgeFamily = attributes("IFLA_BRIDGE", () => ({
  flags: [0, bits(u16, { master: 0x1, self: 0x2 }), "whom it is for: the bridge, or the device"],
  mode: [1, words(u16, { veb: 0, vepa: 1, undef: 0xffff }), "how a NIC's own switch forwards"],
  vlanInfo: [2, several(bridgeVlanInfo), "VLANs; a range as its begin and its end", { since: "3.9" }],
  vlanTunnelInfo: [3, several(nest(bridgeVlanTunnel)), "VLANs that are mapped to tunnels", { since: "4.11" }],
  mrp: [4, nest(mediaRedundancy), "media redundancy", { since: "5.8" }],
  cfm: [5, nest(faultManagement), "connectivity fault management", { since: "5.11" }],
  mst: [6, nest(bridgeMst), "multiple spanning trees", { since: "5.18" }],
}));

/** A link in messages of the family AF_BRIDGE: two of its attributes are not what they are in others. */
export const bridgeLink = linkVariant(
  AF_BRIDGE,
  attributes("IFLA", () => ({
    ...linkAttributes.entries,
    protinfo: [12, nest(bridgePort), "the port's options"],
    afSpec: [26, nest(bridgeFamily), "the bridge's part"],
  })),
);
