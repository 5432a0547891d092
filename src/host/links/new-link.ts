import type { AttributeTable } from "../../netlink/codecs/attributes.js";
import type { Connection } from "../../netlink/connection.js";
import { InputError } from "../../base/errors.js";
import { checkObject } from "../../base/input.js";
import { requirementsOf } from "../../rtnetlink/link/kinds/requirements.js";
import type { VethPeer } from "../../rtnetlink/link/kinds/pairs/veth.js";
import { linkKinds } from "../../rtnetlink/link/kinds/index.js";
import type { Link } from "../../rtnetlink/link/link.js";
import { isLinkKind } from "../../rtnetlink/link/link-kind.js";
import {
  changeLink,
  checkLinkName,
  createLink,
  deleteLink,
  getLink,
  type LinkSettings,
} from "../../rtnetlink/link/link-requests.js";
import type { Destination } from "../../kernel/namespace-descriptor.js";
import { addAlternativeNames, checkAlternativeNames } from "./alternative-names.js";
import { withCause } from "../hints/late-hints.js";
import { type Operation, withJournal } from "../work/journal.js";
import { checkLinkTaken, checkTaken, givenNames, refusable } from "./verify.js";
import { together } from "../../base/together.js";

/** The other end of a veth. */
export type VethPeerSettings = VethPeer & { readonly namespace?: Destination | undefined };

/** Parts what goes into the link's attributes from what goes into its kind's. */
export function splitSettings(
  table: AttributeTable,
  settings: object,
): { link: LinkSettings; data: Record<string, unknown> } {
  const link: Record<string, unknown> = {};
  const data: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(settings)) {
    if (value !== undefined) (Object.hasOwn(table.entries, name) ? data : link)[name] = value;
  }
  return { link: link, data };
}

/** A link to be created. */
export interface NewLink {
  readonly name: string;
  readonly kind: string;
  readonly settings: LinkSettings;
  /** The kind's options. */
  readonly data: Record<string, unknown>;
  /** What the kernel takes only of a link that exists; it comes up then, if there is something. */
  readonly later: LinkSettings;
  readonly altnames: readonly string[];
}

/** What the kernel ignores, without a word, in the message that creates a link. */
const LATER = ["alias", "afSpec", "carrier", "protoDown", "protoDownReason", "xdp"] as const;

/** Parts what goes into the message that creates a link from what is set then. */
function parted(kind: string, settings: LinkSettings): { first: LinkSettings; later: LinkSettings } {
  const first = { ...settings };
  const later: LinkSettings = {};
  const postpone = <K extends keyof LinkSettings>(name: K): void => {
    if (first[name] !== undefined) later[name] = first[name];
    delete first[name];
  };
  for (const name of LATER) postpone(name);
  // A bridge's MTU follows its ports until it is changed; to what it is already is no change.
  if (kind === "bridge") postpone("mtu");
  if (later.mtu === USUAL_MTU) first.mtu = USUAL_MTU - 1;
  if (givenNames(later).length > 0) postpone("up");
  return { first, later };
}

const USUAL_MTU = 1500;

/** What a new link gets from arguments and options of their own, and would not get from its settings. */
const ELSEWHERE = {
  name: "the name is given before the settings",
  netNsFd: "see namespace",
  netNsPid: "see namespace",
};

function checkElsewhere(settings: LinkSettings): void {
  for (const [name, where] of Object.entries(ELSEWHERE))
    if (settings[name as keyof typeof ELSEWHERE] !== undefined) throw new InputError(where, name);
  if (settings.linkInfo !== undefined) checkObject(settings.linkInfo, "linkInfo");
}

/** Throws InputError for a name that no link can have. */
export function newLink(name: string, kind: string, settings: LinkSettings): NewLink {
  checkLinkName(name);
  checkElsewhere(settings);
  const table: AttributeTable | undefined = isLinkKind(kind) ? linkKinds[kind] : undefined;
  const { link, data } = table === undefined ? { link: settings, data: {} } : splitSettings(table, settings);
  const { needsLink = false, alsoSay, check } = requirementsOf(kind);
  if (needsLink && link.link === undefined) throw new InputError(`a link of kind ${kind} needs the link below`, "link");
  const missing = Object.entries(table?.entries ?? {}).find(
    ([property, [, codec]]) => codec.mandatory === true && data[property] === undefined,
  );
  if (missing !== undefined) throw new InputError(`a link of kind ${kind} needs it: ${missing[1][2]}`, missing[0]);
  check?.(data);
  const { altnames = [], ...rest } = link;
  checkAlternativeNames(altnames, name);
  const { first, later } = parted(kind, rest);
  return { name, kind, settings: first, data: { ...data, ...alsoSay?.(data, {}) }, later, altnames };
}

/** Creates a link in one message, in the namespace of a descriptor if one is given. */
export async function create(connection: Connection, wanted: NewLink, netNsFd?: number): Promise<void> {
  const { name, kind, settings, data } = wanted;
  const info = { kind, ...(Object.keys(data).length > 0 ? { data } : {}), ...settings.linkInfo };
  const peer = ((data.peer ?? data.peerInfo) as VethPeer | undefined)?.name;
  const circumstances = { kind, name: peer === undefined ? name : `${name} or ${peer}` };
  const suspects = { path: "linkInfo.data", names: Object.keys(data), besides: refusable(settings) } as const;
  const attempt = { name: netNsFd === undefined ? name : undefined, kind, settings, data, below: settings.link };
  try {
    await createLink(connection, name, { ...settings, netNsFd, linkInfo: info });
  } catch (error) {
    throw await withCause(connection, error, attempt, circumstances, suspects);
  }
}

/** Gives a link what the kernel takes only of one that exists. */
async function changeLater(
  connection: Connection,
  created: Link,
  settings: LinkSettings,
  data: NewLink["data"],
): Promise<void> {
  const below = created.linkNetnsid === undefined ? created.link : undefined;
  try {
    await changeLink(connection, created, settings);
  } catch (error) {
    throw await withCause(connection, error, { settings, data, below }, { carrier: settings.carrier !== undefined });
  }
}

/** That a link was created. */
export function creation({ index, name }: { readonly index: number; readonly name: string }): Operation {
  return {
    done: `${name} was created`,
    undo: `delete ${name}`,
    requests: (to) => deleteLink(to, { index, name }),
  };
}

/** Checks what was created and gives it what comes later; removes it again when that fails. */
export function complete(connection: Connection, wanted: NewLink, created: Link): Promise<Link> {
  return withJournal(connection, async (journal) => {
    journal.add(creation(created));
    const { settings, data, later, altnames } = wanted;
    checkLinkTaken(created, settings, true);
    checkTaken(created, "data", data);
    const isLater = givenNames(later).length > 0;
    if (!isLater && altnames.length === 0) return created;
    if (isLater) await changeLater(connection, created, later, data);
    await addAlternativeNames(connection, created, altnames);
    return await getLink(connection, created);
  });
}

/** Creates a link and reads it back, in one message to the kernel. */
export async function addLink(connection: Connection, wanted: NewLink): Promise<Link> {
  const [, created] = await together([create(connection, wanted), getLink(connection, wanted.name)]);
  return complete(connection, wanted, created);
}

/**
 * Brings the peer of a new veth up: the kernel cannot do so in the message that creates the pair, for it is not connected
 * yet. `there` speaks to the peer's namespace. When it fails, the pair is removed again.
 */
export async function bringPeerUp(there: Connection, peer: number, name: string): Promise<void> {
  await withJournal(there, async (journal) => {
    journal.add(creation({ index: peer, name }));
    await changeLink(there, peer, { up: true });
  });
}
