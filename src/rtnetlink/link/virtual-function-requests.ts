import type { Connection } from "../../netlink/connection.js";
import { RTM_SETLINK } from "./link.js";
import { describeLink, getLink, identify, type LinkReference } from "./link-requests.js";
import type { VirtualFunctionValues } from "./virtual-functions.js";

/** What a virtual function has sent and received. */
export type VirtualFunctionStatistics = NonNullable<VirtualFunctionValues["stats"]>;

/** What can be set of a virtual function. What is not given is left as it is. */
export interface VirtualFunctionSettings {
  /** The MAC. */
  address?: string | undefined;
  /** The VLAN whose tag its frames get, unseen by it; 0 for none. */
  vlan?: number | undefined;
  /** The priority in that tag, 0 to 7. */
  qos?: number | undefined;
  protocol?: "802.1Q" | "802.1ad" | number | undefined;
  /** The least that it may always send, in bits per second: whole megabits; 0 for nothing. */
  minTxRate?: number | undefined;
  /** The most that it may send, in bits per second: whole megabits; 0 for no limit. */
  maxTxRate?: number | undefined;
  /** Frames with a MAC that is not its own are dropped. */
  spoofCheck?: boolean | undefined;
  /** Whether its link is up: auto is as the port's. */
  linkState?: "auto" | "enable" | "disable" | number | undefined;
  /** It may ask how received packets are spread over queues. */
  rssQuery?: boolean | undefined;
  /** It may change its MAC, or be promiscuous. */
  trust?: boolean | undefined;
}

/** A virtual function as the kernel reports it. What its driver does not know is not there. */
export interface VirtualFunction extends VirtualFunctionSettings {
  index: number;
  /** The MAC of broadcasts. */
  broadcast?: string | undefined;
  /** InfiniBand's node GUID. */
  nodeGuid?: bigint | undefined;
  /** InfiniBand's port GUID. */
  portGuid?: bigint | undefined;
  statistics?: VirtualFunctionStatistics | undefined;
}

function functionOf(values: VirtualFunctionValues): VirtualFunction {
  const { mac, vlan, vlanList, rate, txRate, stats } = values;
  const tag = vlanList?.info;
  return {
    index: mac?.vf ?? vlan?.vf ?? 0,
    address: mac?.mac,
    broadcast: values.broadcast?.broadcast,
    vlan: tag?.vlan ?? vlan?.vlan,
    qos: tag?.qos ?? vlan?.qos,
    protocol: tag?.vlanProto || undefined,
    minTxRate: rate?.minTxRate,
    maxTxRate: rate?.maxTxRate ?? txRate?.rate,
    spoofCheck: values.spoofchk?.setting,
    linkState: values.linkState?.linkState,
    rssQuery: values.rssQueryEn?.setting,
    trust: values.trust?.setting,
    nodeGuid: values.ibNodeGuid?.guid,
    portGuid: values.ibPortGuid?.guid,
    statistics: stats,
  };
}

/** The parts of the message that settings become; those that stand together in one are whole here. */
function valuesOf(vf: number, settings: VirtualFunctionSettings): VirtualFunctionValues {
  const { address, vlan, qos = 0, protocol = "802.1Q", minTxRate, maxTxRate } = settings;
  const { spoofCheck, linkState, rssQuery, trust } = settings;
  const given = <V, R>(value: V | undefined, part: (value: V) => R): R | undefined =>
    value === undefined ? undefined : part(value);
  const rated = minTxRate ?? maxTxRate;
  return {
    mac: given(address, (mac) => ({ vf, mac })),
    vlanList: given(vlan, (id) => ({ info: { vf, vlan: id, qos, vlanProto: protocol } })),
    rate: given(rated, () => ({ vf, minTxRate: minTxRate ?? 0, maxTxRate: maxTxRate ?? 0 })),
    spoofchk: given(spoofCheck, (setting) => ({ vf, setting })),
    linkState: given(linkState, (state) => ({ vf, linkState: state })),
    rssQueryEn: given(rssQuery, (setting) => ({ vf, setting })),
    trust: given(trust, (setting) => ({ vf, setting })),
  };
}

/** The virtual functions of a link, which may hold the kernel's lock for long. */
export async function listVirtualFunctions(
  connection: Connection,
  link: LinkReference,
  statistics: boolean,
): Promise<{ name: string; index: number; count: number | undefined; functions: VirtualFunction[] }> {
  const details = { virtualFunctions: true, virtualFunctionStatistics: statistics };
  const { name, index, numVf, vfinfoList = [] } = await getLink(connection, link, details);
  return { name, index, count: numVf, functions: vfinfoList.map(functionOf) };
}

/** Sets what is given of a virtual function, in one message. The kernel does one after the other. */
export async function changeVirtualFunction(
  connection: Connection,
  link: LinkReference,
  vf: number,
  settings: VirtualFunctionSettings,
): Promise<void> {
  const { header, attributes } = identify(link);
  await connection.request(
    RTM_SETLINK,
    { header, attributes: { ...attributes, vfinfoList: [valuesOf(vf, settings)] } },
    { subject: `${describeLink(link)}, virtual function ${vf}` },
  );
}
