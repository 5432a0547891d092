import { errnoNumber } from "../../base/errno.js";
import { type Cancellation, checkSignal, onAbort } from "../../base/signal.js";
import type { Host } from "../../host/host.js";
import { NetlinkError } from "../../kernel/error.js";
import type { Link } from "../../rtnetlink/link/link.js";
import type { LinkReference } from "../../rtnetlink/link/link-requests.js";
import type { Route, RouteSettings } from "../../rtnetlink/route/route-message.js";
import { type DhcpClient, startDhcpClient } from "../client/client.js";
import type { ClientLease } from "../client/client-lease.js";
import type { DhcpClientEvent } from "../client/events.js";
import type { DhcpClientSettings } from "../client/settings.js";
import { CLIENT_PORT } from "../ports.js";
import { openSegment } from "./segment.js";
import { thisBootsClock } from "./system-clock.js";

/** How a lease is kept for a link. */
export interface KeptLeaseSettings extends DhcpClientSettings, Cancellation {
  /** The metric of the routes that the server tells of. Undefined: 0. */
  readonly metric?: number | undefined;
  /** Is told what happens; `failed`: the kernel refused to set what the server gave. */
  readonly report?:
    ((event: DhcpClientEvent | { readonly event: "failed"; readonly error: unknown }) => void) | undefined;
}

/** A lease that is kept. */
export interface KeptLease extends Pick<DhcpClient, "confirm"> {
  /** The lease as it is; undefined while there is none. */
  readonly lease: ClientLease | undefined;
  /** Gives the address back, takes it from the link, and stops. */
  release(): Promise<void>;
  /** Stops, and leaves the address on the link until its lifetime is over: whoever is given the lease goes on with it. */
  close(): Promise<void>;
  /** As close. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** The routes that a lease tells of: routers are ignored where there are classless ones (RFC 3442). */
function routesOf({ options }: ClientLease): { destination: string; via: string }[] {
  if (options.classlessStaticRoutes !== undefined)
    return options.classlessStaticRoutes.map(({ destination, via }) => ({
      destination: destination === "0.0.0.0/0" ? "default" : destination,
      via,
    }));
  const [router] = options.routers ?? [];
  return router === undefined ? [] : [{ destination: "default", via: router }];
}

/** A route as a lease sets it. A router may be outside the subnet, or the link itself (RFC 3442). */
function settingsOf(link: Link, via: string, metric: number | undefined) {
  const way = via === "0.0.0.0" ? {} : { gateway: via, onlink: true };
  return { link, ...way, protocol: "dhcp", metric } as const;
}

/** Throws EEXIST where another link leads to a destination with the same metric: the kernel would put this way in the place of that. */
async function checkFree(host: Host, link: Link, destination: string, metric = 0): Promise<void> {
  const there = await host.routes.list({ family: "inet", destination, metric });
  const isOwn = (route: Route): boolean => (route.nexthops ?? [route]).some((way) => way.link === link.index);
  if (there.every(isOwn)) return;
  const refusal = { errno: errnoNumber("EEXIST"), syscall: "RTM_NEWROUTE", subject: destination };
  const kernelMessage = `another link leads there with the metric ${metric}`;
  throw new NetlinkError({ ...refusal, kernelMessage, hint: "with another metric, this way stands beside it" });
}

/**
 * Sets what a lease says; routes of the one before that it says no more go. What is refused of one route keeps nothing else from being set:
 * the first refusal is thrown when all is done.
 */
async function apply(
  host: Host,
  link: Link,
  lease: ClientLease,
  metric: number | undefined,
  before: ClientLease | undefined,
): Promise<void> {
  const routes = routesOf(lease);
  const lifetime = lease.leaseTime ?? "forever";
  const broadcast = lease.options.broadcastAddress ?? "+";
  await host.replaceAddress(link, `${lease.address}/${lease.prefixLength}`, {
    broadcast,
    validLifetime: lifetime,
    preferredLifetime: lifetime,
  });
  const refusals: unknown[] = [];
  const attempt = async (work: Promise<void>): Promise<void> => {
    await work.catch((error: unknown) => refusals.push(error));
  };
  const isSaid = ({ destination, via }: { destination: string; via: string }): boolean =>
    routes.some((each) => each.destination === destination && each.via === via);
  for (const { destination, via } of before === undefined ? [] : routesOf(before))
    if (!isSaid({ destination, via })) await attempt(removeRoute(host, destination, settingsOf(link, via, metric)));
  for (const { destination, via } of routes)
    await attempt(setRoute(host, destination, { ...settingsOf(link, via, metric), source: lease.address }));
  if (refusals.length > 0) throw refusals[0];
}

async function setRoute(host: Host, destination: string, settings: RouteSettings & { link: Link }): Promise<void> {
  await checkFree(host, settings.link, destination, settings.metric);
  await host.routes.replace(destination, settings);
}

async function removeRoute(host: Host, destination: string, settings: RouteSettings): Promise<void> {
  try {
    await host.routes.remove(destination, settings);
  } catch (error) {
    if (!(error instanceof NetlinkError) || error.code !== "ESRCH") throw error;
  }
}

/** Routes that have the address as their source go with it. */
async function withdraw(host: Host, link: Link, lease: ClientLease): Promise<void> {
  try {
    await host.removeAddress(link, `${lease.address}/${lease.prefixLength}`);
  } catch (error) {
    if (!(error instanceof NetlinkError) || (error.code !== "EADDRNOTAVAIL" && error.code !== "ENODEV")) throw error;
  }
}

/**
 * Gets a lease for a link by DHCPv4 and keeps it: its address, with its lifetime, and its routes are on the link when this resolves, are
 * renewed, and go when the lease is lost, or says so no more. A route by another link with the same metric is left alone (EEXIST): of a
 * first lease nothing is set then, of one that is renewed all else.
 * Resolvers and names are told in the lease, and set by nobody here. It holds UDP port 68 on the link: EADDRINUSE says that another
 * client is at work there. A server is waited for until `signal` aborts. Rejects
 * with InputError, and with what the kernel refuses of the first lease.
 */
export async function keepLease(
  host: Host,
  link: LinkReference,
  { metric, report = () => undefined, signal, ...settings }: KeptLeaseSettings = {},
): Promise<KeptLease> {
  checkSignal(signal);
  const transport = await openSegment(host, link, CLIENT_PORT);
  const clock = await thisBootsClock();
  let client: DhcpClient | undefined;
  let settle: { resolve: () => void; reject: (reason: unknown) => void };
  const first = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  let changes = Promise.resolve();
  let applied: ClientLease | undefined;
  let isKept = false;

  function change(work: () => Promise<void>, done?: () => void): void {
    changes = changes.then(work).then(done, (error: unknown) => {
      settle.reject(error);
      report({ event: "failed", error });
    });
  }

  function onEvent(event: DhcpClientEvent): void {
    if (event.event === "lease")
      change(async () => {
        const [before, { lease }] = [applied, event];
        if (before === undefined)
          for (const { destination } of routesOf(lease)) await checkFree(host, transport.link, destination, metric);
        applied = lease;
        await apply(host, transport.link, lease, metric, before);
        isKept = true;
      }, settle.resolve);
    else if (event.event === "lost")
      change(async () => {
        await withdraw(host, transport.link, event.lease);
        applied = undefined;
      });
    report(event);
  }

  async function close(): Promise<void> {
    client?.stop();
    await changes;
    await transport.close();
  }

  const forget = onAbort(signal, (reason) => settle.reject(reason));
  try {
    client = startDhcpClient(settings, { transport, clock, report: onEvent });
    await first.catch(async (reason: unknown) => {
      // A lease that was being set when the signal came is kept.
      await changes;
      if (!isKept) throw reason;
    });
  } catch (error) {
    await close();
    throw error;
  } finally {
    forget();
  }
  const running = client;
  return {
    get lease() {
      return running.lease;
    },
    confirm: running.confirm,
    async release() {
      running.release();
      await close();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
