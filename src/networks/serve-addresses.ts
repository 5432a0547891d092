import { InputError } from "../base/errors.js";
import { advertiseRouter, type RouterService } from "../dhcp/links/advertise-router.js";
import { type DhcpService, serveDhcp } from "../dhcp/links/serve-dhcp.js";
import type { DhcpServerEvent } from "../dhcp/server/events.js";
import type { RouterAdvertisement } from "../dhcp/wire/router-advertisement.js";
import type { Host } from "../host/host.js";
import { NetlinkError } from "../kernel/error.js";
import type { Resting } from "../kernel/resting.js";
import { dhcpOf, type ResolvedNetwork, ownDns, planOf, toldResolvers, usesDnsmasq } from "./definition.js";
import { serveDnsmasq } from "./dnsmasq/serve-dnsmasq.js";
import type { SupervisorEvent } from "./dnsmasq/supervisor.js";
import type { NetworkFolders } from "./state-files.js";
import { guestTaps, guestReservations } from "./guest-taps.js";
import { leaseFileOf } from "./leases.js";
import { guestNames } from "./names/guest-names.js";
import type { KnownHosts } from "./names/local-answer.js";
import { type NamesService, serveNames } from "./names/serve-names.js";
import { networks } from "./networks.js";
import { resolversForGuests, resolversOf } from "./resolvers.js";

/** What guests of a network are told for as long as this is open. */
export interface NetworkService {
  /** Undefined where the network has no DHCPv4, or has it by dnsmasq. */
  readonly dhcp: DhcpService | undefined;
  /** Undefined where it has no IPv6. */
  readonly router: RouterService | undefined;
  /** What answers about names; undefined where others do. */
  readonly names: NamesService | undefined;
  /** Ends the service; guests keep their leases. */
  close(): Promise<void>;
  /** As close. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Why a network does not answer about names itself: guests are told of this machine's resolvers. */
export interface NoNamesEvent {
  readonly event: "noNames";
  readonly reason: string;
}

type ServiceEvent = DhcpServerEvent | SupervisorEvent | NoNamesEvent;

export interface ServeOptions extends NetworkFolders {
  /** Told of what happens meanwhile. */
  readonly report?: ((event: ServiceEvent) => void) | undefined;
  /** @internal Where its sockets rest. */
  readonly rest?: Resting | undefined;
}

/** Lifetimes in milliseconds (RFC 4861, 6.2.1). */
const ROUTER_LIFETIME = 1_800_000;
const PREFIX_LIFETIME = 86_400_000;

/** What a network's router says; guests that nobody takes outside have no router. */
function advertisementOf(plan: ResolvedNetwork, resolvers: readonly string[]): RouterAdvertisement | undefined {
  const six = plan.subnets.find(({ subnet }) => subnet.family === "inet6");
  if (six === undefined) return undefined;
  const lasting = { validLifetime: PREFIX_LIFETIME, preferredLifetime: PREFIX_LIFETIME };
  const addresses = resolvers.filter((address) => address.includes(":"));
  return {
    routerLifetime: plan.mode === "host-only" ? 0 : ROUTER_LIFETIME,
    options: {
      // Only prefixes of 64 bits make addresses (RFC 4862, 5.5.3).
      prefixes: [{ prefix: six.text, onLink: true, autonomous: six.subnet.length === 64, ...lasting }],
      ...(plan.mtu === undefined ? {} : { mtu: plan.mtu }),
      ...(addresses.length > 0 ? { recursiveDnsServers: [{ lifetime: ROUTER_LIFETIME, addresses }] } : {}),
      ...(plan.domain === undefined ? {} : { dnsSearchLists: [{ lifetime: ROUTER_LIFETIME, domains: [plan.domain] }] }),
    },
  };
}

interface Closing {
  /** Ends the service; guests keep their leases. */
  close(): Promise<void>;
}

/** A dnsmasq for a network, which keeps for guests' ports what they were promised, as they come and go. */
async function dnsmasqFor(
  host: Host,
  plan: ResolvedNetwork,
  resolvers: readonly string[],
  { report, ...folders }: NetworkFolders & { readonly report: (event: SupervisorEvent) => void },
): Promise<Closing> {
  const service = await serveDnsmasq(host, plan, resolvers, { ...folders, report });
  const ports = guestTaps(host, folders);
  const kept = async (): Promise<void> => {
    const own = (await ports.list()).filter((port) => port.network === plan.name);
    await service.keep(
      own.flatMap(({ address, mac, hostname }) => (address === undefined ? [] : [{ address, mac, hostname }])),
    );
  };
  let changes = kept();
  const watcher = await ports.watch(() => {
    changes = changes.then(kept).catch(() => undefined);
  });
  return {
    async close() {
      watcher.close();
      await changes.catch(() => undefined);
      await service.close();
    },
  };
}

/** Sockets of another bridge than that of now are none of the network's. */
async function restOn(host: Host, { bridge }: ResolvedNetwork, place: Resting): Promise<Resting> {
  const { index } = bridge === "" ? { index: 0 } : await host.link(bridge);
  return (name, open) => place(`${index}-${name}`, open);
}

/** Answers about names, by the network's own addresses; undefined where it is not to, or cannot, which is reported. */
async function namesFor(
  host: Host,
  plan: ResolvedNetwork,
  hosts: KnownHosts,
  { rest, report }: { readonly rest: Resting | undefined; readonly report: (event: ServiceEvent) => void },
): Promise<NamesService | undefined> {
  const own = usesDnsmasq(plan) ? undefined : ownDns(plan);
  if (own === undefined) return undefined;
  const addresses = plan.subnets.map(({ address }) => address);
  const ask = resolversOf(host, addresses);
  const resolvers = own.resolvers === undefined ? ask : () => Promise.resolve(own.resolvers!);
  try {
    return await serveNames(host, plan, { hosts, resolvers, rest });
  } catch (error) {
    if (!(error instanceof NetlinkError) || error.code !== "EADDRINUSE") throw error;
    report({ event: "noNames", reason: error.message });
    return undefined;
  }
}

/** The resolvers that guests are told of. */
async function resolversFor(plan: ResolvedNetwork, names: NamesService | undefined): Promise<readonly string[]> {
  if (names !== undefined) return plan.subnets.map(({ address }) => address);
  const told = toldResolvers(plan) ?? ownDns(plan)?.resolvers;
  return told ?? resolversForGuests();
}

/**
 * Gives the guests of a network that is up their addresses, by DHCPv4 and router advertisements, and answers about their names, until it is
 * closed. Rejects with InputError where the network is not up, and with EADDRINUSE where somebody serves it already.
 */
export async function serveNetwork(
  host: Host,
  name: string,
  { report = () => undefined, rest: place, ...folders }: ServeOptions = {},
): Promise<NetworkService> {
  const { active, definition } = await networks(host, folders).info(name);
  if (!active) throw new InputError(`the network ${name} is not up: start it first`, "name");
  const plan = planOf(definition);
  const rest = place && (await restOn(host, plan, place));
  // Copies of a guest have one client identifier, and MACs of their own.
  const served: { dhcp?: DhcpService } = {};
  const hosts = guestNames(plan, folders, () => served.dhcp?.leases() ?? []);
  const told = (event: ServiceEvent): void => {
    hosts.changed();
    report(event);
  };
  const open: Closing[] = [];
  const opened = <T extends Closing | undefined>(one: T): T => {
    if (one !== undefined) open.push(one);
    return one;
  };
  const close = async (): Promise<void> => {
    await Promise.all(open.splice(0).map((each) => each.close()));
  };
  try {
    const names = opened(await namesFor(host, plan, hosts, { rest, report }));
    const resolvers = await resolversFor(plan, names);
    const four = resolvers.filter((address) => !address.includes(":"));
    const settings = usesDnsmasq(plan) ? undefined : dhcpOf(plan, four);
    const prepare = guestReservations(folders, name, () => served.dhcp);
    const leaseFile = leaseFileOf(folders, name);
    const how = { ignoreClientId: true, leaseFile, prepare, rest, report: told };
    const dhcp = opened(settings && (await serveDhcp(host, plan.bridge, { ...settings, ...how })));
    if (dhcp !== undefined) served.dhcp = dhcp;
    if (usesDnsmasq(plan)) opened(await dnsmasqFor(host, plan, resolvers, { ...folders, report }));
    const advertisement = advertisementOf(plan, resolvers);
    const router = opened(advertisement && (await advertiseRouter(host, plan.bridge, { advertisement })));
    return { dhcp, router, names, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}
