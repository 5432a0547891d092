import type { Connection } from "../../netlink/connection.js";
import { InputError } from "../../base/errors.js";
import { checkMac } from "../../netlink/codecs/internet.js";
import { checkState, type FdbFlag, type FdbWords, settableStates } from "../../rtnetlink/bridge/fdb.js";
import { getLinkSummary } from "../../rtnetlink/link/link-summary.js";
import type { LinkReference } from "../../rtnetlink/link/link-requests.js";

/** A link, as far as forwarding tables go. */
export interface FdbLink {
  readonly index: number;
  readonly name: string;
  readonly kind: string | undefined;
  /** Index of the bridge that the link is a port of. */
  readonly bridge: number | undefined;
  /** Whose table is meant: the bridge's that the link is a port of, or the link's own. A bridge's own is the bridge's. */
  readonly table: "self" | "master";
}

/** What only a tunnel's entries have. */
export const TUNNEL_WORDS = ["dst", "port", "vni", "via", "srcVni", "nhId"] as const;

/** Which table an entry on a link belongs to: that which its flags name, else a tunnel's own, else the bridge's. */
export async function fdbLinkOf(connection: Connection, link: LinkReference, words: FdbWords): Promise<FdbLink> {
  const { index, name, kind, master, slaveKind } = await getLinkSummary(connection, link);
  const bridge = slaveKind === "bridge" ? master : undefined;
  const { flags = [] } = words;
  if (flags.includes("self") && flags.includes("master"))
    throw new InputError("self and master are two tables: one entry goes into one of them", "flags");
  const isTunnel = TUNNEL_WORDS.some((word) => words[word] !== undefined);
  const guess = bridge === undefined || isTunnel ? "self" : "master";
  const table = flags.includes("self") ? "self" : flags.includes("master") ? "master" : guess;
  return { index, name, kind, bridge, table };
}

/** Whether it is a bridge's table, rather than a device's own. */
export function inBridge({ kind, table }: FdbLink): boolean {
  return table === "master" || kind === "bridge";
}

/** The flags of a message about an entry there. */
export function tableFlags({ table }: FdbLink, flags: readonly FdbFlag[] = []): readonly FdbFlag[] {
  return [table, ...flags.filter((flag) => flag !== table)];
}

/** Flags of what a bridge learns, or is told that another program has learned: such an entry is dynamic. */
const LEARNING: readonly FdbFlag[] = ["use", "extLearned"];

/** The state of an entry for which none is given: one that neither ages nor is taken for the host's own, where that can be. */
function defaultState({ table }: FdbLink, flags: readonly FdbFlag[]): "permanent" | "static" | "dynamic" {
  if (table !== "master") return "permanent";
  return flags.some((flag) => LEARNING.includes(flag)) ? "dynamic" : "static";
}

/** Throws InputError for a tunnel's words about what is none: the kernel would take no notice of them. */
export function checkTunnel({ kind, name }: FdbLink, words: FdbWords): void {
  const word = TUNNEL_WORDS.find((each) => words[each] !== undefined);
  if (word !== undefined && kind !== "vxlan")
    throw new InputError(`only a VXLAN's entries have it, and ${name} is none`, word);
}

/** Of what can be said of any entry, that which only some tables take notice of (net/bridge/br_fdb.c, net/core/rtnetlink.c). */
const NOTICED_BY_BRIDGES: readonly string[] = ["vlan", "sticky", ...LEARNING, "activityNotify", "dontRefresh"];
/** The same of VXLANs, which keep these flags, and what they mean to others (drivers/net/vxlan/vxlan_core.c). */
const NOTICED_BY_VXLANS: readonly string[] = ["router", "extLearned", "offloaded", "sticky", "proxy"];

function noticedBy(place: FdbLink): readonly string[] {
  if (inBridge(place)) return NOTICED_BY_BRIDGES;
  // Other devices refuse a VLAN themselves.
  return place.kind === "vxlan" ? NOTICED_BY_VXLANS : ["vlan"];
}

/** Throws InputError for what the kernel would take no notice of. */
function checkNoticed(place: FdbLink, { flags = [], vlan, protocol, activityNotify, dontRefresh }: FdbWords): void {
  const noticed = noticedBy(place);
  const whose = inBridge(place) ? "a bridge" : `the table of ${place.name}`;
  const flag = flags.find((each) => each !== place.table && !noticed.includes(each));
  if (flag !== undefined) throw new InputError(`${whose} takes no notice of ${flag}`, "flags");
  const others = Object.entries({ vlan, protocol, activityNotify, dontRefresh });
  const other = others.find(([word, value]) => value !== undefined && !noticed.includes(word));
  if (other !== undefined) throw new InputError(`${whose} takes no notice of it`, other[0]);
}

/** Throws InputError for what the kernel takes no notice of beside "use": it learns the address from it, and that is all. */
function checkOrder({ flags = [], activityNotify, dontRefresh, protocol }: FdbWords): void {
  if (!flags.includes("use")) return;
  const reason = "beside use the kernel takes no notice of";
  const flag = flags.find((each) => !["use", "master", "self"].includes(each));
  if (flag !== undefined) throw new InputError(`${reason} ${flag}`, "flags");
  const other = Object.entries({ activityNotify, dontRefresh, protocol }).find(([, value]) => value !== undefined);
  if (other !== undefined) throw new InputError(`${reason} it`, other[0]);
}

/** What is said of an entry that is to be put there. Throws InputError for what the kernel refuses without a word, or ignores. */
export function wordsFor<W extends FdbWords>(place: FdbLink, address: string, words: W): W {
  checkMac(address);
  const { flags = [] } = words;
  const state = words.state ?? defaultState(place, flags);
  checkState(state, settableStates);
  checkTunnel(place, words);
  checkNoticed(place, words);
  checkOrder(words);
  if (inBridge(place)) {
    if (/^(00:){5}00$/.test(address)) throw new InputError("a bridge forwards nothing to the MAC of zeros", "address");
    if ((parseInt(address.slice(0, 2), 16) & 1) === 1)
      throw new InputError(
        `${address} is a multicast MAC, which a bridge never looks up here: it belongs into the multicast table (mdb)`,
        "address",
      );
    if (place.kind === "bridge" && state !== "permanent")
      throw new InputError("an entry on the bridge itself is permanent: it is the host's own", "state");
    if (place.kind === "bridge" && flags.includes("use"))
      throw new InputError("a bridge learns what is behind its ports, not what is on itself", "flags");
    if (place.kind !== "bridge" && state !== "dynamic" && flags.some((flag) => LEARNING.includes(flag)))
      throw new InputError("an entry that is learned is dynamic", "state");
    if (state === "permanent" && flags.includes("sticky"))
      throw new InputError("an entry that is permanent cannot be sticky, too: make it static", "flags");
  }
  return { ...words, state, flags: tableFlags(place, flags) };
}
