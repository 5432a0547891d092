import { InputError, quoted } from "../../../base/errors.js";
import { type Options, why } from "../../draft/options.js";
import { mac, number, numbered, oneOf, priorities, text, timeSpan, wordsOf, yesNo } from "../../syntax/values.js";
import { arpValidate, bondMode, hashPolicy } from "../../words/bond-options.js";

// The words of systemd.netdev(5), systemd.network(5) and systemd.link(5).

export const KINDS: Readonly<Record<string, string>> = {
  ...{ bridge: "bridge", bond: "bond", vlan: "vlan", vxlan: "vxlan", vrf: "vrf", dummy: "dummy", veth: "veth" },
  ...{ macvlan: "macvlan", macvtap: "macvtap", ipvlan: "ipvlan", ipvtap: "ipvtap", tun: "tun", tap: "tun", ifb: "ifb" },
  ...{ gre: "gre", gretap: "gretap", ipip: "ipip", sit: "sit", vti: "vti", ip6gre: "ip6gre", ip6gretap: "ip6gretap" },
  ...{ ip6tnl: "ip6tnl", vti6: "vti6", geneve: "geneve", nlmon: "nlmon", vcan: "vcan", vxcan: "vxcan" },
};

/** A size such as "1500" or "9K". */
export function bytes(value: string): number {
  const [, count, unit = ""] = /^(\d+)([KMG]?)$/.exec(value) ?? [];
  if (count === undefined) throw new InputError(`${quoted(value)} is no size`);
  return Number(count) * 1024 ** " KMG".indexOf(unit === "" ? " " : unit);
}

const span = (value: string): number => timeSpan(value);

const any = (value: string): string => (value === "any" ? "0.0.0.0" : value);

const bridge: Options = {
  STP: ["stpState", (value) => (yesNo(value) ? "kernel" : "off")],
  ForwardDelaySec: ["forwardDelay", span],
  HelloTimeSec: ["helloTime", span],
  MaxAgeSec: ["maxAge", span],
  AgeingTimeSec: ["ageingTime", span],
  Priority: ["priority", number],
  GroupForwardMask: ["groupFwdMask", number],
  DefaultPVID: ["vlanDefaultPvid", (value) => (value === "none" ? 0 : number(value))],
  VLANFiltering: ["vlanFiltering", yesNo],
  VLANProtocol: ["vlanProtocol", oneOf({ "802.1q": "802.1Q", "802.1ad": "802.1ad" })],
  MulticastQuerier: ["mcastQuerier", yesNo],
  MulticastSnooping: ["mcastSnooping", yesNo],
  MulticastIGMPVersion: ["mcastIgmpVersion", number],
  FDBMaxLearned: ["fdbMaxLearned", number],
};

const bond: Options = {
  Mode: ["mode", bondMode],
  TransmitHashPolicy: ["xmitHashPolicy", hashPolicy],
  LACPTransmitRate: ["lacpRate", numbered("slow", "fast")],
  MIIMonitorSec: ["miimon", span],
  UpDelaySec: ["updelay", span],
  DownDelaySec: ["downdelay", span],
  PeerNotifyDelaySec: ["peerNotifDelay", span],
  LearnPacketIntervalSec: ["lpInterval", span],
  AdSelect: ["adSelect", numbered("stable", "bandwidth", "count")],
  AdActorSystemPriority: ["adActorSysPrio", number],
  AdUserPortKey: ["adUserPortKey", number],
  AdActorSystem: ["adActorSystem", mac],
  FailOverMACPolicy: ["failOverMac", numbered("none", "active", "follow")],
  ARPValidate: ["arpValidate", arpValidate],
  ARPIntervalSec: ["arpInterval", span],
  ARPIPTargets: ["arpIpTarget", wordsOf],
  ARPAllTargets: ["arpAllTargets", numbered("any", "all")],
  ARPMissedMax: ["missedMax", number],
  PrimaryReselectPolicy: ["primaryReselect", numbered("always", "better", "failure")],
  ResendIGMP: ["resendIgmp", number],
  PacketsPerSlave: ["packetsPerPort", number],
  GratuitousARP: ["numPeerNotif", number],
  AllSlavesActive: ["allPortsActive", yesNo],
  DynamicTransmitLoadBalancing: ["tlbDynamicLb", yesNo],
  MinLinks: ["minLinks", number],
};

const tunnel: Options = {
  Local: ["local", any],
  Remote: ["remote", any],
  TTL: ["ttl", number],
  TOS: ["tos", number],
  InputKey: ["ikey", number],
  OutputKey: ["okey", number],
  DiscoverPathMTU: ["pmtudisc", yesNo],
};

export const SECTIONS: Readonly<Record<string, Options>> = {
  Bridge: bridge,
  Bond: bond,
  VLAN: {
    Id: ["id", number],
    Protocol: ["protocol", oneOf({ "802.1q": "802.1Q", "802.1ad": "802.1ad" })],
    IngressQOSMaps: ["ingressQos", priorities],
    EgressQOSMaps: ["egressQos", priorities],
  },
  VXLAN: {
    VNI: ["id", number],
    Remote: ["remote", text],
    Group: ["remote", text],
    Local: ["local", text],
    TTL: ["ttl", number],
    TOS: ["tos", number],
    MacLearning: ["learning", yesNo],
    FDBAgeingSec: ["ageing", span],
    MaximumFDBEntries: ["limit", number],
    ReduceARPProxy: ["proxy", yesNo],
    L2MissNotification: ["l2miss", yesNo],
    L3MissNotification: ["l3miss", yesNo],
    RouteShortCircuit: ["rsc", yesNo],
    UDPChecksum: ["udpCsum", yesNo],
    DestinationPort: ["port", number],
  },
  VRF: { Table: ["table", number] },
  Tunnel: tunnel,
  MACVLAN: { Mode: ["mode", text] },
  MACVTAP: { Mode: ["mode", text] },
  IPVLAN: { Mode: ["mode", (value) => value.toLowerCase()] },
  IPVTAP: { Mode: ["mode", (value) => value.toLowerCase()] },
  Peer: { Name: ["peer", text] },
  Tun: {
    MultiQueue: ["multiQueue", yesNo],
    PacketInfo: ["packetInformation", yesNo],
    VNetHeader: ["vnetHdr", yesNo],
    User: ["owner", number],
    Group: ["group", number],
  },
};

export const TAP = SECTIONS["Tun"]!;

export const vlanFlags: Options = {
  GVRP: ["gvrp", yesNo],
  MVRP: ["mvrp", yesNo],
  LooseBinding: ["looseBinding", yesNo],
  ReorderHeader: ["reorderHdr", yesNo],
};

/** [Bridge] of a .network: what the link has as a port. */
export const bridgePort: Options = {
  UnicastFlood: ["unicastFlood", yesNo],
  MulticastFlood: ["mcastFlood", yesNo],
  MulticastToUnicast: ["mcastToUcast", yesNo],
  NeighborSuppression: ["neighSuppress", yesNo],
  Learning: ["learning", yesNo],
  HairPin: ["mode", yesNo],
  Isolated: ["isolated", yesNo],
  UseBPDU: ["guard", (value) => !yesNo(value)],
  FastLeave: ["fastLeave", yesNo],
  AllowPortToBeRoot: ["protect", (value) => !yesNo(value)],
  ProxyARP: ["proxyarp", yesNo],
  ProxyARPWiFi: ["proxyarpWifi", yesNo],
  Cost: ["cost", number],
  Priority: ["priority", number],
  MulticastRouter: [
    "multicastRouter",
    oneOf({ no: "disabled", query: "tempQuery", permanent: "perm", temporary: "temp" }),
  ],
};

export const link: Options = {
  MTUBytes: ["mtu", bytes],
  MACAddress: ["address", mac],
  ARP: ["arp", yesNo],
  Multicast: ["multicast", yesNo],
  AllMulticast: ["allmulticast", yesNo],
  Promiscuous: ["promisc", yesNo],
  Group: ["group", number],
  Alias: ["alias", text],
  TransmitQueueLength: ["txqlen", number],
};

export const REASONS: readonly (readonly [pattern: RegExp, why: string])[] = [
  [
    /^(Description|LLDP|EmitLLDP|KeepConfiguration|KeepMaster|IgnoreCarrierLoss|ConfigureWithoutCarrier|BindCarrier)$/,
    why.applied,
  ],
  [/^(RequiredForOnline|RequiredFamilyForOnline)$/, why.ready],
  [
    /^(DHCP|DHCPServer|DHCPPrefixDelegation|ClientIdentifier|UseDNS|UseRoutes|UseDomains|UseMTU|UseHostname|UseNTP)$/,
    why.lease,
  ],
  [/^(IPv6SendRA|IPv6PrivacyExtensions|IPv6LinkLocalAddressGenerationMode)$/, why.router],
  [/^(DNS|Domains|NTP|LLMNR|MulticastDNS|DNSDefaultRoute|DNSOverTLS|DNSSEC)$/, why.resolver],
  [/^(NamePolicy|AlternativeNamesPolicy)$/, why.rename],
  [
    /^(WakeOnLan|AutoNegotiation|Duplex|BitsPerSecond|Port|.*Offload|.*Checksum.*|.*Channels|.*BufferSize|MACAddressPolicy)$/,
    why.hardware,
  ],
  [/^IPMasquerade$/, "NAT is a network's for guests: linkwright network"],
];

/** What nothing has to be done for when it is off. */
export const OFF = /^(DHCP|DHCPServer|LLDP|EmitLLDP|LLMNR|MulticastDNS|IPMasquerade|IPv6SendRA)$/;
