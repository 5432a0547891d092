import { attributes } from "../../../netlink/codecs/attributes.js";
import { once } from "../../../base/once.js";
import { bridge } from "./bridge.js";
import { bridgePort } from "./bridge-port.js";
import { hsr } from "./hsr.js";
import { ipvlan } from "./ipvlan.js";
import { macvlan } from "./macvlan.js";
import { netkit } from "./pairs/netkit.js";
import { tun } from "./tun.js";
import { veth } from "./pairs/veth.js";
import { vlan } from "./vlan.js";
import { vrf, vrfPort } from "./vrf.js";
import { vxcan } from "./pairs/vxcan.js";

/** A kind without options of its own. */
const plain = attributes("IFLA_INFO_DATA", () => ({}));

/** Kinds that few machines have are loaded when the first link of theirs is met. */
const bonds = once(() => require("./bonds.js") as typeof import("./bonds.js"));
const macsec = once(() => require("./macsec.js") as typeof import("./macsec.js"));
const tunnels = once(() => require("./tunnels/index.js") as typeof import("./tunnels/index.js"));

/** The options of each kind of link, by the kernel's name of the kind (IFLA_INFO_DATA). */
export const linkKinds = {
  get bareudp() {
    return tunnels().bareudp;
  },
  get bond() {
    return bonds().bond;
  },
  bridge,
  dummy: plain,
  get erspan() {
    return tunnels().gre;
  },
  get geneve() {
    return tunnels().geneve;
  },
  get gre() {
    return tunnels().gre;
  },
  get gretap() {
    return tunnels().gre;
  },
  get gtp() {
    return tunnels().gtp;
  },
  hsr,
  ifb: plain,
  get ip6erspan() {
    return tunnels().gre;
  },
  get ip6gre() {
    return tunnels().gre;
  },
  get ip6gretap() {
    return tunnels().gre;
  },
  get ip6tnl() {
    return tunnels().ip6Tunnel;
  },
  get ipip() {
    return tunnels().ipTunnel;
  },
  ipvlan,
  ipvtap: ipvlan,
  get macsec() {
    return macsec().macsec;
  },
  macvlan,
  macvtap: macvlan,
  netkit,
  nlmon: plain,
  get sit() {
    return tunnels().ipTunnel;
  },
  team: plain,
  tun,
  veth,
  vlan,
  vrf,
  get vti() {
    return tunnels().vti;
  },
  get vti6() {
    return tunnels().vti;
  },
  vxcan,
  get vxlan() {
    return tunnels().vxlan;
  },
  get xfrm() {
    return tunnels().xfrm;
  },
};

export type LinkKinds = typeof linkKinds;

/** A port without options that are known. */
const plainPort = attributes("IFLA_INFO_SLAVE_DATA", () => ({}));

/** The options of a port, by the kind of its master (IFLA_INFO_SLAVE_DATA). */
export const portKinds = {
  get bond() {
    return bonds().bondPort;
  },
  bridge: bridgePort,
  team: plainPort,
  vrf: vrfPort,
};
