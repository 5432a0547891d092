import { bareudp } from "../../src/rtnetlink/link/kinds/tunnels/bareudp.js";
import { geneve } from "../../src/rtnetlink/link/kinds/tunnels/geneve.js";
import { greFlags } from "../../src/rtnetlink/link/kinds/tunnels/gre.js";
import { gtp } from "../../src/rtnetlink/link/kinds/tunnels/gtp.js";
import { hsr } from "../../src/rtnetlink/link/kinds/hsr.js";
import { ipTunnel } from "../../src/rtnetlink/link/kinds/tunnels/ip-tunnel.js";
import { ipvlan } from "../../src/rtnetlink/link/kinds/ipvlan.js";
import { CIPHERS, FORMER_GCM_AES_128, macsec } from "../../src/rtnetlink/link/kinds/macsec.js";
import { macvlan } from "../../src/rtnetlink/link/kinds/macvlan.js";
import { netkit } from "../../src/rtnetlink/link/kinds/pairs/netkit.js";
import { encapFlags, encapType, ip6TunnelFlags } from "../../src/rtnetlink/link/kinds/tunnels/tunnel-words.js";
import { vlan } from "../../src/rtnetlink/link/kinds/vlan.js";
import { vxlan } from "../../src/rtnetlink/link/kinds/tunnels/vxlan.js";
import { constant, type Group, screaming, switchGroup, wordGroup } from "./word-groups.js";

/** Constants that the headers have in the network's byte order, for machines that have the other. */
function swapped({ constants, ...group }: Group): Group {
  return {
    ...group,
    constants: constants.map((each) => ({ ...each, expression: `__builtin_bswap16(${each.name})` })),
  };
}

/** The headers put a stroke before the bits of a key, too. */
function ciphers(): Group {
  const constants = Object.entries(CIPHERS).map(([word, number]) =>
    constant(`MACSEC_CIPHER_ID_${screaming(word).replace(/(\d+)$/, "_$1")}`, Number(number)),
  );
  return {
    title: "MACSEC_CIPHER_ID_*",
    constants: [...constants, constant("MACSEC_DEFAULT_CIPHER_ID", Number(FORMER_GCM_AES_128))],
  };
}

/** The words of the kinds of link. */
export function kindGroups(): Group[] {
  return [
    wordGroup("MACVLAN_MODE_", macvlan.entries.mode[1]),
    wordGroup("MACVLAN_MACADDR_", macvlan.entries.macaddrMode[1]),
    wordGroup("MACVLAN_FLAG_", macvlan.entries.flags[1]),
    wordGroup("IPVLAN_MODE_", ipvlan.entries.mode[1]),
    wordGroup("IPVLAN_F_", ipvlan.entries.flags[1]),
    wordGroup("ETH_P_", bareudp.entries.ethertype[1], { mpls: "ETH_P_MPLS_UC", mplsMulticast: "ETH_P_MPLS_MC" }),
    wordGroup("GTP_ROLE_", gtp.entries.role[1]),
    wordGroup("HSR_PROTOCOL_", hsr.entries.protocol[1]),
    wordGroup("MACSEC_VALIDATE_", macsec.entries.validation[1]),
    wordGroup("MACSEC_OFFLOAD_", macsec.entries.offload[1]),
    ciphers(),
    wordGroup("VXLAN_DF_", vxlan.entries.df[1]),
    wordGroup("VXLAN_LABEL_", vxlan.entries.labelPolicy[1]),
    wordGroup("GENEVE_DF_", geneve.entries.df[1]),
    wordGroup("TUNNEL_ENCAP_", encapType),
    wordGroup("TUNNEL_ENCAP_FLAG_", encapFlags),
    { ...wordGroup("IP6_TNL_F_", ip6TunnelFlags), sparse: true },
    swapped(wordGroup("GRE_", greFlags)),
    wordGroup("SIT_", ipTunnel.entries.flags[1]),
    wordGroup("IPPROTO_", ipTunnel.entries.proto[1], { any: "IPPROTO_IP" }),
    wordGroup("NETKIT_", netkit.entries.mode[1]),
    {
      ...wordGroup("NETKIT_", netkit.entries.policy[1], { forward: "NETKIT_PASS", blackhole: "NETKIT_DROP" }),
      title: "enum netkit_action",
    },
    wordGroup("NETKIT_SCRUB_", netkit.entries.scrub[1]),
    wordGroup("NETKIT_DEVICE_", netkit.entries.pairing[1]),
    switchGroup("VLAN_FLAG_", vlan.entries.flags[1]),
  ];
}
