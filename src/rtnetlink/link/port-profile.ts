import { attributes } from "../../netlink/codecs/attributes.js";
import { raw, readOnly, text } from "../../netlink/codecs/codec.js";
import { identifier } from "../../netlink/codecs/internet.js";
import { nest, repeated } from "../../netlink/codecs/nests.js";
import { u16, u32, u8 } from "../../netlink/codecs/numbers.js";
import { words } from "../../netlink/codecs/words.js";

/** What is asked of the switch (PORT_REQUEST_*, linux/if_link.h). */
export const portRequest = words(u8, { preassociate: 0, preassociateRr: 1, associate: 2, disassociate: 3 });

/** What the switch says to that (PORT_VDP_RESPONSE_* and PORT_PROFILE_RESPONSE_*, linux/if_link.h). */
export const portResponse = words(u16, {
  vdpSuccess: 0,
  vdpInvalidFormat: 1,
  vdpInsufficientResources: 2,
  vdpUnusedVtid: 3,
  vdpVtidViolation: 4,
  vdpVtidVersionViolation: 5,
  vdpOutOfSync: 6,
  profileSuccess: 256,
  profileInprogress: 257,
  profileInvalid: 258,
  profileBadstate: 259,
  profileInsufficientResources: 260,
  profileError: 261,
});

/** What a virtual function is to the switch that it is plugged into: 802.1Qbg and port profiles (IFLA_PORT_*, linux/if_link.h). */
export const portProfile = attributes("IFLA_PORT", () => ({
  vf: [1, u32, "number of the virtual function"],
  profile: [2, text(40), "the port profile's name"],
  vsiType: [3, readOnly(raw), "struct ifla_port_vsi, which the kernel ignores"],
  instanceUuid: [4, identifier, "the virtual machine's UUID"],
  hostUuid: [5, identifier, "the host's UUID"],
  request: [6, portRequest, "what is asked of the switch"],
  response: [7, readOnly(portResponse), "what the switch says to that"],
}));

/** The profiles of a link's virtual functions (IFLA_VF_PORTS). */
export const portProfiles = repeated(1, nest(portProfile));
