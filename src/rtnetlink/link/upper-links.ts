import type { Connection } from "../../netlink/connection.js";
import { dumpLinks } from "./link-dump.js";
import { type LinkExcerpt, linkReading } from "./link-excerpt.js";
import type { LinkKind } from "./link-kind.js";

/** What is read of links to see which is on which. */
export const STANDING = ["name", "link", "linkNetnsid", "kind"] as const;

/** A link that is on another. */
export type UpperLink = LinkExcerpt<(typeof STANDING)[number]>;

/** Links that take part in what comes and goes by the one that they are on. */
export const STACKED: readonly LinkKind[] = ["vlan", "macvlan", "macvtap", "ipvlan", "ipvtap", "macsec"];

/** Whether a link is on another one, of this namespace: the other end of a pair is not. */
export function isOn({ index, link, linkNetnsid, kind }: UpperLink, below: number): boolean {
  return link === below && index !== below && linkNetnsid === undefined && !isPair(kind);
}

const PAIRS: readonly (string | undefined)[] = ["veth", "netkit", "vxcan"];

/** Whether a link of this kind is one of two: what it reports as the link that it is on is the other end. */
export function isPair(kind: string | undefined): boolean {
  return PAIRS.includes(kind);
}

/** Every link of the namespace, as far as it says what it is on: the kernel cannot be asked for those that are on one. */
export async function listStanding(connection: Connection): Promise<UpperLink[]> {
  const { about, linkOf } = linkReading(STANDING);
  return (await dumpLinks(connection, { extMask: ["skipStats"] }, about)).map(linkOf);
}
