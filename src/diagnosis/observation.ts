import { builtin } from "../base/builtin.js";
import type { Host } from "../host/host.js";
import type { BridgeVlanStatus } from "../rtnetlink/bridge/bridge-vlan-requests.js";
import type { LegacyTables } from "../host/netfilter.js";
import type { ListedBaseChain } from "../netfilter/chains/base-chains.js";
import type { Ruleset } from "../netfilter/listing.js";
import type { SeenOpenVswitch } from "../openvswitch/seen.js";
import type { Address } from "../rtnetlink/address/address-requests.js";
import type { Link, LinkOf } from "../rtnetlink/link/link.js";
import type { Route } from "../rtnetlink/route/route-message.js";
import { NetlinkError } from "../kernel/error.js";
import { type Heard, listenOn } from "./listening.js";
import { monitorDrops, type PacketDrop } from "../genetlink/drop-monitor.js";
import { type Growth, grownSince, lossesOf } from "./losses.js";
import { type Machine, machineBelow } from "./machine.js";
import { type Moves, movesIn } from "./moves.js";
import { type Holder, tapHolders } from "../host/taps/tap-holders.js";

/** As many drops as say what happens. */
const MOST_DROPS = 1000;

/** What the checks look at: a host's state of one moment, and what changed while they looked. */
export interface Observation {
  readonly host: Host;
  readonly machine: Machine;
  readonly links: readonly Link[];
  readonly addresses: readonly Address[];
  /** Of all tables. */
  readonly routes: readonly Route[];
  /** Undefined where the kernel has no VLANs of bridges. */
  readonly vlans: readonly BridgeVlanStatus[] | undefined;
  /** None where the kernel has no nftables; undefined where they are not known, since this user may not look, or it failed. */
  readonly chains: readonly ListedBaseChain[] | undefined;
  /** The tables of iptables-legacy, whose rules are not read; undefined where this user may not look. */
  readonly legacyTables: LegacyTables | undefined;
  readonly holders: ReadonlyMap<string, readonly Holder[]>;
  /** By a link's index. */
  readonly growth: ReadonlyMap<number, Growth>;
  /** What the kernel's drop monitor told, if anything grew, in a pause after that, of the whole machine; undefined where it is not to be had. */
  readonly drops: readonly PacketDrop[] | undefined;
  /** MACs and addresses that went from one place to another and back, or on, between the two readings. */
  readonly moves: Moves;
  /** Milliseconds for which it was watched what moves. */
  readonly pause: number;
  /** Milliseconds that went by between the two readings of the counters. */
  readonly elapsed: number;
  /** Whether a frame may be sent where packets are lost, to see where it ends. */
  readonly probes: boolean;
  /** What bridges were heard to carry, by their index; nothing unless it was asked for. */
  readonly heard: ReadonlyMap<number, Heard>;
  /** Undefined where there is none, or it was not looked at. */
  readonly openVswitch: SeenOpenVswitch | undefined;
  /** A link's name. */
  nameOf(index: number | undefined): string;
  portsOf(master: Link): readonly Link[];
  bridges(): readonly LinkOf<"bridge">[];
  addressesOf(link: Link): readonly Address[];
  /** A sysctl's value; undefined where it is not there. */
  setting(name: string): Promise<string | undefined>;
  /** The rules of nftables; undefined where they are not known. */
  ruleset(): Promise<Ruleset | undefined>;
}

export interface ObservationOptions {
  /** The folder that stands for "/". */
  readonly root?: string | undefined;
  /** Milliseconds between the two readings of counters. */
  readonly pause?: number | undefined;
  /**
   * Milliseconds for which DHCP servers and routers are listened for on the bridges that are up, after a question to all that a guest
   * would ask, too. 0 unless given: no frame is sent. Some servers take 3 s to answer.
   */
  readonly listen?: number | undefined;
  /** Open vSwitch as `seeOpenVswitch()` saw it: what is wrong with its bridges and ports is found, too, and paths lead through them. */
  readonly openVswitch?: SeenOpenVswitch | undefined;
  /** Send a frame to each link that loses packets now, as probePath() does. False unless given. */
  readonly probe?: boolean | undefined;
}

/** What a kernel answers that lacks what it is asked about. */
const LACKING: readonly string[] = ["EOPNOTSUPP", "EPROTONOSUPPORT", "ENOENT", "EINVAL"];

/** What a request finds; undefined where the kernel lacks what it asks about, or this user may not ask. */
async function where<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof NetlinkError && [...LACKING, "EPERM", "EACCES", "EBUSY", "EAGAIN"].includes(error.code))
      return undefined;
    throw error;
  }
}

/** The chains of nftables that see packets: none where the kernel has no nftables, undefined where they are not known. */
async function chainsOf(host: Host): Promise<ListedBaseChain[] | undefined> {
  try {
    return await host.netfilter.baseChains();
  } catch (error) {
    if (!(error instanceof NetlinkError)) throw error;
    return LACKING.includes(error.code) ? [] : undefined;
  }
}

/** The rules of nftables; undefined where they are not known. */
async function rulesOf(host: Host): Promise<Ruleset | undefined> {
  try {
    return await host.netfilter.ruleset();
  } catch (error) {
    if (!(error instanceof NetlinkError)) throw error;
    return undefined;
  }
}

/** Hears the kernel's drop monitor for a pause, if it can and nobody else does. */
async function droppedIn(pause: number): Promise<readonly PacketDrop[] | undefined> {
  const drops: PacketDrop[] = [];
  const monitor = await where(monitorDrops((drop) => drops.length < MOST_DROPS && drops.push(drop)));
  if (monitor === undefined) return undefined;
  await new Promise((resolve) => setTimeout(resolve, pause));
  await monitor.close();
  return drops;
}

/** Whether a bond's ports have to be one group of the switch, which nobody but the switch knows. */
export function needsGroup(link: Link): boolean {
  const mode = link.kind === "bond" ? link.linkInfo.data.mode : undefined;
  return mode === "balance-rr" || mode === "balance-xor" || mode === "broadcast";
}

/** What a link answers that went, or went down, meanwhile. */
const GONE: readonly string[] = ["ENODEV", "ENXIO", "ENETDOWN"];

/** What the bridges that are up were heard to carry, and bonds that need a group of the switch's. */
async function heardOn(
  host: Host,
  links: readonly Link[],
  addresses: readonly Address[],
  time: number,
): Promise<Map<number, Heard>> {
  if (time === 0) return new Map();
  const neighbours = await host.neighbours.list();
  const asked = links.filter(
    (link) => link.up && (link.kind === "bridge" || (needsGroup(link) && link.master === undefined)),
  );
  const heard = await Promise.all(
    asked.map(async (link) => {
      const own = addresses.filter(({ index }) => index === link.index).map(({ address }) => address.split("/")[0]!);
      const others = neighbours.filter((each) => each.link === link.index).map(({ address }) => address);
      const ipv4 = [...new Set([...own, ...others])].filter((address) => !address.includes(":"));
      try {
        return [link.index, await listenOn(host, link, time, ipv4)] as const;
      } catch (error) {
        if (error instanceof NetlinkError && GONE.includes(error.code)) return undefined;
        throw error;
      }
    }),
  );
  return new Map(heard.filter((each) => each !== undefined));
}

/** Whether a descriptor is of the network namespace that this process is in. */
function isOwnNamespace(fd: number): boolean {
  const { fstatSync, statSync } = builtin("node:fs");
  return fstatSync(fd, { bigint: true }).ino === statSync("/proc/self/ns/net", { bigint: true }).ino;
}

/** Reads what the checks look at, by requests that change nothing. */
export async function observe(
  host: Host,
  { root = "/", pause = 500, listen = 0, probe = false, openVswitch }: ObservationOptions = {},
): Promise<Observation> {
  const machine = machineBelow(root);
  const before = await lossesOf(host);
  const begun = performance.now();
  const moving = movesIn(host, pause);
  // It is awaited beside what is listened to, unless something fails before.
  moving.catch(() => undefined);
  const [links, addresses, routes, vlans, chains, legacyTables] = await Promise.all([
    host.links(),
    host.addresses(),
    host.routes.list({ table: "all" }),
    where(host.bridgeVlans.list()),
    chainsOf(host),
    where(host.netfilter.legacyTables()),
  ]);
  await using namespace = await host.namespaceDescriptor();
  // What /run says of links by their index is of the namespace that this process is in; of another folder it is meant.
  const isElsewhere = root === "/" && !isOwnNamespace(namespace.fd);
  const [heard, moves] = await Promise.all([heardOn(host, links, addresses, listen), moving]);
  const growth = grownSince(before, await lossesOf(host));
  const elapsed = Math.round(performance.now() - begun);
  const anyGrew = [...growth.values()].some((each) => Object.values(each).some((count) => count > 0));
  const names = new Map(links.map(({ index, name }) => [index, name]));
  const settings = new Map<string, Promise<string | undefined>>();
  let ruleset: Promise<Ruleset | undefined> | undefined;
  return {
    host,
    machine: isElsewhere ? { ...machine, managerOf: () => undefined } : machine,
    links,
    addresses,
    routes,
    vlans,
    chains,
    legacyTables,
    holders: tapHolders(namespace, { root }),
    growth,
    drops: anyGrew ? await droppedIn(pause) : undefined,
    moves,
    pause,
    elapsed,
    probes: probe,
    heard,
    openVswitch,
    nameOf: (index) => names.get(index ?? 0) ?? `link ${index}`,
    portsOf: (master) => links.filter((link) => link.master === master.index),
    bridges: () => links.filter((link): link is LinkOf<"bridge"> => link.kind === "bridge"),
    addressesOf: (link) => addresses.filter(({ index }) => index === link.index),
    setting(name) {
      if (!settings.has(name)) settings.set(name, where(host.sysctl(name)));
      return settings.get(name)!;
    },
    ruleset: () => (ruleset ??= rulesOf(host)),
  };
}
