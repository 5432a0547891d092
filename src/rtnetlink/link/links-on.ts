import type { Connection } from "../../netlink/connection.js";
import { dumpLinks } from "./link-dump.js";
import { type LinkExcerpt, linkReading } from "./link-excerpt.js";
import type { LinkKind } from "./link-kind.js";

const FIELDS = ["name", "link", "linkNetnsid", "kind"] as const;

/** Links that take part in what comes and goes by the one that they are on. */
export const STACKED: readonly LinkKind[] = ["vlan", "macvlan", "macvtap", "ipvlan", "ipvtap", "macsec"];
/** Tunnels, which are on a link where that is said. */
const TUNNELS: readonly LinkKind[] = [
  ...(["vxlan", "gre", "gretap", "erspan", "ip6gre", "ip6gretap", "ip6erspan", "ipip", "sit"] as const),
  ...(["ip6tnl", "vti", "vti6", "xfrm"] as const),
];
/** All that can be on another link of the namespace. */
export const UPPER: readonly LinkKind[] = [...STACKED, ...TUNNELS];

/** A link that is on another. */
export type UpperLink = LinkExcerpt<(typeof FIELDS)[number]>;

/**
 * The links of some kinds. The kernel lists one kind after the other, and nothing else; of a kind that it does not know it
 * lists every link, which is all that has to be asked then.
 */
async function linksOf(connection: Connection, kinds: readonly LinkKind[]): Promise<UpperLink[]> {
  const { about, linkOf } = linkReading(FIELDS);
  const found: UpperLink[] = [];
  for (const kind of kinds) {
    const links = (await dumpLinks(connection, { extMask: ["skipStats"], linkInfo: { kind } }, about)).map(linkOf);
    if (links.some((link) => link.kind !== kind)) return links.filter((link) => kinds.includes(link.kind as LinkKind));
    found.push(...links);
  }
  return found;
}

/** The links of some kinds that are on one of these links, or on one that is, as far as they are in this namespace: the lower ones first. */
export async function linksOn(
  connection: Connection,
  below: readonly number[],
  kinds: readonly LinkKind[],
): Promise<UpperLink[]> {
  const links = (await linksOf(connection, kinds)).filter(({ linkNetnsid }) => linkNetnsid === undefined);
  const found: UpperLink[] = [];
  for (let floor = below; floor.length > 0;) {
    const next = links.filter(({ link }) => link !== undefined && floor.includes(link));
    found.push(...next);
    floor = next.map(({ index }) => index);
  }
  return found;
}
