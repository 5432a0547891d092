import type { Connection } from "../../netlink/connection.js";
import { NetlinkError } from "../../kernel/error.js";
import { getLinkSummary } from "../../rtnetlink/link/link-summary.js";
import { changeLink, getLink, type LinkReference } from "../../rtnetlink/link/link-requests.js";
import { withJournal } from "../work/journal.js";

/** The index of the link below, if that is in the same namespace. */
async function lowerLinkIndex(connection: Connection, link: LinkReference): Promise<number | undefined> {
  const { link: below, linkNetnsid } = await getLink(connection, link);
  return linkNetnsid === undefined ? below : undefined;
}

function isLowerLinkDown(error: unknown): boolean {
  return error instanceof NetlinkError && error.code === "ENETDOWN" && error.attribute === undefined;
}

/** Brings a link up for what is above it, and takes it down again when that fails. */
async function withLinkUp<T>(connection: Connection, index: number, work: () => Promise<T>): Promise<T> {
  const { name, up } = await getLinkSummary(connection, index);
  if (up) return work();
  return withLowerLinkUp(
    connection,
    () => lowerLinkIndex(connection, index),
    () =>
      withJournal(connection, async (journal) => {
        await changeLink(connection, { index, name }, { up: true });
        journal.add({
          done: `${name} was brought up`,
          undo: `take ${name} down`,
          requests: (to) => changeLink(to, { index, name }, { up: false }),
        });
        return work();
      }),
  );
}

/**
 * Does what may bring a link up. The kernel refuses that of a VLAN while the link below is down (net/8021q/vlan_dev.c): then
 * that one comes up first, and what is below it.
 */
export async function withLowerLinkUp<T>(
  connection: Connection,
  findBelow: () => Promise<number | undefined>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isLowerLinkDown(error)) throw error;
    const below = await findBelow().catch(() => undefined);
    if (below === undefined) throw error;
    return withLinkUp(connection, below, work);
  }
}

/** The same for a link that exists, which goes by its index once it has been looked at. */
export async function withExistingLowerLinkUp<T>(
  connection: Connection,
  link: LinkReference,
  work: (link: LinkReference) => Promise<T>,
): Promise<T> {
  let same = link;
  const findBelow = async (): Promise<number | undefined> => {
    const { index, name, link: below, linkNetnsid } = await getLink(connection, link);
    same = { index, name };
    return linkNetnsid === undefined ? below : undefined;
  };
  return withLowerLinkUp(connection, findBelow, () => work(same));
}
