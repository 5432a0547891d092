import { checkWritable, type Settings } from "../../netlink/codecs/attributes.js";
import { errnoNumber } from "../../base/errno.js";
import { InputError, quoted, under } from "../../base/errors.js";
import { NetlinkError } from "../../kernel/error.js";
import { checkKnown, checkObject, checkSwitch } from "../../base/input.js";
import type { Connection } from "../../netlink/connection.js";
import {
  anyMessageType,
  type Message,
  type MessageContent,
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_EXCL,
} from "../../netlink/message.js";
import type { KindTables } from "../../netlink/codecs/nests.js";
import {
  type Outcome,
  type RequestCondition,
  sequenced,
  sequencedQuestion,
  type SequencedRequest,
} from "../../netlink/sequence.js";
import { template } from "../../netlink/template.js";
import { linkKinds, portKinds } from "./kinds/index.js";
import { dumpLinks } from "./link-dump.js";
import { linkReading, type Only } from "./link-excerpt.js";
import { isOn, STANDING } from "./upper-links.js";
import { kernelKind, type LinkKind, type OtherKind } from "./link-kind.js";
import { nameBytes } from "../../base/name-bytes.js";
import { type LinkSwitches, splitSwitches } from "./link-flags.js";
import {
  type Link,
  linkAttributes,
  linkFrom,
  type LinkHeader,
  linkOf,
  type LinkValues,
  RTM_DELLINK,
  RTM_DELLINKPROP,
  RTM_GETLINK,
  RTM_NEWLINK,
  RTM_NEWLINKPROP,
} from "./link.js";

/**
 * A link by its name or alternative name, its index, or anything that has an index. A byte of a name that is no UTF-8 is
 * spelled in hexadecimal behind a "%", as in "tap%ff".
 */
export type LinkReference = string | number | { readonly index: number; readonly name?: string | undefined };

/** What other messages say of a link, and the kernel takes no notice of where a link is set. */
const ASKED = ["altIfname", "extMask", "newNetnsid"] as const;

/** A link's attributes to be set, and its flags that are switched. */
export type LinkSettings = Omit<Settings<typeof linkAttributes>, (typeof ASKED)[number]> & LinkSwitches;

/** The link in the reply to an earlier request of a sequence, and what it was called there: a request gets its index as it is sent. */
export interface ResolvedLink {
  readonly resolved: string;
}

/** How the requests after a look at a link say which they mean: whatever link gets its name meanwhile, none but that one. */
export function resolved(link: LinkReference): LinkReference | ResolvedLink {
  return typeof link === "string" ? { resolved: link } : link;
}

/** What gives the index to a request and to as many `others` after it, when the look is so many requests `back`. */
export function resolving(link: LinkReference, back: number, others: number): RequestCondition[] {
  return typeof link === "string" ? [{ back, others }] : [];
}

const NAME_SIZE = 15;
const ALTERNATIVE_NAME_SIZE = 127;

/** Throws InputError for a name that no link can have. `escapes`: bytes that are no UTF-8 may be in it, spelled "%ff". */
export function checkLinkName(name: string, escapes = false): void {
  checkNameSize(name);
  if (escapes && /%[89a-f][0-9a-f]/i.test(name)) return checkLinkName(name.replace(/%[89a-f][0-9a-f]/gi, "x"));
  if (/\p{Surrogate}/u.test(name)) throw new InputError(`${quoted(name)} is not text, as a link's name must be`);
  if (name === "." || name === ".." || /[/:%\s\0]/.test(name))
    throw new InputError(
      `${JSON.stringify(name)} cannot be a link's name: "/", ":", "%" and spaces cannot be in it, "." and ".." cannot be it`,
    );
}

/** Throws InputError for a name that is empty or too long. */
export function checkNameSize(name: string): void {
  if (typeof name !== "string" || name === "") throw new InputError("a link needs a name");
  const size = nameBytes(name).length;
  if (size > NAME_SIZE)
    throw new InputError(`${JSON.stringify(name)} has ${size} bytes; a link's name has at most ${NAME_SIZE}`);
}

interface Identity {
  readonly header: Partial<LinkHeader>;
  readonly attributes: LinkValues;
}

/** The index that a link is given by. Throws InputError. */
export function indexIn(link: Exclude<LinkReference, string>): number {
  const index: unknown = typeof link === "object" && link !== null ? link.index : link;
  if (typeof index !== "number" || !Number.isInteger(index) || index < 1 || index > 0x7fffffff)
    throw new InputError(`${quoted(index)} is not a link's index`);
  return index;
}

/** Stands for the index until the request gets it: so it is seen that a name, if there is one, is a new one (brief.ts). */
export const UNTIL_RESOLVED = 0x7fffffff;

/** How a message says which link it means. */
export function identify(link: LinkReference | ResolvedLink): Identity {
  if (typeof link === "string") {
    const size = nameBytes(link).length;
    if (size === 0 || size > ALTERNATIVE_NAME_SIZE)
      throw new InputError(
        `${JSON.stringify(link)} has ${size} bytes; a link's name has 1 to ${NAME_SIZE}, an alternative name at most ${ALTERNATIVE_NAME_SIZE}`,
      );
    return { header: {}, attributes: size > NAME_SIZE ? { altIfname: link } : { name: link } };
  }
  if (isResolved(link)) return { header: { index: UNTIL_RESOLVED }, attributes: {} };
  return { header: { index: indexIn(link) }, attributes: {} };
}

/** Whether a link is given by an index. */
export function hasIndex(link: LinkReference | ResolvedLink): link is Exclude<LinkReference, string> {
  return typeof link !== "string" && !isResolved(link);
}

function isResolved(link: LinkReference | ResolvedLink): link is ResolvedLink {
  return typeof link === "object" && link !== null && "resolved" in link;
}

/** What a link is called in errors. */
export function describeLink(link: LinkReference | ResolvedLink): string {
  if (typeof link === "string") return link;
  if (isResolved(link)) return link.resolved;
  if (typeof link === "number") return `link ${link}`;
  return link.name ?? `link ${link.index}`;
}

/** What else to read of a link; the kernel is not asked for it otherwise. */
export interface LinkDetails {
  /** `vfinfoList`, the virtual functions: on some NICs this holds the kernel's lock for long. */
  readonly virtualFunctions?: boolean | undefined;
  /** `stats` of each virtual function: with them the list is longer, which fewer of them fit into. */
  readonly virtualFunctionStatistics?: boolean | undefined;
}

/** IPv6's own counters, of which there are some 50 a link, are never asked for. */
function extMask({ virtualFunctions = false, virtualFunctionStatistics = false }: LinkDetails): LinkValues {
  checkSwitch(virtualFunctions, "virtualFunctions");
  checkSwitch(virtualFunctionStatistics, "virtualFunctionStatistics");
  if (!virtualFunctions) return { extMask: ["skipStats"] };
  return { extMask: virtualFunctionStatistics ? ["vf"] : ["vf", "skipStats"] };
}

/**
 * Throws when the list of virtual functions has outgrown the 16 bits of its length, as that of some 200 does: what then
 * stands behind the first of them is read as something else.
 */
function checkVirtualFunctions(link: Link): Link {
  const { numVf = 0, vfinfoList = [], unknown = [], name } = link;
  const strays: readonly number[] = [linkAttributes.entries.vfinfoList[0], linkAttributes.entries.address[0]];
  if (vfinfoList.length >= numVf || !unknown.some(({ number }) => strays.includes(number))) return link;
  const refusal = { errno: errnoNumber("EMSGSIZE"), syscall: "RTM_GETLINK", subject: name };
  const kernelMessage = `the list of its ${numVf} virtual functions does not fit into an attribute`;
  throw new NetlinkError({ ...refusal, kernelMessage, hint: "this kernel can tell only of fewer" });
}

/** The one reply to a request for one thing. */
export function only<T>([reply]: readonly T[], subject: string): T {
  if (reply !== undefined) return reply;
  const refusal = { errno: errnoNumber("EBADMSG"), syscall: "RTM_GETLINK", subject };
  throw new NetlinkError({ ...refusal, kernelMessage: "it was acknowledged without a reply" });
}

/** One link, by one RTM_GETLINK. */
export async function getLink(
  connection: Connection,
  link: LinkReference,
  details: LinkDetails & Partial<Only> = {},
): Promise<Link> {
  const { header, attributes } = identify(link);
  const subject = describeLink(link);
  const { about, linkOf: read } = linkReading(details.only);
  const content = { header, attributes: { ...attributes, ...extMask(details) } };
  const replies = await (details.virtualFunctions
    ? connection.requestAlone(RTM_GETLINK, content, { subject, ...about })
    : connection.request(RTM_GETLINK, content, { subject, asks: true, ...about }));
  return checkVirtualFunctions(read(only(replies, subject)));
}

/** The same, as a request of a sequence. */
export function lookRequest(link: LinkReference | ResolvedLink): SequencedRequest {
  const { header, attributes } = identify(link);
  const content = { header, attributes: { ...attributes, ...extMask({}) } };
  return sequencedQuestion(RTM_GETLINK, content, { subject: describeLink(link), into: linkFrom });
}

/** What such a request came back with. */
export function linkIn(outcome: Outcome, link: LinkReference): Link {
  if (outcome.error !== undefined) throw outcome.error;
  return checkVirtualFunctions(linkOf(only(outcome.replies(), describeLink(link)) as Message<LinkHeader, LinkValues>));
}

/** Which links to list; the kernel leaves the others out. */
export interface LinkFilter extends LinkDetails {
  /** Ports of this link; 0 for those that are nobody's. */
  readonly master?: LinkReference | undefined;
  /** Links of this kind. */
  readonly kind?: LinkKind | OtherKind | undefined;
  /** Links that are on this one: VLANs, macvlans, tunnels, … The kernel cannot be asked for these: every link is looked at. */
  readonly on?: LinkReference | undefined;
}

const INDEX = { only: ["index"] } as const;

/** A link's index; asked for only when it is given by name. */
export async function indexOf(connection: Connection, link: LinkReference): Promise<number> {
  if (typeof link !== "string") return indexIn(link);
  try {
    return (await getLink(connection, link, INDEX)).index;
  } catch (error) {
    if (!(error instanceof NetlinkError) || error.code !== "ENODEV") throw error;
    throw error.with({ hint: "there is no such link in this network namespace" });
  }
}

/** The same, of a link that may not be given. */
export async function indexIfGiven(
  connection: Connection,
  link: LinkReference | undefined,
): Promise<number | undefined> {
  return link === undefined ? undefined : indexOf(connection, link);
}

/** The VXLANs whose packets leave by a link, which they name among their options alone. */
async function vxlansOver(connection: Connection, below: number): Promise<number[]> {
  const links = await listLinks(connection, { kind: "vxlan", only: ["linkInfo", "linkNetnsid"] });
  const isMeant = ({ linkInfo, linkNetnsid }: Link): boolean =>
    linkNetnsid === undefined && (linkInfo?.data as { link?: number } | undefined)?.link === below;
  return links.filter(isMeant).map(({ index }) => index);
}

/** A link; undefined when it is gone. */
async function getIfThere(connection: Connection, index: number, details: LinkDetails): Promise<Link | undefined> {
  try {
    return await getLink(connection, index, details);
  } catch (error) {
    if (error instanceof NetlinkError && error.code === "ENODEV") return undefined;
    throw error;
  }
}

/** The links that are on another, each looked at by itself. */
async function listUpper(
  connection: Connection,
  { on, master, kind, ...details }: LinkFilter & Partial<Only> & { readonly on: LinkReference },
): Promise<Link[]> {
  if (master !== undefined) throw new InputError("beside `on` there is no such filter", "master");
  const index = await indexOf(connection, on);
  const links = await listLinks(connection, { kind, only: STANDING });
  const tunnels = links.some((each) => each.kind === "vxlan") ? await vxlansOver(connection, index) : [];
  const upper = links.filter((each) => isOn(each, index) || tunnels.includes(each.index));
  const found = await Promise.all(upper.map((each) => getIfThere(connection, each.index, details)));
  return found.filter((each) => each !== undefined);
}

/** The links of the namespace, in the kernel's order; by index where they changed meanwhile (see dumpLinks). */
export async function listLinks(connection: Connection, filter: LinkFilter & Partial<Only> = {}): Promise<Link[]> {
  checkKnown(
    filter,
    ["master", "kind", "on", "only", "virtualFunctions", "virtualFunctionStatistics"],
    "a filter's conditions",
  );
  const { on } = filter;
  if (on !== undefined) return listUpper(connection, { ...filter, on });
  const kind = filter.kind === undefined ? undefined : kernelKind(filter.kind);
  const master =
    filter.master === undefined || filter.master === 0 ? filter.master : await indexOf(connection, filter.master);
  const wanted = {
    ...extMask(filter),
    master: master || undefined,
    linkInfo: kind === undefined ? undefined : { kind },
  };
  // What a kernel does not filter by is looked at here.
  const looked = [...(kind === undefined ? [] : ["linkInfo"]), ...(master === undefined ? [] : ["master"])];
  const { about, linkOf: read } = linkReading(filter.only, looked);
  const replies = await dumpLinks(connection, wanted, about);
  const links = replies.map((reply) => checkVirtualFunctions(read(reply)));
  // A kernel that does not know the kind does not filter by it.
  return links.filter(
    (link) =>
      (kind === undefined || link.linkInfo?.kind === kind) && (master === undefined || (link.master ?? 0) === master),
  );
}

/** Throws InputError for what the kernel would ignore without a word. */
function checkSettings({ altnames, linkInfo: info, ...rest }: LinkValues): void {
  if (info !== undefined) checkObject(info, "linkInfo");
  const asked = ASKED.find((name) => rest[name] !== undefined);
  if (asked !== undefined) throw new InputError("it is asked for or reported, and cannot be set", asked);
  if (altnames !== undefined) throw new InputError("alternative names are added and removed one by one", "altnames");
  checkWritable(linkAttributes, rest);
  const { kind, data, slaveKind, slaveData } = info ?? {};
  checkOptions("linkInfo.data", linkKinds, kind, data);
  checkOptions("linkInfo.slaveData", portKinds, slaveKind, slaveData);
}

function checkOptions(path: string, kinds: KindTables, kind: string | undefined, options: object | undefined): void {
  const table = kind === undefined || !Object.hasOwn(kinds, kind) ? undefined : kinds[kind];
  if (table === undefined || options === undefined) return;
  under(path, () => {
    checkWritable(table, options);
  });
}

/** A message's content. */
function contentOf(settings: LinkSettings): { header: Partial<LinkHeader>; attributes: LinkValues } {
  const { header, rest } = splitSwitches(settings);
  checkSettings(rest);
  return { header, attributes: rest };
}

/** Creates a link with everything that is given, in one message. */
export async function createLink(connection: Connection, name: string, settings: LinkSettings): Promise<void> {
  checkLinkName(name);
  const { header, attributes } = contentOf(settings);
  await connection.request(
    RTM_NEWLINK,
    { flags: NLM_F_CREATE | NLM_F_EXCL, header, attributes: { ...attributes, name } },
    { subject: name },
  );
}

/** Changes what is given of a link, in one message. A `name` renames it. */
export async function changeLink(connection: Connection, link: LinkReference, settings: LinkSettings): Promise<void> {
  const { header, attributes } = contentOf(settings);
  if (attributes.name !== undefined) {
    checkLinkName(attributes.name, true);
    if (typeof link === "string") link = { index: (await getLink(connection, link)).index, name: link };
  }
  const identity = identify(link);
  await connection.request(
    RTM_NEWLINK,
    { header: { ...header, ...identity.header }, attributes: { ...attributes, ...identity.attributes } },
    { subject: describeLink(link) },
  );
}

const UP = ["up"] as const;

function joinContent(
  port: LinkReference | ResolvedLink,
  master: number,
): MessageContent<LinkHeader, typeof linkAttributes.entries> {
  const { header, attributes } = identify(port);
  return { header: { ...header, flags: UP, change: UP }, attributes: { ...attributes, master } };
}

const joinTemplate = template(RTM_NEWLINK, NLM_F_ACK, 2, (port, master) => joinContent(port, master));
const NEWLINK = anyMessageType(RTM_NEWLINK);

/** Makes a link a port of a master and brings it up, as a request of a sequence. */
export function joinRequest(
  port: LinkReference | ResolvedLink,
  master: number,
  conditions: readonly RequestCondition[],
): SequencedRequest {
  const about = { subject: describeLink(port) };
  if (!hasIndex(port)) return sequenced(RTM_NEWLINK, joinContent(port, master), about, conditions);
  const written = joinTemplate(indexIn(port), master);
  return { messageType: NEWLINK, content: written.like, about, asks: false, conditions, written };
}

/** The same as changeLink, as a request of a sequence; a link that gets a name is not given by name. */
export function changeRequest(
  link: LinkReference | ResolvedLink,
  settings: LinkSettings,
  conditions: readonly RequestCondition[],
): SequencedRequest {
  const { header, attributes } = contentOf(settings);
  if (attributes.name !== undefined) checkLinkName(attributes.name, true);
  const identity = identify(link);
  return sequenced(
    RTM_NEWLINK,
    { header: { ...header, ...identity.header }, attributes: { ...attributes, ...identity.attributes } },
    { subject: describeLink(link) },
    conditions,
  );
}

/** Deletes a link. */
export async function deleteLink(connection: Connection, link: LinkReference): Promise<void> {
  await connection.request(RTM_DELLINK, identify(link), { subject: describeLink(link) });
}

/** Adds or removes alternative names. */
export async function changeAlternativeNames(
  connection: Connection,
  change: "add" | "remove",
  link: LinkReference,
  altnames: readonly string[],
): Promise<void> {
  const { header, attributes } = identify(link);
  await connection.request(
    change === "add" ? RTM_NEWLINKPROP : RTM_DELLINKPROP,
    { flags: change === "add" ? NLM_F_CREATE | NLM_F_EXCL : 0, header, attributes: { ...attributes, altnames } },
    { subject: describeLink(link) },
  );
}
