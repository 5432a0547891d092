import { attributes, type Values } from "../../../../netlink/codecs/attributes.js";
import { flag } from "../../../../netlink/codecs/codec.js";
import { u32 } from "../../../../netlink/codecs/numbers.js";

/** Options of an xfrm link: what goes by it gets the IPsec state of an id (IFLA_XFRM_*, linux/if_link.h). */
export const xfrm = attributes("IFLA_XFRM", () => ({
  link: [1, u32, "index of the link below, 0 for none"],
  ifId: [2, u32, "the id that policies and states have, 1 and above"],
  collectMetadata: [3, flag, "routes and programs say which id each packet gets"],
}));

/** Options of an xfrm link. */
export type XfrmOptions = Values<typeof xfrm>;
