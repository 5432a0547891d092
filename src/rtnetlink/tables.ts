import type { AttributeTable } from "../netlink/codecs/attributes.js";
import { describeTable, type Marks, marksOf, type TableDescription } from "../netlink/codecs/description.js";
import { addressAttributes } from "./address/address.js";
import { bridgeFamily, bridgeMst, bridgeMstEntry, bridgeVlanTunnel } from "./bridge/bridge-link.js";
import {
  vlanDatabase,
  vlanDump,
  vlanEntry,
  vlanGlobalOptions,
  vlanStatistics,
  vlanTunnel,
} from "./bridge/bridge-vlan.js";
import {
  faultEndPoint,
  faultEndPointEnd,
  faultEndPointConfig,
  checkConfig,
  checkPeer,
  checkRemoteDefect,
  checkSending,
  faultEndPointStatus,
  checkPeerStatus,
  faultManagement,
} from "./bridge/cfm.js";
import {
  mrpInstance,
  mrpPortState,
  mrpPortRole,
  mrpRingState,
  mrpRingRole,
  mrpTest,
  mrpInterconnectionState,
  mrpInterconnectionRole,
  mrpInterconnectionTest,
  mrpStatus,
  mediaRedundancy,
} from "./bridge/mrp.js";
import { bond, bondAdInfo } from "./link/kinds/bond.js";
import { bondPort } from "./link/kinds/bond-port.js";
import {
  encapsulationProgram,
  ipsecEncapsulation,
  mplsEncapsulation,
  programEncapsulation,
} from "./route/encapsulation/encapsulation.js";
import { locatorEncapsulation } from "./route/encapsulation/identifier-locator.js";
import { telemetry } from "./route/encapsulation/in-situ-telemetry.js";
import { sourceRoute } from "./route/encapsulation/source-routing.js";
import {
  erspanOption,
  geneveOption,
  ip6Encapsulation,
  ipEncapsulation,
  tunnelOptions,
  vxlanOption,
} from "./route/encapsulation/tunnel-encapsulation.js";
import { bridge, bridgeQuerier } from "./link/kinds/bridge.js";
import { bridgePort } from "./link/kinds/bridge-port.js";
import { bareudp } from "./link/kinds/tunnels/bareudp.js";
import { geneve } from "./link/kinds/tunnels/geneve.js";
import { gre } from "./link/kinds/tunnels/gre.js";
import { gtp } from "./link/kinds/tunnels/gtp.js";
import { hsr } from "./link/kinds/hsr.js";
import { ipTunnel, vti } from "./link/kinds/tunnels/ip-tunnel.js";
import { ipvlan } from "./link/kinds/ipvlan.js";
import { macsec } from "./link/kinds/macsec.js";
import { macvlan } from "./link/kinds/macvlan.js";
import { netkit } from "./link/kinds/pairs/netkit.js";
import { tun } from "./link/kinds/tun.js";
import { veth } from "./link/kinds/pairs/veth.js";
import { vlan } from "./link/kinds/vlan.js";
import { vrf, vrfPort } from "./link/kinds/vrf.js";
import { vxcan } from "./link/kinds/pairs/vxcan.js";
import { vxlan } from "./link/kinds/tunnels/vxlan.js";
import { xfrm } from "./link/kinds/tunnels/xfrm.js";
import { linkAttributes, linkInfo } from "./link/link.js";
import { linkFamilies, linkInet, linkInet6, protoDownReason, xdp } from "./link/link-attributes.js";
import { linkStatisticsTables } from "./bridge/link-statistics.js";
import {
  mdbAttributes,
  mdbEntryAttributes,
  mdbGroup,
  mdbGroups,
  mdbRouterAttributes,
  mdbRouters,
  mdbSet,
  mdbSetAttributes,
  mdbSetSource,
  mdbSetSources,
  mdbSource,
  mdbSources,
} from "./bridge/mdb.js";
import { namespaceIdAttributes } from "./link/namespace-id.js";
import { neighbourParameters, neighbourTable } from "./neighbour/neighbour-table.js";
import { networkSettings } from "./address/netconf.js";
import { groupStatistics, nexthopAttributes, resilientBucket, resilientGroup } from "./nexthop/nexthop.js";
import { prefixAttributes } from "./address/router-prefix.js";
import { portProfile } from "./link/port-profile.js";
import { routeMetrics } from "./route/route-metrics.js";
import { routeAttributes } from "./route/route.js";
import {
  localSegment,
  localSegmentProgram,
  segmentCounters,
  segmentEncapsulation,
  segmentFlavours,
} from "./route/encapsulation/segment-routing.js";
import { ruleAttributes } from "./rule/rule.js";
import { fdbExtAttributes, neighbourAttributes } from "./neighbour/neighbour.js";
import { actionTable } from "./traffic/actions/action.js";
import { gactOptions, gactTable } from "./traffic/actions/gact.js";
import { mirredOptions, mirredTable } from "./traffic/actions/mirred.js";
import { policeOptions, policeTable } from "./traffic/actions/police.js";
import { flower, flowerCfm } from "./traffic/filters/flower.js";
import { matchall } from "./traffic/filters/matchall.js";
import { u32 } from "./traffic/filters/u32.js";
import type { OptionTable } from "./traffic/options-by-kind.js";
import { fqCodel } from "./traffic/qdiscs/fq-codel.js";
import { htbClassOptions, htbOptions, htbTable } from "./traffic/qdiscs/htb.js";
import { tbfOptions, tbfTable } from "./traffic/qdiscs/tbf.js";
import { vfStatistics, vfVlans, virtualFunction } from "./link/virtual-functions.js";
import { actionRoot, qdiscAttributes, sizeTable } from "./traffic/traffic-control.js";
import { statisticsTable } from "./traffic/traffic-statistics.js";

/** Every attribute space of NETLINK_ROUTE that is known here. */
export const tables: readonly AttributeTable[] = [
  linkAttributes,
  linkInfo,
  bond,
  bondAdInfo,
  bondPort,
  bridge,
  bridgeQuerier,
  bridgePort,
  tun,
  veth,
  vlan,
  macvlan,
  ipvlan,
  vxlan,
  geneve,
  gre,
  ipTunnel,
  vti,
  vrf,
  vrfPort,
  bareudp,
  gtp,
  hsr,
  macsec,
  vxcan,
  xfrm,
  netkit,
  xdp,
  protoDownReason,
  linkFamilies,
  linkInet,
  linkInet6,
  virtualFunction,
  vfVlans,
  vfStatistics,
  portProfile,
  addressAttributes,
  routeAttributes,
  routeMetrics,
  mplsEncapsulation,
  ipEncapsulation,
  ip6Encapsulation,
  tunnelOptions,
  geneveOption,
  vxlanOption,
  erspanOption,
  locatorEncapsulation,
  programEncapsulation,
  encapsulationProgram,
  sourceRoute,
  telemetry,
  ipsecEncapsulation,
  segmentEncapsulation,
  localSegment,
  localSegmentProgram,
  segmentCounters,
  segmentFlavours,
  ruleAttributes,
  nexthopAttributes,
  resilientGroup,
  resilientBucket,
  groupStatistics,
  neighbourAttributes,
  fdbExtAttributes,
  mdbAttributes,
  mdbGroups,
  mdbGroup,
  mdbEntryAttributes,
  mdbSources,
  mdbSource,
  mdbRouters,
  mdbRouterAttributes,
  mdbSet,
  mdbSetAttributes,
  mdbSetSources,
  mdbSetSource,
  bridgeFamily,
  bridgeVlanTunnel,
  bridgeMst,
  bridgeMstEntry,
  mediaRedundancy,
  mrpInstance,
  mrpPortState,
  mrpPortRole,
  mrpRingState,
  mrpRingRole,
  mrpTest,
  mrpInterconnectionState,
  mrpInterconnectionRole,
  mrpInterconnectionTest,
  mrpStatus,
  faultManagement,
  faultEndPoint,
  faultEndPointEnd,
  faultEndPointConfig,
  checkConfig,
  checkPeer,
  checkRemoteDefect,
  checkSending,
  faultEndPointStatus,
  checkPeerStatus,
  vlanDatabase,
  vlanDump,
  vlanEntry,
  vlanGlobalOptions,
  vlanStatistics,
  vlanTunnel,
  qdiscAttributes,
  sizeTable,
  statisticsTable,
  tbfTable,
  htbTable,
  fqCodel,
  matchall,
  u32,
  flower,
  flowerCfm,
  actionRoot,
  actionTable,
  policeTable,
  gactTable,
  mirredTable,
  ...linkStatisticsTables,
  namespaceIdAttributes,
  neighbourTable,
  neighbourParameters,
  prefixAttributes,
  networkSettings,
] as readonly unknown[] as readonly AttributeTable[];

/** Options as they are given, where the kernel's attributes are made from them. */
export interface OptionsDescription {
  readonly space: string;
  readonly attributes: readonly (Marks & { readonly property: string; readonly description: string })[];
}

/** The options that are given in place of what some tables have. */
const optionTables: Readonly<Record<string, OptionTable>> = {
  gact: gactOptions,
  htb: htbOptions,
  "htb class": htbClassOptions,
  mirred: mirredOptions,
  police: policeOptions,
  tbf: tbfOptions,
};

/** Every such table as plain data. */
export function describeOptions(): OptionsDescription[] {
  return Object.entries(optionTables).map(([space, options]) => ({
    space,
    attributes: Object.entries(options).map(([property, [codec, description]]) => ({
      property,
      description,
      ...marksOf(codec),
    })),
  }));
}

/** Every table as plain data. */
export function describeTables(): TableDescription[] {
  return tables.map(describeTable);
}
