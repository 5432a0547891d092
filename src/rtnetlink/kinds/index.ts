import { attributes } from "../../netlink/attributes.js";
import { bond } from "./bond.js";
import { bondPort } from "./bond-port.js";
import { bridge } from "./bridge.js";
import { bridgePort } from "./bridge-port.js";
import { tun } from "./tun.js";
import { veth } from "./veth.js";
import { vlan } from "./vlan.js";

/** A kind without options of its own. */
const plain = attributes("IFLA_INFO_DATA", () => ({}));

/** The options of each kind of link, by the kernel's name of the kind (IFLA_INFO_DATA). */
export const linkKinds = { bond, bridge, dummy: plain, ifb: plain, tun, veth, vlan };

/** The options of a port, by the kind of its master (IFLA_INFO_SLAVE_DATA). */
export const portKinds = { bond: bondPort, bridge: bridgePort };
