import type { Connection } from "../../netlink/connection.js";
import { NetlinkError } from "../../kernel/error.js";
import { getLinkSummary } from "../../rtnetlink/link/link-summary.js";
import { addBack, lastingAddresses } from "./lasting-addresses.js";
import { addWaysBack, waysOver } from "./lasting-routes.js";

interface Known {
  readonly index: number;
  readonly name: string;
}

/** Puts back what is gone, over another connection if one is given. */
export type AddBack = (to?: Connection) => Promise<void>;

/**
 * Looks at what somebody gave a link and the kernel takes away when it goes down: IPv6 addresses, routes and next hops over
 * it, and neighbours. What it gives puts back what is gone; where the link stays down, or went into a VRF or out of one,
 * which has routes of its own, only the addresses.
 */
export async function lastingOf(connection: Connection, { index, name }: Known): Promise<AddBack> {
  const { slaveKind } = await getLinkSummary(connection, index);
  const addresses = await lastingAddresses(connection, index);
  const ways = await waysOver(connection, index);
  return async (to = connection) => {
    try {
      await addBack(to, { index, name }, addresses);
      const now = await getLinkSummary(to, index);
      const changesTables = now.slaveKind !== slaveKind && (now.slaveKind === "vrf" || slaveKind === "vrf");
      if (now.up && !changesTables) await addWaysBack(to, index, ways);
    } catch (error) {
      if (!(error instanceof NetlinkError) || error.hint !== undefined) throw error;
      throw error.with({ hint: `${name} was taken down, and this went with it and could not be put back` });
    }
  };
}
