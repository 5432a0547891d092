import { together } from "../base/together.js";
import type { Host } from "../host/host.js";
import { NetlinkError } from "../kernel/error.js";
import { addressNumber, addressText, subnetOf } from "../networks/subnet.js";
import { NLM_F_CREATE } from "../netlink/message.js";
import type { LinkReference } from "../rtnetlink/link/link-requests.js";
import { familyNumber, parseNetwork } from "../rtnetlink/protocol/network.js";
import { type RouteSettings, scopeOf } from "../rtnetlink/route/route-message.js";
import { CniError } from "./error.js";
import type { Result, ResultRoute } from "./result.js";

/** Milliseconds that duplicate address detection may take. */
const MOST_DAD = 10_000;

const isSix = (address: string): boolean => address.includes(":");

/** Scopes by their numbers (RT_SCOPE_*, linux/rtnetlink.h). */
const SCOPES = { 0: "global", 200: "site", 253: "link", 254: "host" } as const;

/** Writes a setting where there is one: a kernel without IPv6 has none of it. */
export async function setWhereThere(host: Host, name: string, value: number): Promise<void> {
  await host.setSysctl(name, value).catch((error: unknown) => {
    if (!(error instanceof NetlinkError) || error.code !== "ENOENT") throw error;
  });
}

function metricsOf({ mtu, advmss }: ResultRoute) {
  return mtu === undefined && advmss === undefined ? undefined : { mtu, advmss };
}

/**
 * Adds a route before those that there are to the same destination, or beside them where the family knows several ways: a container that
 * has several interfaces may have a default route by each.
 */
async function addBefore(container: Host, index: number, destination: string, settings: RouteSettings): Promise<void> {
  const { family = "inet", gateway, metric, metrics } = settings;
  const { address, length } = parseNetwork(destination, family);
  const table = typeof settings.table === "number" ? { table: settings.table } : {};
  await container.request("RTM_NEWROUTE", {
    flags: NLM_F_CREATE,
    header: {
      family: familyNumber(family),
      destinationLength: length,
      table: "main",
      protocol: "boot",
      scope: scopeOf(settings, family),
      type: "unicast",
    },
    attributes: { dst: address, gateway, oif: index, priority: metric, metrics, ...table },
  });
}

async function addRoute(container: Host, index: number, route: ResultRoute, { ips = [] }: Result): Promise<void> {
  const six = isSix(route.dst);
  const gateway = route.gw ?? ips.find((each) => each.gateway !== undefined && isSix(each.gateway) === six)?.gateway;
  const scope = route.scope === undefined ? undefined : SCOPES[route.scope as keyof typeof SCOPES];
  const settings: RouteSettings = {
    family: six ? "inet6" : "inet",
    link: index,
    gateway,
    protocol: "boot",
    metric: route.priority,
    table: route.table,
    scope: six ? undefined : scope,
    metrics: metricsOf(route),
  };
  await container.routes.add(route.dst, settings).catch(async (error: unknown) => {
    if (!(error instanceof NetlinkError) || error.code !== "EEXIST") throw error;
    await addBefore(container, index, route.dst, settings);
  });
}

/** An interface of a container. */
export type Inside = Required<Exclude<LinkReference, string | number>>;

/** What the kernel does with an interface by itself, before it has addresses: with `detect`, nobody else may be found to have one of IPv6. */
export async function settle(container: Host, { name }: Inside, { ips = [] }: Result, detect: boolean): Promise<void> {
  const setting = (family: "ipv4" | "ipv6", what: string): string => `net/${family}/conf/${name}/${what}`;
  const six = ips.some(({ address }) => isSix(address));
  const ofSix = six
    ? [
        setWhereThere(container, "net/ipv6/conf/lo/disable_ipv6", 0),
        container.setSysctl(setting("ipv6", "disable_ipv6"), 0),
        setWhereThere(container, setting("ipv6", "keep_addr_on_down"), 1),
      ]
    : [];
  await together([
    setWhereThere(container, setting("ipv6", "accept_dad"), detect ? 1 : 0),
    setWhereThere(container, setting("ipv4", "arp_notify"), 1),
    ...ofSix,
  ]);
}

/**
 * Gives a container's interface, which is settled, the addresses and routes of a result, and brings it up. Addresses of IPv6 can be used
 * at once, or with `detect` when nobody else is found to have them.
 */
export async function configure(container: Host, inside: Inside, result: Result, detect: boolean): Promise<void> {
  const { ips = [], routes = [] } = result;
  for (const { address } of ips)
    await container.addAddress(
      inside,
      address,
      isSix(address) ? { flags: detect ? [] : ["nodad"] } : { broadcast: "+" },
    );
  await container.setLink(inside, { up: true });
  const six = ips.some(({ address }) => isSix(address));
  if (six && detect) await container.waitFor(inside, "addresses", { timeout: MOST_DAD });
  for (const route of routes) await addRoute(container, inside.index, route, result);
}

/** Brings a container's interface up, with what a result has for it. */
export async function bringUp(container: Host, inside: Inside, result: Result): Promise<void> {
  if (result.ips === undefined) return void (await container.setLink(inside, { up: true }));
  await settle(container, inside, result, false);
  await configure(container, inside, result, false);
}

/** An address as the kernel spells it, with the length of its prefix. */
function withLength(address: string): string {
  const { family, length } = subnetOf(address);
  return `${addressText(family, addressNumber(address))}/${length}`;
}

/** Throws CniError unless a container's interface has the addresses and the routes of a result. */
export async function checkConfigured(
  container: Host,
  ifname: string,
  { ips = [], routes = [] }: Result,
): Promise<void> {
  const { index } = await container.link(ifname, { only: ["name"] });
  const has = new Set((await container.addresses({ link: ifname })).map(({ address }) => address));
  for (const { address } of ips)
    if (!has.has(withLength(address))) throw new CniError("notAsAdded", `${ifname} lacks the address ${address}`);
  if (routes.length === 0) return;
  const there = await container.routes.list({ table: "all" });
  for (const { dst, gw } of routes) {
    const destination = /^(0\.0\.0\.0|::)\/0$/.test(dst) ? "default" : dst;
    const same = there.some(
      (route) =>
        route.destination === destination &&
        (route.family === "inet6") === isSix(dst) &&
        (gw === undefined || route.gateway === gw) &&
        (route.link === undefined || route.link === index),
    );
    if (!same)
      throw new CniError("notAsAdded", `the container lacks the route to ${dst}${gw === undefined ? "" : ` by ${gw}`}`);
  }
}
