export { Host } from "./host/host.js";
export type { Destination, NamespaceHolder } from "./host/destination.js";
export type { MessageName, Request, RequestReply } from "./host/request.js";
export type { AttachOptions } from "./host/attach.js";
export type { BondPortDetails, LacpSide } from "./host/bond-details.js";
export type { BondPortState, BondState } from "./host/bond-state.js";
export type { BondSettings, NewBondSettings } from "./host/bonds.js";
export type { BridgeVlans } from "./host/bridge-vlans.js";
export type { Descriptor } from "./host/descriptor.js";
export type {
  Flush,
  FlushFilter,
  ForwardingFilter,
  ForwardingKey,
  ForwardingSettings,
  ForwardingTables,
} from "./host/fdb.js";
export type { MulticastFilter, MulticastKey, MulticastSettings, MulticastTables } from "./host/mdb.js";
export type { PortRole, SpanningTree, SpanningTreePort } from "./host/spanning-tree.js";
export type { PortSettings } from "./host/port-vlans.js";
export type { Received } from "./host/passing.js";
export type { MacvtapOptions } from "./host/macvtap.js";
export type { NewLinkSettings, PairSettings } from "./host/adding.js";
export type { BridgeSettings, KindSettings, LinkKind, NewKindSettings, OnLink } from "./host/kind-settings.js";
export type { VethPeerSettings } from "./host/links.js";
export type { NamespaceReference } from "./host/namespace.js";
export type { QemuTap, QemuTapOptions } from "./host/qemu-tap.js";
export type { Removal } from "./host/removal.js";
export type { Neighbours } from "./host/neighbours.js";
export type { Nexthops } from "./host/nexthops.js";
export type { Routes } from "./host/routes.js";
export type { Rules } from "./host/rules.js";
export type { Tap } from "./host/tap.js";
export type { TapStatus } from "./host/tap.js";
export type { AddTapOptions, Offload, OpenTapOptions, TapControls, TapOptions } from "./host/tap-options.js";
export type { VirtualFunctionCount, VirtualFunctionDevice } from "./host/virtual-function-count.js";
export type { VirtualFunctions } from "./host/virtual-functions.js";
export { InputError, NetlinkError } from "./netlink/error.js";
export type { Refusal } from "./netlink/error.js";
export type { Address, AddressFilter, AddressSettings } from "./rtnetlink/address-requests.js";
export type { Lifetime } from "./rtnetlink/address.js";
export type {
  VirtualFunction,
  VirtualFunctionSettings,
  VirtualFunctionStatistics,
} from "./rtnetlink/virtual-function-requests.js";
export type { BridgeVlan, BridgeVlanFilter, BridgeVlanStatus } from "./rtnetlink/bridge-vlan-requests.js";
export type { VlanGlobalOptions, VlanGlobalStatus } from "./rtnetlink/vlan-global-requests.js";
export { compressVlans, expandVlans, formatVlans, parseVlans } from "./rtnetlink/vlan-ranges.js";
export type { VlanRange } from "./rtnetlink/vlan-ranges.js";
export type { BondOptions } from "./rtnetlink/kinds/bond.js";
export type { BondPortOptions } from "./rtnetlink/kinds/bond-port.js";
export type { MulticastEntry, MulticastRouter } from "./rtnetlink/mdb-requests.js";
export type { ForwardingEntry, ForwardingFlag, ForwardingState } from "./rtnetlink/forwarding.js";
export type { BridgeOptions } from "./rtnetlink/kinds/bridge.js";
export type { BridgePortOptions } from "./rtnetlink/kinds/bridge-port.js";
export type { TunOptions } from "./rtnetlink/kinds/tun.js";
export type { VethOptions, VethPeer } from "./rtnetlink/kinds/veth.js";
export type { GeneveOptions } from "./rtnetlink/kinds/geneve.js";
export type { GreOptions } from "./rtnetlink/kinds/gre.js";
export type { Ip6TunnelOptions, IpTunnelOptions, VtiOptions } from "./rtnetlink/kinds/ip-tunnel.js";
export type { IpvlanOptions } from "./rtnetlink/kinds/ipvlan.js";
export type { MacvlanOptions } from "./rtnetlink/kinds/macvlan.js";
export type { NetkitOptions } from "./rtnetlink/kinds/netkit.js";
export type { VrfOptions } from "./rtnetlink/kinds/vrf.js";
export type { VxlanOptions } from "./rtnetlink/kinds/vxlan.js";
export type { QosMapping, VlanOptions } from "./rtnetlink/kinds/vlan.js";
export type { Link, LinkFlag } from "./rtnetlink/link.js";
export type { LinkSwitches } from "./rtnetlink/link-flags.js";
export type { LinkDetails, LinkFilter, LinkReference, LinkSettings } from "./rtnetlink/link-requests.js";
export type { Encapsulation } from "./rtnetlink/encapsulation.js";
export type { EncapsulationSettings } from "./rtnetlink/encapsulation-links.js";
export type {
  Neighbour,
  NeighbourFilter,
  NeighbourFlag,
  NeighbourSettings,
  NeighbourState,
  NeighbourTable,
} from "./rtnetlink/neighbour-requests.js";
export type { Family } from "./rtnetlink/network.js";
export type {
  Nexthop,
  NexthopBucket,
  NexthopFilter,
  NexthopMember,
  NexthopSettings,
  ResilientGroup,
} from "./rtnetlink/nexthop-requests.js";
export type { Route, RouteSettings, RouteTable } from "./rtnetlink/route-message.js";
export type { RouteMetrics } from "./rtnetlink/route-metrics.js";
export type { PathSettings, RoutePath } from "./rtnetlink/route-paths.js";
export type { LookupOptions, RouteFilter } from "./rtnetlink/route-requests.js";
export type { Rule, RuleFilter, RuleSettings } from "./rtnetlink/rule-message.js";
export type { NumberRange } from "./rtnetlink/rule.js";
export type { ClassFilter, ClassSettings, TrafficClasses } from "./host/classes.js";
export type { Filter, FilterPlace, Filters, FilterSettings } from "./host/filters.js";
export type { QdiscFilter, Qdiscs, QdiscSettings } from "./host/qdiscs.js";
export type { PortRate, Rate, RateLimit, RateLimitOptions } from "./host/rate-limit.js";
export type { Action } from "./rtnetlink/actions/action.js";
export type { GactOptions } from "./rtnetlink/actions/gact.js";
export type { MirredOptions } from "./rtnetlink/actions/mirred.js";
export type { PoliceOptions } from "./rtnetlink/actions/police.js";
export type { ActionResult } from "./rtnetlink/actions/results.js";
export type { U32Selector } from "./rtnetlink/filters/u32.js";
export type { HtbClassOptions, HtbOptions } from "./rtnetlink/qdiscs/htb.js";
export type { TbfOptions } from "./rtnetlink/qdiscs/tbf.js";
export type { TrafficHandle } from "./rtnetlink/traffic-handle.js";
export type { Qdisc, TrafficClass } from "./rtnetlink/traffic-requests.js";
export type { TrafficStatistics } from "./rtnetlink/traffic-statistics.js";
