import { bandwidth } from "../bandwidth.js";
import { flag, linkName, networkName, trunk, whole, word } from "../options.js";

/** Under the names of the reference plugin `bridge`; `rate` and `antiSpoof` are there beside them. */
export const options = {
  bridge: linkName("cni0", "the bridge, which is made where there is none"),
  isGateway: flag("the bridge has the gateway's address, and this machine forwards"),
  isDefaultGateway: flag("as isGateway, and containers have their default route by it"),
  forceAddress: flag("an address of the bridge that is in the way is removed"),
  ipMasq: flag("what containers send out of their subnet has this machine's address"),
  ipMasqBackend: word("looked at for its spelling alone: nftables it is", "iptables", "nftables"),
  mtu: whole("MTU of the bridge that is made and of both ends, 0 for the usual one", 0, 65535),
  hairpinMode: flag("a container may reach itself through the bridge"),
  promiscMode: flag("the bridge takes all frames"),
  vlan: whole("the VLAN of what containers send without a tag, 0 for none", 0, 4094),
  vlanTrunk: trunk("VLANs that containers may send and receive with their tags: { id } or { minID, maxID }"),
  preserveDefaultVlan: flag("the port stays in the bridge's default VLAN, too"),
  macspoofchk: flag("what does not come from the container's own MAC is dropped"),
  enabledad: flag("an address of IPv6 is used when nobody else is found to have it"),
  portIsolation: flag("containers reach no other port that has it"),
  disableContainerInterface: flag("the container's interface stays down, without an address"),
  network: networkName("a network of linkwright's own, which says bridge and addresses itself"),
  rate: bandwidth("how fast it may receive and send: ingressRate, ingressBurst, egressRate, egressBurst, in bits"),
  antiSpoof: flag(
    "what says that it comes from another MAC or address, or from a server of DHCP or a router, is dropped",
  ),
} as const;
