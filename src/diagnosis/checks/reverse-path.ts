import { NetlinkError } from "../../kernel/error.js";
import type { Link } from "../../rtnetlink/link/link.js";
import type { Neighbour } from "../../rtnetlink/neighbour/neighbour-requests.js";
import type { Route } from "../../rtnetlink/route/route-message.js";
import type { Check, Found, Severity } from "../check.js";
import type { Observation } from "../observation.js";
import { otherIn } from "./routed-networks.js";

/** Stands for what is reached by a default route alone (RFC 5737). */
const ANYWHERE = "203.0.113.1";

/** Somebody whose packets come in by a link. */
interface Sender {
  readonly address: string;
  /** Who that is, in words. */
  readonly whose: string;
  readonly why: string;
  readonly severity: Severity;
  /** The network by which the link is a way to there: another way counts where it is of the same. */
  readonly destination?: string;
}

/** Of a link's neighbours and ways, those that are asked about: a router has a million. */
const MOST = 32;

/** Items by the links that they are of, a few of each. */
function fewByLink<T>(items: readonly T[], linksOf: (item: T) => readonly (number | undefined)[]): Map<number, T[]> {
  const few = new Map<number, T[]>();
  for (const item of items)
    for (const link of linksOf(item)) {
      if (link === undefined) continue;
      const those = few.get(link) ?? [];
      few.set(link, those);
      if (those.length < MOST) those.push(item);
    }
  return few;
}

/** The neighbours of IPv4 that answer on each link, as the kernel knows for sure. */
async function neighboursOf({ host }: Observation): Promise<Map<number, Neighbour[]>> {
  const known = (await host.neighbours.list({ family: "inet" })).filter(
    ({ state, lladdr }) => lladdr !== undefined && (state.includes("reachable") || state.includes("permanent")),
  );
  return fewByLink(known, ({ link }) => [link]);
}

/** The routes of IPv4 by each link that somebody gave. */
function waysOf({ routes }: Observation): Map<number, Route[]> {
  const given = routes.filter(
    ({ family, table, type, protocol }) =>
      family === "inet" && table === "main" && type === "unicast" && protocol !== "kernel",
  );
  return fewByLink(given, ({ link, nexthops = [] }) => [link, ...nexthops.map((each) => each.link)]);
}

/** Those that send by a link: its network, its neighbours, and those to whom it has a way, of which it may not be the first. */
function sendersBy(
  { addressesOf }: Observation,
  link: Link,
  neighbours: readonly Neighbour[],
  ways: readonly Route[],
  own: ReadonlySet<string>,
): Sender[] {
  const networks = addressesOf(link)
    .filter(({ family, scope }) => family === "inet" && scope === "global")
    .flatMap(({ address }): Sender[] => {
      const other = otherIn(address, own);
      const why = `${link.name} has ${address}`;
      return other === undefined ? [] : [{ address: other, whose: "from its own network", why, severity: "error" }];
    });
  const beyond = ways.flatMap(({ destination }): Sender[] => {
    const address = destination === "default" ? ANYWHERE : otherIn(destination, own);
    const whose = destination === "default" ? "from beyond its own network" : `from ${destination}`;
    const why = `${link.name} has a route to ${destination}, too`;
    return address === undefined ? [] : [{ address, whose, why, severity: "note", destination }];
  });
  const heard = neighbours.map(({ address }): Sender => ({
    address,
    whose: `from ${address}`,
    why: `${address} is a neighbour on ${link.name}`,
    severity: "error",
  }));
  return [...networks, ...heard, ...beyond];
}

/** Whether the kernel itself, asked as though such a packet had come in, refuses its source (fib_validate_source). */
async function isRefused({ host }: Observation, link: Link, from: string, to: string): Promise<boolean> {
  try {
    await host.routes.get(to, { from, iif: link.index });
    return false;
  } catch (error) {
    // EXDEV; EINVAL since Linux 6.14, which does not tell the reason.
    return error instanceof NetlinkError && (error.code === "EXDEV" || error.code === "EINVAL");
  }
}

export const reversePath: Check = {
  code: "reverse-path",
  severity: "error",
  symptom: "A link gets packets, as a capture shows, and the host answers none of them.",
  cause:
    "rp_filter is strict there, and the way back to their senders goes by another link: the kernel drops them. So it is with a second link in one network, with a guest's address that is routed to another TAP, and where the answer goes out by another provider.",
  remedy: "Set net.ipv4.conf.LINK.rp_filter to 2 (loose), and .all to 0 or 2; or mend the routes.",
  async find(observation) {
    const { host, addresses, links, nameOf, setting } = observation;
    const all = Number((await setting("net.ipv4.conf.all.rp_filter")) ?? 0);
    const owned = addresses.filter(({ family, scope }) => family === "inet" && scope === "global");
    const own = new Set(addresses.map(({ address }) => address.split("/")[0]!));
    const [neighbours, ways] = [await neighboursOf(observation), waysOf(observation)];
    const found: Found[] = [];
    for (const link of links) {
      const isPort = links.some(({ index, kind }) => index === link.master && kind !== "vrf");
      if (!link.up || link.carrier === false || link.flags.includes("loopback") || isPort) continue;
      const mode = Number((await setting(`net/ipv4/conf/${link.name}/rp_filter`)) ?? 0);
      if (Math.max(all, mode) !== 1) continue;
      // Where it has no address of its own, guests write to another of the host's.
      const to = (owned.find(({ index }) => index === link.index) ?? owned[0])?.address.split("/")[0];
      if (to === undefined) continue;
      for (const { address, whose, why, severity, destination } of sendersBy(
        observation,
        link,
        neighbours.get(link.index) ?? [],
        ways.get(link.index) ?? [],
        own,
      )) {
        const back = await host.routes.get(address, { from: to, match: true }).catch(() => undefined);
        if (back?.link === undefined || back.link === link.index) continue;
        if (destination !== undefined && back.destination !== destination) continue;
        if (!(await isRefused(observation, link, address, to))) continue;
        found.push({
          links: [link.name, nameOf(back.link)],
          severity,
          summary: `what comes in by ${link.name} ${whose} is dropped: the way back goes by ${nameOf(back.link)}`,
          evidence: [
            `net.ipv4.conf: all.rp_filter is ${all}, ${link.name}.rp_filter is ${mode}`,
            `${why}, and the route to ${address} goes by ${nameOf(back.link)}`,
          ],
          remedy: `linkwright sysctl set net/ipv4/conf/${link.name}/rp_filter=2, or mend the routes`,
        });
        break;
      }
    }
    return found;
  },
};
