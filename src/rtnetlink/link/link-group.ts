import type { Connection } from "../../netlink/connection.js";
import { NetlinkError } from "../../kernel/error.js";
import { RTM_DELLINK, RTM_NEWLINK } from "./link.js";

/** Deletes every link of a group, all in one grace period of the kernel but for bridges, which take one each. */
export async function deleteGroup(connection: Connection, group: number): Promise<void> {
  await connection.request(RTM_DELLINK, { attributes: { group } }, { subject: `group ${group}` });
}

/** An MTU that the kernel refuses of every link, so that nothing is changed: as a number with a sign it is -1. */
const NO_MTU = 0xffffffff;

/** Whether the kernel finds a link in a group that it is to change; undefined when it says something else. */
async function changesGroup(connection: Connection, group: number): Promise<boolean | undefined> {
  try {
    await connection.request(RTM_NEWLINK, { attributes: { group, mtu: NO_MTU } }, { subject: `group ${group}` });
    return false;
  } catch (error) {
    return error instanceof NetlinkError && error.code === "EINVAL" ? true : undefined;
  }
}

/**
 * Whether any link is in a group, without listing them: a group of links is told to take an MTU that none can have, which
 * the kernel refuses of the first that it finds (rtnl_group_changelink, net/core/rtnetlink.c). The same is tried on a group
 * that is `known` to have one: undefined when that is not refused, and so nothing can be said.
 */
export async function isGroupUsed(connection: Connection, group: number, known: number): Promise<boolean | undefined> {
  const [control, answer] = await Promise.all([changesGroup(connection, known), changesGroup(connection, group)]);
  return control === true ? answer : undefined;
}
