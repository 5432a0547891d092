import type { AttributeTable } from "../netlink/attributes.js";
import { addressAttributes } from "./address.js";
import { bridgeFamily, bridgeMst, bridgeMstEntry, bridgeVlanTunnel } from "./bridge-link.js";
import { vlanDatabase, vlanDump, vlanEntry, vlanGlobalOptions, vlanStatistics, vlanTunnel } from "./bridge-vlan.js";
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
} from "./connectivity-faults.js";
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
} from "./media-redundancy.js";
import { bond, bondAdInfo } from "./kinds/bond.js";
import { bondPort } from "./kinds/bond-port.js";
import { encapsulationProgram, ipsecEncapsulation, mplsEncapsulation, programEncapsulation } from "./encapsulation.js";
import { locatorEncapsulation } from "./identifier-locator.js";
import { telemetry } from "./in-situ-telemetry.js";
import { sourceRoute } from "./source-routing.js";
import {
  erspanOption,
  geneveOption,
  ip6Encapsulation,
  ipEncapsulation,
  tunnelOptions,
  vxlanOption,
} from "./tunnel-encapsulation.js";
import { bridge, bridgeQuerier } from "./kinds/bridge.js";
import { bridgePort } from "./kinds/bridge-port.js";
import { geneve } from "./kinds/geneve.js";
import { gre } from "./kinds/gre.js";
import { ipTunnel, vti } from "./kinds/ip-tunnel.js";
import { ipvlan } from "./kinds/ipvlan.js";
import { macvlan } from "./kinds/macvlan.js";
import { netkit } from "./kinds/netkit.js";
import { tun } from "./kinds/tun.js";
import { veth } from "./kinds/veth.js";
import { vlan } from "./kinds/vlan.js";
import { vrf, vrfPort } from "./kinds/vrf.js";
import { vxlan } from "./kinds/vxlan.js";
import { linkAttributes, linkInfo } from "./link.js";
import { linkFamilies, linkInet, linkInet6, protoDownReason, xdp } from "./link-attributes.js";
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
} from "./mdb.js";
import { groupStatistics, nexthopAttributes, resilientBucket, resilientGroup } from "./nexthop.js";
import { portProfile } from "./port-profile.js";
import { routeMetrics } from "./route-metrics.js";
import { routeAttributes } from "./route.js";
import {
  localSegment,
  localSegmentProgram,
  segmentCounters,
  segmentEncapsulation,
  segmentFlavours,
} from "./segment-routing.js";
import { ruleAttributes } from "./rule.js";
import { fdbExtAttributes, neighbourAttributes } from "./neighbour.js";
import { actionTable } from "./actions/action.js";
import { gactTable } from "./actions/gact.js";
import { mirredTable } from "./actions/mirred.js";
import { policeTable } from "./actions/police.js";
import { flower, flowerCfm } from "./filters/flower.js";
import { matchall } from "./filters/matchall.js";
import { u32 } from "./filters/u32.js";
import { fqCodel } from "./qdiscs/fq-codel.js";
import { htbTable } from "./qdiscs/htb.js";
import { tbfTable } from "./qdiscs/tbf.js";
import { vfStatistics, vfVlans, virtualFunction } from "./virtual-functions.js";
import { actionRoot, qdiscAttributes, sizeTable } from "./traffic-control.js";
import { statisticsTable } from "./traffic-statistics.js";

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
] as readonly unknown[] as readonly AttributeTable[];

/** One attribute, as `npm run -s tables` prints it. */
export interface AttributeDescription {
  /** The kernel's name, such as "IFLA_BR_FORWARD_DELAY". */
  readonly name: string;
  readonly number: number;
  /** The type on the wire, such as "u32". */
  readonly type: string;
  readonly property: string;
  readonly description: string;
  /** The space of the attributes inside, where it does not depend on the kind of link. */
  readonly nests?: string;
  /** Only the kernel sets it. */
  readonly readOnly?: true;
}

/** One table, as `npm run -s tables` prints it. */
export interface TableDescription {
  readonly space: string;
  readonly attributes: readonly AttributeDescription[];
}

function describeTable({ space, entries, kernelName }: AttributeTable): TableDescription {
  const attributes = Object.entries(entries).map(([property, [number, codec, description]]): AttributeDescription => {
    const inner = codec.nested?.({})?.space;
    return {
      name: kernelName(property),
      number,
      type: codec.type,
      property,
      description,
      ...(inner ? { nests: inner } : {}),
      ...(codec.readOnly === true ? { readOnly: true } : {}),
    };
  });
  return { space, attributes: attributes.sort((one, other) => one.number - other.number) };
}

/** Every table as plain data. */
export function describeTables(): TableDescription[] {
  return tables.map(describeTable);
}
