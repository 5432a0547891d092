import type { Connection } from "../../netlink/connection.js";
import { NetlinkError } from "../../kernel/error.js";
import { filesOf } from "../../kernel/sysfs.js";
import { getLink } from "../../rtnetlink/link/link-requests.js";
import { threadOf } from "../work/namespace.js";
import { macKeepers } from "./bridge-cache.js";

/** NET_ADDR_SET (linux/netdevice.h): somebody gave the link its MAC. */
const SET = "3";

/** Looks under way: a thousand ports that join a bridge in a turn ask once. */
const looks = new WeakMap<Connection, Map<number, Promise<boolean>>>();

async function look(connection: Connection, index: number): Promise<boolean> {
  const thread = threadOf(connection);
  if (thread === undefined) return false;
  try {
    const files = await filesOf(thread, await getLink(connection, index, { only: ["name", "address"] }));
    return (await files.read("addr_assign_type")) === SET;
  } catch (error) {
    if (error instanceof NetlinkError) return false;
    throw error;
  }
}

/**
 * Whether a bridge has a MAC of its own, which it then has for good. One that was given none has the lowest of its ports'
 * (net/bridge/br_stp_if.c).
 */
export async function hasOwnMac(connection: Connection, bridge: number): Promise<boolean> {
  const keepers = macKeepers(connection);
  if (keepers.has(bridge)) return true;
  const underWay = looks.get(connection) ?? new Map<number, Promise<boolean>>();
  looks.set(connection, underWay);
  const asked = underWay.get(bridge) ?? look(connection, bridge).finally(() => underWay.delete(bridge));
  underWay.set(bridge, asked);
  const isOwn = await asked;
  if (isOwn) keepers.add(bridge);
  return isOwn;
}
