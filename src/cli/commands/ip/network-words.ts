import { text } from "../../../netlink/codecs/codec.js";
import { internetAddress } from "../../../netlink/codecs/internet.js";
import { flag8, u16 } from "../../../netlink/codecs/numbers.js";
import { words } from "../../../netlink/codecs/words.js";
import { routeAttributes } from "../../../rtnetlink/route/route.js";
import { shaped, wordOf } from "../../parsing/option.js";

/** A network such as 10.0.0.0/8. */
export const network = shaped(text(), "NETWORK");
/** IPv4 or IPv6. */
export const family = wordOf("family", words(u16, { inet: 2, inet6: 10 }), "IPv4 or IPv6");
/** The gateway, as `ip` calls it. */
export const via = wordOf("gateway", internetAddress, "the gateway", "via");
/** The link that packets go out by. */
export const byLink = wordOf("link", routeAttributes.entries.oif[1], "the link that packets go out by");
/** The gateway need not be in the network of one of the link's addresses. */
export const onlink = wordOf("onlink", flag8, "the gateway is on the link, whatever addresses that has");
