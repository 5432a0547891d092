import { attributes } from "../../../netlink/attributes.js";
import { bareudp } from "./bareudp.js";
import { bond } from "./bond.js";
import { bondPort } from "./bond-port.js";
import { bridge } from "./bridge.js";
import { bridgePort } from "./bridge-port.js";
import { geneve } from "./geneve.js";
import { gre } from "./gre.js";
import { gtp } from "./gtp.js";
import { hsr } from "./hsr.js";
import { ip6Tunnel, ipTunnel, vti } from "./ip-tunnel.js";
import { ipvlan } from "./ipvlan.js";
import { macsec } from "./macsec.js";
import { macvlan } from "./macvlan.js";
import { netkit } from "./netkit.js";
import { tun } from "./tun.js";
import { veth } from "./veth.js";
import { vlan } from "./vlan.js";
import { vrf, vrfPort } from "./vrf.js";
import { vxcan } from "./vxcan.js";
import { vxlan } from "./vxlan.js";
import { xfrm } from "./xfrm.js";

/** A kind without options of its own. */
const plain = attributes("IFLA_INFO_DATA", () => ({}));

/** The options of each kind of link, by the kernel's name of the kind (IFLA_INFO_DATA). */
export const linkKinds = {
  bareudp,
  bond,
  bridge,
  dummy: plain,
  erspan: gre,
  geneve,
  gre,
  gretap: gre,
  gtp,
  hsr,
  ifb: plain,
  ip6erspan: gre,
  ip6gre: gre,
  ip6gretap: gre,
  ip6tnl: ip6Tunnel,
  ipip: ipTunnel,
  ipvlan,
  ipvtap: ipvlan,
  macsec,
  macvlan,
  macvtap: macvlan,
  netkit,
  nlmon: plain,
  sit: ipTunnel,
  team: plain,
  tun,
  veth,
  vlan,
  vrf,
  vti,
  vti6: vti,
  vxcan,
  vxlan,
  xfrm,
};

export type LinkKinds = typeof linkKinds;

/** A port without options that are known. */
const plainPort = attributes("IFLA_INFO_SLAVE_DATA", () => ({}));

/** The options of a port, by the kind of its master (IFLA_INFO_SLAVE_DATA). */
export const portKinds = { bond: bondPort, bridge: bridgePort, team: plainPort, vrf: vrfPort };
