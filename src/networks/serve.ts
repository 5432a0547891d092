import { InputError } from "../base/errors.js";
import { advertiseRouter, type RouterService } from "../dhcp/links/advertise-router.js";
import { type DhcpService, serveDhcp } from "../dhcp/links/serve-dhcp.js";
import type { DhcpServerEvent } from "../dhcp/server/events.js";
import type { RouterAdvertisement } from "../dhcp/wire/router-advertisement.js";
import type { Host } from "../host/host.js";
import { dhcpOf, type NetworkPlan, planOf, usesDnsmasq } from "./definition.js";
import { serveDnsmasq } from "./dnsmasq/serve-dnsmasq.js";
import type { SupervisorEvent } from "./dnsmasq/supervisor.js";
import type { NetworkFolders } from "./files.js";
import { guestPorts, guestReservations } from "./guest-ports.js";
import { leaseFileOf } from "./leases.js";
import { networks } from "./networks.js";
import { resolversForGuests } from "./resolvers.js";

/** What guests of a network are told for as long as this is open. */
export interface NetworkService {
  /** Undefined where the network has no DHCPv4, or has it by dnsmasq. */
  readonly dhcp: DhcpService | undefined;
  /** Undefined where it has no IPv6. */
  readonly router: RouterService | undefined;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface ServeOptions extends NetworkFolders {
  readonly report?: ((event: DhcpServerEvent | SupervisorEvent) => void) | undefined;
}

/** Lifetimes in milliseconds (RFC 4861, 6.2.1). */
const ROUTER_LIFETIME = 1_800_000;
const PREFIX_LIFETIME = 86_400_000;

/** What a network's router says; guests that nobody takes outside have no router. */
function advertisementOf(plan: NetworkPlan, resolvers: readonly string[]): RouterAdvertisement | undefined {
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
  close(): Promise<void>;
}

/** A dnsmasq for a network, which keeps for guests' ports what they were promised, as they come and go. */
async function dnsmasqFor(
  host: Host,
  plan: NetworkPlan,
  resolvers: readonly string[],
  { report, ...folders }: NetworkFolders & { readonly report: (event: SupervisorEvent) => void },
): Promise<Closing> {
  const service = await serveDnsmasq(host, plan, resolvers, { ...folders, report });
  const ports = guestPorts(host, folders);
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

/**
 * Gives the guests of a network that is up their addresses, by DHCPv4 and router advertisements, until it is closed. Rejects with
 * InputError where the network is not up, and with EADDRINUSE where somebody serves it already.
 */
export async function serveNetwork(
  host: Host,
  name: string,
  { report = () => undefined, ...folders }: ServeOptions = {},
): Promise<NetworkService> {
  const { active, definition } = await networks(host, folders).info(name);
  if (!active) throw new InputError(`the network ${name} is not up: start it first`, "name");
  const plan = planOf(definition);
  const resolvers = definition.dns ?? (definition.mode === "host-only" ? [] : await resolversForGuests());
  const settings = usesDnsmasq(plan)
    ? undefined
    : dhcpOf(
        plan,
        resolvers.filter((address) => !address.includes(":")),
      );
  const advertisement = advertisementOf(plan, resolvers);
  const leaseFile = leaseFileOf(folders, name);
  // Copies of a guest have one client identifier, and MACs of their own.
  const served: { dhcp?: DhcpService } = {};
  const prepare = guestReservations(folders, name, () => served.dhcp);
  const dhcp =
    settings && (await serveDhcp(host, plan.bridge, { ...settings, ignoreClientId: true, leaseFile, prepare, report }));
  if (dhcp !== undefined) served.dhcp = dhcp;
  let router: RouterService | undefined;
  let dnsmasq: Closing | undefined;
  try {
    dnsmasq = usesDnsmasq(plan) ? await dnsmasqFor(host, plan, resolvers, { ...folders, report }) : undefined;
    router = advertisement && (await advertiseRouter(host, plan.bridge, { advertisement }));
  } catch (error) {
    await Promise.all([dhcp?.close(), dnsmasq?.close()]);
    throw error;
  }
  const close = async (): Promise<void> => {
    await Promise.all([dhcp?.close(), dnsmasq?.close(), router?.close()]);
  };
  return { dhcp, router, close, [Symbol.asyncDispose]: close };
}
