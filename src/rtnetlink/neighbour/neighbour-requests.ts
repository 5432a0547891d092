import { reported } from "../protocol/reported.js";
import type { Connection } from "../../netlink/connection.js";
import { errnoNumber } from "../../base/errno.js";
import { InputError } from "../../base/errors.js";
import { NetlinkError } from "../../kernel/error.js";
import { checkList } from "../../base/input.js";
import { type Message, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE } from "../../netlink/message.js";
import { AF_BRIDGE, AF_UNSPEC } from "../protocol/families.js";
import { describeLink, indexIfGiven, indexOf, type LinkReference } from "../link/link-requests.js";
import { type Family, familyNumber, familyOf, familyOfAddress } from "../protocol/network.js";
import {
  GIVABLE_FLAGS,
  type neighbourCacheinfo,
  neighbourFlags,
  type NeighbourHeader,
  type NeighbourValues,
  RTM_DELNEIGH,
  RTM_GETNEIGH,
  RTM_NEWNEIGH,
} from "./neighbour.js";

/** The state that a neighbour is in (NUD_*). */
export type NeighbourState = NeighbourHeader["state"][number] | "none";
/** What holds for a neighbour (NTF_*). */
export type NeighbourFlag = NeighbourHeader["flags"][number];

/** What can be said of a neighbour. */
export interface NeighbourSettings {
  /** Its link-layer address. */
  lladdr?: string | undefined;
  /** "permanent" unless given. */
  state?: NeighbourState | undefined;
  flags?: readonly NeighbourFlag[] | undefined;
  flagsExt?: NeighbourValues["flagsExt"] | undefined;
  protocol?: NeighbourValues["protocol"] | undefined;
}

/** Which of the two tables: that of neighbours, or that of the addresses that the host answers for. */
export interface NeighbourTable {
  /** The addresses that the host answers for in others' place. */
  readonly proxy?: boolean | undefined;
}

/** A neighbour on a link, as the kernel has it. */
export interface Neighbour extends NeighbourSettings {
  family: Family;
  /** Its IP address. */
  address: string;
  /** The link's index. */
  link: number;
  state: NeighbourState;
  flags: readonly NeighbourFlag[];
  /** What kind of address it is: "unicast", "multicast", … */
  type: NeighbourHeader["type"];
  /** Probes that were sent without an answer. */
  probes?: number;
  /** Milliseconds since it was confirmed, used and updated, and how many refer to it. */
  cacheinfo?: ReturnType<(typeof neighbourCacheinfo)["readAt"]>;
}

/** Which neighbours. The kernel filters by family, link, master and table, we by the rest. */
export interface NeighbourFilter extends NeighbourTable {
  readonly family?: Family | undefined;
  readonly link?: LinkReference | undefined;
  /** On ports of this link. */
  readonly master?: LinkReference | undefined;
  readonly address?: string | undefined;
  /** In one of these states. */
  readonly state?: readonly NeighbourState[] | undefined;
}

/** The neighbour that a message reports; undefined for what is none of IP's. */
export function neighbourOf({ header, attributes }: Message<NeighbourHeader, NeighbourValues>): Neighbour | undefined {
  const family = familyOf(header.family);
  const { dst, lladdr, probes, cacheinfo, flagsExt, protocol } = attributes;
  if (family === undefined || dst === undefined) return undefined;
  return reported<Neighbour>({
    family,
    address: dst,
    link: header.index,
    lladdr,
    state: header.state[0] ?? "none",
    flags: header.flags,
    flagsExt,
    type: header.type,
    protocol,
    probes,
    cacheinfo,
  });
}

/** What tells a neighbour, or an entry of a forwarding table, from others. */
export function neighbourKey({ header, attributes }: Message<NeighbourHeader, NeighbourValues>): string {
  const { dst, lladdr, vlan, port, vni, ifindex, srcVni, nhId, master } = attributes;
  const ofTable = header.family === AF_BRIDGE ? [lladdr, vlan, port, vni, ifindex, srcVni, nhId, master] : [];
  return JSON.stringify([header.family, header.index, dst, ...ofTable]);
}

/** Lists neighbours, or the addresses that the host answers for. */
export async function listNeighbours(connection: Connection, filter: NeighbourFilter): Promise<Neighbour[]> {
  const { address, state, proxy = false } = filter;
  if (state !== undefined) checkList(state, "state");
  const family = filter.family ?? (address === undefined ? undefined : familyOfAddress(address));
  const [link, master] = await Promise.all([
    indexIfGiven(connection, filter.link),
    indexIfGiven(connection, filter.master),
  ]);
  const header: Partial<NeighbourHeader> = {
    family: family === undefined ? AF_UNSPEC : familyNumber(family),
    flags: proxy ? ["proxy"] : [],
  };
  const replies = await connection.dump(
    RTM_GETNEIGH,
    { header, attributes: { ifindex: link, master } },
    { identity: neighbourKey },
  );
  return replies
    .map(neighbourOf)
    .filter((each) => each !== undefined)
    .filter(
      (each) =>
        (link === undefined || each.link === link) &&
        (address === undefined || each.address === address) &&
        (state === undefined || state.includes(each.state)),
    );
}

interface Key {
  readonly subject: string;
  readonly header: Partial<NeighbourHeader>;
  readonly attributes: NeighbourValues;
}

async function keyOf(
  connection: Connection,
  link: LinkReference,
  address: string,
  flags: readonly NeighbourFlag[],
): Promise<Key> {
  const family = familyNumber(familyOfAddress(address));
  const index = await indexOf(connection, link);
  return {
    subject: `${address} on ${describeLink(link)}`,
    header: { family, index, flags },
    attributes: { dst: address },
  };
}

/** One neighbour; ENOENT when there is none. */
export async function getNeighbour(
  connection: Connection,
  link: LinkReference,
  address: string,
  { proxy = false }: NeighbourTable,
): Promise<Neighbour> {
  const { subject, ...content } = await keyOf(connection, link, address, proxy ? ["proxy"] : []);
  const replies = await connection.request(RTM_GETNEIGH, content, { subject });
  const found = replies.map(neighbourOf).find((each) => each !== undefined);
  if (found !== undefined) return found;
  const kernelMessage = "it was acknowledged without a reply";
  throw new NetlinkError({ errno: errnoNumber("EBADMSG"), syscall: "RTM_GETNEIGH", subject, kernelMessage });
}

const GIVEN: readonly string[] = GIVABLE_FLAGS;

/**
 * Throws InputError for what the kernel would take no notice of: of an address that it answers for, it keeps flags alone, and one
 * that it is to use or to manage it looks for itself (net/core/neighbour.c).
 */
function checkNoticed({
  lladdr,
  state = "none",
  flags = [],
  flagsExt = [],
  proxy = false,
}: NeighbourSettings & NeighbourTable): void {
  const stray = flags.find((flag) => neighbourFlags.choices?.includes(flag) === true && !GIVEN.includes(flag));
  if (stray !== undefined) throw new InputError(`only entries of a forwarding table are ${stray}`, "flags");
  if (proxy) {
    if (lladdr !== undefined) throw new InputError("an address that is answered for has none", "lladdr");
    if (state !== "none") throw new InputError("an address that is answered for has none", "state");
    return;
  }
  const order = flags.includes("use") ? "use" : flagsExt.includes("managed") ? "managed" : undefined;
  if (order === undefined) return;
  const reason = `beside ${order} the kernel takes no notice of it, for it looks for the neighbour itself`;
  if (lladdr !== undefined) throw new InputError(reason, "lladdr");
  if (state !== "none") throw new InputError(reason, "state");
  if (flags.includes("router")) throw new InputError(`beside ${order} the kernel takes no notice of router`, "flags");
}

/** The states of a neighbour whose link-layer address is known (NUD_VALID of net/neighbour.h). */
const ADDRESSED: readonly NeighbourState[] = ["permanent", "noarp", "reachable", "probe", "stale", "delay"];

async function put(
  connection: Connection,
  link: LinkReference,
  address: string,
  settings: NeighbourSettings & NeighbourTable,
  creation: number,
): Promise<void> {
  const { lladdr, state = "permanent", flags = [], flagsExt, protocol } = settings;
  const managed = flagsExt?.includes("managed") === true || flags.includes("use");
  const proxy = settings.proxy === true || flags.includes("proxy");
  checkNoticed({ ...settings, proxy });
  if (!proxy && !managed && lladdr === undefined && ADDRESSED.includes(state))
    throw new InputError(`a neighbour that is ${state} needs one`, "lladdr");
  const key = await keyOf(connection, link, address, proxy ? [...flags, "proxy"] : flags);
  const isOpen = proxy || (managed && settings.state === undefined);
  await connection.request(
    RTM_NEWNEIGH,
    {
      flags: NLM_F_CREATE | creation,
      header: { ...key.header, state: isOpen || state === "none" ? [] : [state] },
      attributes: { ...key.attributes, lladdr, flagsExt, protocol },
    },
    { subject: key.subject },
  );
}

/** Adds a neighbour; EEXIST when it is known. */
export function addNeighbour(
  connection: Connection,
  link: LinkReference,
  address: string,
  settings: NeighbourSettings & NeighbourTable,
): Promise<void> {
  return put(connection, link, address, settings, NLM_F_EXCL);
}

/** Adds a neighbour, or changes the one that is known. */
export function replaceNeighbour(
  connection: Connection,
  link: LinkReference,
  address: string,
  settings: NeighbourSettings & NeighbourTable,
): Promise<void> {
  return put(connection, link, address, settings, NLM_F_REPLACE);
}

/** Forgets a neighbour; ENOENT when there is none. */
export async function removeNeighbour(
  connection: Connection,
  link: LinkReference,
  address: string,
  { proxy = false }: NeighbourTable,
): Promise<void> {
  const { subject, ...content } = await keyOf(connection, link, address, proxy ? ["proxy"] : []);
  await connection.request(RTM_DELNEIGH, content, { subject });
}

/** States that are kept unless they are named: somebody put them there, or the link knows no others. */
const LASTING: readonly NeighbourState[] = ["permanent", "noarp"];
/** What the neighbour or its link is gone with. */
const GONE = ["ENOENT", "ENODEV"];

/** Forgets neighbours, and gives those that were forgotten. */
export async function flushNeighbours(connection: Connection, filter: NeighbourFilter): Promise<Neighbour[]> {
  const { proxy = false, state } = filter;
  const known = await listNeighbours(connection, filter);
  const doomed = known.filter((each) => proxy || state !== undefined || !LASTING.includes(each.state));
  const results = await Promise.allSettled(
    doomed.map(({ link, address }) => removeNeighbour(connection, link, address, { proxy })),
  );
  for (const result of results)
    if (result.status === "rejected" && !(result.reason instanceof NetlinkError && GONE.includes(result.reason.code)))
      throw result.reason;
  return doomed.filter((_, place) => results[place]!.status === "fulfilled");
}
