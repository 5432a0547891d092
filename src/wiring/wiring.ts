import { checkKnown } from "../base/input.js";
import type { Cancellation } from "../base/signal.js";
import { NetlinkError } from "../kernel/error.js";
import { type Holder, tapHolders } from "../host/taps/tap-holders.js";
import type { Host } from "../host/host.js";
import type { ShownBridge, ShownInterface, ShownPort } from "../openvswitch/show.js";
import type { BridgeVlanStatus } from "../rtnetlink/bridge/bridge-vlan-requests.js";
import type { Link } from "../rtnetlink/link/link.js";

/** What passes a link, in bits a second. */
export interface Traffic {
  readonly received: number;
  readonly sent: number;
}

/** The links of a namespace, and how they hang together. */
export interface Wiring {
  readonly links: readonly Link[];
  /** The link of an index; undefined where there is none in this namespace. */
  link(index: number | undefined): Link | undefined;
  /** The ports of a bridge, bond, team or VRF. */
  portsOf(master: Link): readonly Link[];
  /** What stands on a link: VLANs, macvlans and macvtaps, tunnels that are bound to it. */
  above(link: Link): readonly Link[];
  /** What a link stands on; undefined for what stands by itself, and for the ends of a pair. */
  below(link: Link): Link | undefined;
  /** The other end of a veth or netkit, where it is in this namespace. */
  peerOf(link: Link): Link | undefined;
  /** A link's IP addresses, with the lengths of their prefixes: "10.0.0.1/24". */
  addressesOf(link: Link): readonly string[];
  /** The VLANs of a bridge's port, where the bridge filters by them. */
  vlansOf(link: Link): readonly BridgeVlanStatus[];
  /** Who has a TAP open; undefined where this user may not see that of every process. */
  holdersOf(link: Link): readonly Holder[] | undefined;
  /** The bridge of Open vSwitch that a link is the local port of. */
  switchOf(link: Link): ShownBridge | undefined;
  /** A link's port of Open vSwitch. */
  switchPortOf(link: Link): ShownPort | undefined;
  /** What passed a link while it was looked at; undefined unless that was asked for. */
  trafficOf(link: Link): Traffic | undefined;
}

/** What is read for a picture. */
export interface WiringOptions extends Cancellation {
  /** Milliseconds for which traffic is counted; it is not unless this is given. */
  readonly count?: number | undefined;
  /** The bridges of Open vSwitch, as its `show` has them: their ports hang on them, where both are links of this namespace. */
  readonly switches?: readonly ShownBridge[] | undefined;
  /** The folder that stands for "/", below which processes are looked up: "/" unless given. */
  readonly root?: string | undefined;
}

/** Whether a link is one end of a pair, whose IFLA_LINK is the other end. */
export function isPair({ kind }: Link): boolean {
  return kind === "veth" || kind === "netkit";
}

/** The index of what a link stands on, 0 for none in this namespace. The kernel tells a VXLAN's among its options alone. */
function indexBelow(link: Link): number {
  if (isPair(link) || link.linkNetnsid !== undefined || link.link === link.index) return 0;
  return link.link ?? (link.kind === "vxlan" ? link.linkInfo.data?.link : undefined) ?? 0;
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => number | undefined): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

async function vlansOf(host: Host): Promise<BridgeVlanStatus[]> {
  try {
    return await host.bridgeVlans.list();
  } catch (error) {
    // A kernel without CONFIG_BRIDGE_VLAN_FILTERING, or one before 5.6.
    if (error instanceof NetlinkError && error.code === "EOPNOTSUPP") return [];
    throw error;
  }
}

/** What Open vSwitch makes of links: bridges and ports by index. A name is not enough: the switch may be in another namespace. */
function switched(links: readonly Link[], switches: readonly ShownBridge[]) {
  const byName = new Map(links.map((link) => [link.name, link]));
  const linkOf = ({ name, mac }: ShownInterface): Link | undefined => {
    const link = byName.get(name);
    return link?.address === mac ? link : undefined;
  };
  const bridges = new Map<number, ShownBridge>();
  const ports = new Map<number, ShownPort>();
  const masters = new Map<number, number>();
  for (const bridge of switches) {
    const all = bridge.ports.flatMap((port) => port.interfaces.map((each) => ({ port, link: linkOf(each) })));
    const local = all.find(({ link }) => link?.name === bridge.name)?.link;
    if (local === undefined) continue;
    bridges.set(local.index, bridge);
    for (const { port, link } of all)
      if (link !== undefined && link !== local) {
        ports.set(link.index, port);
        masters.set(link.index, local.index);
      }
  }
  const hung = links.map((link) => (masters.has(link.index) ? { ...link, master: masters.get(link.index) } : link));
  return { links: hung, bridges, ports };
}

async function traffic(host: Host, every: number | undefined, signal?: AbortSignal): Promise<Map<number, Traffic>> {
  if (every === undefined) return new Map();
  for await (const rates of host.rates({ every, signal }))
    return new Map(
      rates.map(({ index, perSecond }) => [index, { received: 8 * perSecond.rxBytes, sent: 8 * perSecond.txBytes }]),
    );
  return new Map();
}

/**
 * Reads how a namespace is wired, by requests that change nothing. What only root may see of others' processes is left out for
 * other users. Throws NetlinkError and InputError.
 */
export async function wiringOf(host: Host, options: WiringOptions = {}): Promise<Wiring> {
  checkKnown(options, ["count", "root", "signal", "switches"], "the options of wiringOf");
  const { count, root = "/", signal, switches = [] } = options;
  const [found, addresses, vlans, passed] = await Promise.all([
    host.links({ signal }),
    host.addresses(),
    vlansOf(host),
    traffic(host, count, signal),
  ]);
  const { links, bridges, ports: switchPorts } = switched(found, switches);
  const byIndex = new Map(links.map((link) => [link.index, link]));
  const ports = grouped(links, ({ master }) => master);
  const below = (link: Link): Link | undefined => byIndex.get(indexBelow(link));
  const above = grouped(links, (link) => below(link)?.index);
  const owned = grouped(addresses, ({ index }) => index);
  const memberships = grouped(vlans, ({ index }) => index);
  await using namespace = await host.namespaceDescriptor();
  const holders = tapHolders(namespace, { root });
  const seesAll = process.geteuid?.() === 0 || root !== "/";
  return {
    links,
    link: (index) => byIndex.get(index ?? 0),
    portsOf: ({ index }) => ports.get(index) ?? [],
    above: ({ index }) => above.get(index) ?? [],
    below,
    peerOf: (link) => (isPair(link) && link.linkNetnsid === undefined ? byIndex.get(link.link ?? 0) : undefined),
    addressesOf: ({ index }) => (owned.get(index) ?? []).map(({ address }) => address),
    vlansOf: ({ index }) => memberships.get(index) ?? [],
    holdersOf: ({ name }) => holders.get(name) ?? (seesAll ? [] : undefined),
    switchOf: ({ index }) => bridges.get(index),
    switchPortOf: ({ index }) => switchPorts.get(index),
    trafficOf: ({ index }) => passed.get(index),
  };
}
