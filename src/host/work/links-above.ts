import { together } from "../../base/together.js";
import { NetlinkError } from "../../kernel/error.js";
import { filesOf } from "../../kernel/sysfs.js";
import type { Connection } from "../../netlink/connection.js";
import { getLink } from "../../rtnetlink/link/link-requests.js";
import type { LinkKind } from "../../rtnetlink/link/link-kind.js";
import { isOn, listStanding, STANDING, type UpperLink } from "../../rtnetlink/link/upper-links.js";
import { threadOf } from "./namespace.js";

/** How sysfs calls what is on a link, or has it as a port (net/core/dev.c). */
const UPPER = "upper_";

/** Awaits what is asked of a link; undefined when that is gone. */
export async function ifThere<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof NetlinkError && error.code === "ENODEV") return undefined;
    throw error;
  }
}

/** The names in a link's folder of sysfs that stand for what is above it; undefined where sysfs cannot be had, or does not show the link. */
async function namesAbove(connection: Connection, index: number): Promise<string[] | undefined> {
  const thread = threadOf(connection);
  if (thread === undefined) return undefined;
  const link = await ifThere(getLink(connection, index, { only: ["name", "address"] }));
  if (link === undefined) return [];
  try {
    const names = await (await filesOf(thread, link)).list("");
    return names.filter((name) => name.startsWith(UPPER)).map((name) => name.slice(UPPER.length));
  } catch (error) {
    if (error instanceof NetlinkError) return undefined;
    throw error;
  }
}

/** What is on a link, by sysfs; undefined where it cannot be had so, or is being changed. */
async function directlyAbove(connection: Connection, index: number): Promise<UpperLink[] | undefined> {
  const names = await namesAbove(connection, index);
  if (names === undefined) return undefined;
  const links = await together(names.map((name) => ifThere(getLink(connection, name, { only: STANDING }))));
  return links.includes(undefined) ? undefined : (links as UpperLink[]).filter((each) => isOn(each, index));
}

/**
 * The links of some kinds that are on one of these links, or on one that is, as far as they are in this namespace: the lower
 * ones first. Netlink has no request for that: sysfs says what is on one link. Where it does not, every link is looked at.
 * Tunnels other than VXLANs are not among what it shows.
 */
export async function linksAbove(
  connection: Connection,
  below: readonly number[],
  kinds: readonly LinkKind[],
): Promise<UpperLink[]> {
  let all: UpperLink[] | undefined;
  const found: UpperLink[] = [];
  for (const floor of [...below]) await climb(floor);
  return found;

  async function climb(floor: number): Promise<void> {
    const shown = all === undefined ? await directlyAbove(connection, floor) : undefined;
    const links = shown ?? (all ??= await listStanding(connection)).filter((each) => isOn(each, floor));
    const meant = links.filter(({ kind }) => kinds.includes(kind as LinkKind));
    found.push(...meant);
    for (const { index } of meant) await climb(index);
  }
}
