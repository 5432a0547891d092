export { Host, type HostOptions } from "./host/host.js";
export type { Destination, NamespaceHolder, OpenNamespace } from "./kernel/namespace-descriptor.js";
export type { MessageName, Request, RequestReply } from "./host/raw-request.js";
export type { SwitchAttachOptions } from "./host/ports/attach-switch.js";
export type { PortOptionsOf, Switch, SwitchCall } from "./host/ports/switch.js";
export type { AttachOptions } from "./host/ports/port-settings.js";
export type { BondPortDetails, LacpSide } from "./host/ports/bond-details.js";
export type { BondPortState, BondState } from "./host/ports/bond-state.js";
export type { BondSettings, NewBondSettings } from "./host/ports/bond.js";
export type { BridgeVlans } from "./host/ports/bridge-vlans.js";
export type { Descriptor } from "./kernel/descriptor.js";
export type { FrameOrigin, FrameSocket, FrameSocketOptions } from "./kernel/frame-socket.js";
export type { Flush, FlushFilter, FdbFilter, FdbKey, FdbSettings, FdbTables } from "./host/forwarding/fdb.js";
export type { MulticastFilter, MulticastKey, MulticastSettings, MulticastTables } from "./host/forwarding/mdb.js";
export type { PortRole, SpanningTree, SpanningTreePort } from "./host/ports/spanning-tree.js";
export type { PortSettings } from "./host/ports/port-settings.js";
export type { Received } from "./kernel/unix-socket.js";
export type { MacvtapOptions } from "./host/taps/macvtap.js";
export type { NewLinkSettings, PairSettings } from "./host/links/add-link.js";
export type { BridgeSettings, KindAlone, KindSettings, NewKindSettings } from "./host/links/kind-settings.js";
export type { VethPeerSettings } from "./host/links/new-link.js";
export type { ThreadUse } from "./kernel/thread-use.js";
export type { NamespaceReference } from "./kernel/namespace.js";
export type { QemuTap, QemuTapOptions, SwitchQemuTapOptions } from "./host/taps/qemu-tap.js";
export type { Removal } from "./host/links/removal.js";
export type { Journal, Journaled, Operation } from "./host/work/journal.js";
export { describeOperations } from "./host/work/written-operation.js";
export type { WrittenOperation } from "./host/work/written-operation.js";
export type { RecordedRequest } from "./netlink/recording.js";
export type { LegacyTables, NetfilterTables } from "./host/netfilter.js";
export type { Neighbours } from "./host/routing/neighbours.js";
export type { Nexthops } from "./host/routing/nexthops.js";
export type { Routes } from "./host/routing/routes.js";
export type { Rules } from "./host/routing/rules.js";
export type { Tap } from "./host/taps/tap.js";
export type { TapStatus } from "./host/taps/tap.js";
export type {
  AddTapOptions,
  Offload,
  OpenTapOptions,
  SwitchTapOptions,
  TapControls,
  TapOptions,
} from "./host/taps/tap-options.js";
export type { VirtualFunctionCount, VirtualFunctionDevice } from "./host/functions/virtual-function-count.js";
export type { VirtualFunctions } from "./host/functions/virtual-functions.js";
export type { ErrorCode } from "./base/errno.js";
export { InputError } from "./base/errors.js";
export { NetlinkError } from "./kernel/error.js";
export type { Refusal } from "./kernel/error.js";
export type { Address, AddressFilter, AddressSettings } from "./rtnetlink/address/address-requests.js";
export type { Lifetime } from "./rtnetlink/address/address.js";
export type {
  VirtualFunction,
  VirtualFunctionSettings,
  VirtualFunctionStatistics,
} from "./rtnetlink/link/virtual-function-requests.js";
export type { BridgeVlan, BridgeVlanFilter, BridgeVlanStatus } from "./rtnetlink/bridge/bridge-vlan-requests.js";
export type { VlanGlobalOptions, VlanGlobalStatus } from "./rtnetlink/bridge/vlan-global-requests.js";
export { compressVlans, expandVlans, formatVlans, parseVlans } from "./rtnetlink/bridge/vlan-ranges.js";
export type { VlanRange } from "./rtnetlink/bridge/vlan-ranges.js";
export type { BondOptions } from "./rtnetlink/link/kinds/bond.js";
export type { BondPortOptions } from "./rtnetlink/link/kinds/bond-port.js";
export type { MulticastEntry, MulticastRouter } from "./rtnetlink/bridge/mdb-requests.js";
export type { FdbEntry, FdbFlag, FdbState } from "./rtnetlink/bridge/fdb.js";
export type { BridgeOptions } from "./rtnetlink/link/kinds/bridge.js";
export type { BridgePortOptions } from "./rtnetlink/link/kinds/bridge-port.js";
export type { TunOptions } from "./rtnetlink/link/kinds/tun.js";
export type { VethOptions, VethPeer } from "./rtnetlink/link/kinds/pairs/veth.js";
export type { BareudpOptions } from "./rtnetlink/link/kinds/tunnels/bareudp.js";
export type { GeneveOptions } from "./rtnetlink/link/kinds/tunnels/geneve.js";
export type { GreOptions } from "./rtnetlink/link/kinds/tunnels/gre.js";
export type { GtpOptions } from "./rtnetlink/link/kinds/tunnels/gtp.js";
export type { HsrOptions } from "./rtnetlink/link/kinds/hsr.js";
export type { Ip6TunnelOptions, IpTunnelOptions, VtiOptions } from "./rtnetlink/link/kinds/tunnels/ip-tunnel.js";
export type { IpvlanOptions } from "./rtnetlink/link/kinds/ipvlan.js";
export type { MacsecOptions } from "./rtnetlink/link/kinds/macsec.js";
export type { MacvlanOptions } from "./rtnetlink/link/kinds/macvlan.js";
export type { NetkitOptions } from "./rtnetlink/link/kinds/pairs/netkit.js";
export type { VrfOptions } from "./rtnetlink/link/kinds/vrf.js";
export type { VxcanOptions } from "./rtnetlink/link/kinds/pairs/vxcan.js";
export type { VxlanOptions } from "./rtnetlink/link/kinds/tunnels/vxlan.js";
export type { XfrmOptions } from "./rtnetlink/link/kinds/tunnels/xfrm.js";
export type { QosMapping, VlanOptions } from "./rtnetlink/link/kinds/vlan.js";
export { isPortOf } from "./rtnetlink/link/link.js";
export type {
  CommonLink,
  Link,
  LinkFlag,
  LinkInfo,
  LinkOf,
  OtherLink,
  PlainLink,
  PortOf,
} from "./rtnetlink/link/link.js";
export type { LinkKind, OtherKind, PortKind } from "./rtnetlink/link/link-kind.js";
export type { LinkSwitches } from "./rtnetlink/link/link-flags.js";
export type { LinkDetails, LinkFilter, LinkReference, LinkSettings } from "./rtnetlink/link/link-requests.js";
export type { LinkExcerpt, LinkField, Only } from "./rtnetlink/link/link-excerpt.js";
export type { Encapsulation } from "./rtnetlink/route/encapsulation/encapsulation.js";
export type { EncapsulationSettings } from "./rtnetlink/route/encapsulation/encapsulation-links.js";
export type {
  Neighbour,
  NeighbourFilter,
  NeighbourFlag,
  NeighbourSettings,
  NeighbourState,
  NeighbourTable,
} from "./rtnetlink/neighbour/neighbour-requests.js";
export type { Family } from "./rtnetlink/protocol/network.js";
export type {
  Nexthop,
  NexthopBucket,
  NexthopFilter,
  NexthopMember,
  NexthopSettings,
  ResilientGroup,
} from "./rtnetlink/nexthop/nexthop-requests.js";
export type { Route, RouteSettings, RouteTable } from "./rtnetlink/route/route-message.js";
export type { RouteMetrics } from "./rtnetlink/route/route-metrics.js";
export type { PathSettings, RoutePath } from "./rtnetlink/route/route-paths.js";
export type { LookupOptions, RouteFilter } from "./rtnetlink/route/route-requests.js";
export type { Rule, RuleFilter, RuleSettings } from "./rtnetlink/rule/rule-message.js";
export type { NumberRange } from "./rtnetlink/rule/rule.js";
export type { ClassFilter, ClassSettings, TrafficClasses } from "./host/traffic/classes.js";
export type { Filter, FilterPlace, Filters, FilterSettings } from "./host/traffic/filters.js";
export type { QdiscFilter, Qdiscs, QdiscSettings } from "./host/traffic/qdiscs.js";
export type { OtherLimit } from "./host/traffic/other-limits.js";
export type { PortRate, Rate, RateLimit, RateLimitOptions } from "./host/traffic/rate-limit.js";
export type { Action } from "./rtnetlink/traffic/actions/action.js";
export type { GactOptions } from "./rtnetlink/traffic/actions/gact.js";
export type { MirredOptions } from "./rtnetlink/traffic/actions/mirred.js";
export type { PoliceOptions } from "./rtnetlink/traffic/actions/police.js";
export type { ActionResult } from "./rtnetlink/traffic/actions/results.js";
export type { U32Selector } from "./rtnetlink/traffic/filters/u32.js";
export type { HtbClassOptions, HtbOptions } from "./rtnetlink/traffic/qdiscs/htb.js";
export type { TbfOptions } from "./rtnetlink/traffic/qdiscs/tbf.js";
export type { TrafficHandle } from "./rtnetlink/traffic/traffic-handle.js";
export type { Qdisc, TrafficClass } from "./rtnetlink/traffic/traffic-requests.js";
export type { Change, Origin, Overrun, WatchEvent } from "./watch/events.js";
export type { History, HistoryOptions, HistoryRecord, RequestRecord } from "./watch/history.js";
export type { Mirror, MirrorOptions } from "./watch/mirror.js";
export type { Counters, LinkRate, RateOptions } from "./watch/rates.js";
export type { NamespaceId, Subject, Watched } from "./watch/subject.js";
export type { Condition, WaitOptions } from "./watch/wait-for.js";
export type { Watch, WatchOptions } from "./watch/watch.js";
export type { RequestReport } from "./netlink/request-channel.js";
export type { TrafficStatistics } from "./rtnetlink/traffic/traffic-statistics.js";
