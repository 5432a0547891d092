import type { Connection } from "../../netlink/connection.js";
import { getLinkSummary } from "../../rtnetlink/link/link-summary.js";

/** Who has a name, in words; undefined when nobody has it. */
export async function whoHasName(connection: Connection, name: string): Promise<string | undefined> {
  const owner = await getLinkSummary(connection, name).catch(() => undefined);
  if (owner === undefined) return undefined;
  return owner.name === name
    ? `a link named ${name} exists already`
    : `${name} is an alternative name of ${owner.name} already`;
}
