import { attributes } from "../../../netlink/codecs/attributes.js";
import { bareudp } from "./tunnels/bareudp.js";
import { bond } from "./bond.js";
import { bondPort } from "./bond-port.js";
import { bridge } from "./bridge.js";
import { bridgePort } from "./bridge-port.js";
import { geneve } from "./tunnels/geneve.js";
import { gre } from "./tunnels/gre.js";
import { gtp } from "./tunnels/gtp.js";
import { hsr } from "./hsr.js";
import { ip6Tunnel, ipTunnel, vti } from "./tunnels/ip-tunnel.js";
import { ipvlan } from "./ipvlan.js";
import { macsec } from "./macsec.js";
import { macvlan } from "./macvlan.js";
import { netkit } from "./pairs/netkit.js";
import { tun } from "./tun.js";
import { veth } from "./pairs/veth.js";
import { vlan } from "./vlan.js";
import { vrf, vrfPort } from "./vrf.js";
import { vxcan } from "./pairs/vxcan.js";
import { vxlan } from "./tunnels/vxlan.js";
import { xfrm } from "./tunnels/xfrm.js";

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
