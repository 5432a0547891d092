import { together } from "../../base/together.js";
import { NetlinkError } from "../../kernel/error.js";
import type { Connection } from "../../netlink/connection.js";
import { changeLink, getLink } from "../../rtnetlink/link/link-requests.js";
import { getLinkSummaries, getLinkSummary, type LinkSummary } from "../../rtnetlink/link/link-summary.js";
import { STACKED } from "../../rtnetlink/link/upper-links.js";
import { ifThere, linksAbove } from "../work/links-above.js";
import { addBack, addressesToLose } from "./lost-addresses.js";
import { LEAST_IPV6_MTU, type Loss } from "./goes-down.js";
import { addWaysBack, neighboursOver, waysOver, withoutIPv6 } from "./lost-routes.js";

interface Known {
  readonly index: number;
}

/** Puts back what is gone, over another connection if one is given. */
export type AddBack = (to?: Connection) => Promise<void>;

/** One after the other, whatever becomes of those before. Throws what the first that failed was refused with. */
export function inTurn(parts: readonly AddBack[]): AddBack {
  return async (to) => {
    const refusals: unknown[] = [];
    for (const part of parts) await part(to).catch((error: unknown) => refusals.push(error));
    if (refusals.length > 0) throw refusals[0];
  };
}

/** Whether a link has other routing tables than before: it went into a VRF, out of one, or from one to another. */
function changesTables(before: LinkSummary, now: LinkSummary): boolean {
  return before.master !== now.master && (before.slaveKind === "vrf" || now.slaveKind === "vrf");
}

async function summaryNow(connection: Connection, index: number): Promise<LinkSummary | undefined> {
  return (await getLinkSummaries(connection, [index]))[0];
}

/** A link that is on another gets its MTU and state back, which the kernel changes with the other's, where that one has its own. */
async function stand(connection: Connection, before: LinkSummary, lower: LinkSummary): Promise<void> {
  const [below, now] = await getLinkSummaries(connection, [lower.index, before.index]);
  if (below === undefined || now === undefined) return;
  if (below.mtu >= lower.mtu && now.mtu !== before.mtu) await changeLink(connection, before, { mtu: before.mtu });
  if (below.up && now.up !== before.up) await changeLink(connection, before, { up: before.up });
}

const LOSING: Readonly<Record<Loss, string>> = { all: "taken down", neighbours: "given another MAC" };

/** The same of one link alone, which may be on another. */
async function lastingOfOne(
  connection: Connection,
  before: LinkSummary,
  loss: Loss,
  lower?: LinkSummary,
): Promise<AddBack> {
  const { index, name } = before;
  const [addresses, ways] = await together(
    loss === "all"
      ? [addressesToLose(connection, index), waysOver(connection, index)]
      : [Promise.resolve([]), neighboursOver(connection, index)],
  );
  return async (to = connection) => {
    try {
      if (lower !== undefined) await stand(to, before, lower);
      const now = await summaryNow(to, index);
      if (now === undefined) return;
      const hasIPv6 = now.mtu >= LEAST_IPV6_MTU;
      if (hasIPv6) await addBack(to, { index, name }, addresses);
      if ((now.up || !before.up) && !changesTables(before, now))
        await addWaysBack(to, index, hasIPv6 ? ways : withoutIPv6(ways));
    } catch (error) {
      if (!(error instanceof NetlinkError) || error.hint !== undefined) throw error;
      throw error.with({ hint: `${name} was ${LOSING[loss]}, and this went with it and could not be put back` });
    }
  };
}

/** The other end of a veth, where it is in this namespace: it loses its carrier. */
async function peerOf(connection: Connection, { index, kind }: LinkSummary): Promise<LinkSummary | undefined> {
  if (kind !== "veth") return undefined;
  const { link, linkNetnsid } = await getLink(connection, index, { only: ["link", "linkNetnsid"] });
  return link === undefined || linkNetnsid !== undefined ? undefined : summaryNow(connection, link);
}

/**
 * Looks at what somebody gave a link, and those that are on it, and the kernel takes away when the link goes down: IPv6
 * addresses, routes and next hops over them, and neighbours. A VLAN goes down with it (net/8021q/vlan.c); others, and the other end
 * of a veth, lose their carrier, and with that next hops and neighbours (net/ipv4/nexthop.c, net/core/neighbour.c). What it gives puts
 * back what is gone; where a link stays down, or went into a VRF or out of one, which has routes of its own, only the addresses.
 * With another MAC only neighbours go, and those of VLANs that have the MAC of the link that they are on.
 */
export async function lossesOf(connection: Connection, { index }: Known, loss: Loss = "all"): Promise<AddBack> {
  const link = await getLinkSummary(connection, index);
  const peer = loss === "all" ? await peerOf(connection, link) : undefined;
  const ends = peer === undefined ? [link] : [link, peer];
  const known = new Map(ends.map((end) => [end.index, end]));
  const uppers = await linksAbove(connection, [...known.keys()], STACKED);
  const parts: AddBack[] = [];
  for (const end of ends) parts.push(await lastingOfOne(connection, end, loss));
  for (const upper of uppers) {
    const before = await summaryNow(connection, upper.index);
    if (before === undefined) continue;
    known.set(before.index, before);
    const part = await ifThere(lastingOfOne(connection, before, loss, known.get(upper.link!)));
    if (part !== undefined) parts.push(part);
  }
  return inTurn(parts);
}
