import type { AttributeTable } from "../netlink/attributes.js";
import type { Connection } from "../netlink/connection.js";
import { linkKinds } from "../rtnetlink/kinds/index.js";
import type { Values } from "../netlink/attributes.js";
import type { Link } from "../rtnetlink/link.js";
import {
  changeAlternativeNames,
  changeLink,
  checkLinkName,
  createLink,
  deleteLink,
  getLink,
  type LinkReference,
  type LinkSettings,
} from "../rtnetlink/link-requests.js";
import { explained } from "./hints.js";
import { checkTaken } from "./taken.js";
import { together } from "./together.js";

/** The kinds of link whose options are known. */
export type LinkKind = keyof typeof linkKinds;

/** A link's settings and its kind's options, side by side. */
export type KindSettings<K extends LinkKind> = Omit<LinkSettings, keyof Values<(typeof linkKinds)[K]>> &
  Values<(typeof linkKinds)[K]>;

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
  readonly altnames: readonly string[];
}

/** Throws InputError for a name that no link can have. */
export function newLink(name: string, kind: string, settings: object): NewLink {
  checkLinkName(name);
  const table = Object.hasOwn(linkKinds, kind) ? linkKinds[kind as LinkKind] : undefined;
  const { link, data } =
    table === undefined ? { link: settings as LinkSettings, data: {} } : splitSettings(table, settings);
  const { altnames = [], ...rest } = link;
  return { name, kind, settings: rest, data, altnames };
}

/** Creates a link in one message, in the namespace of a descriptor if one is given. */
export async function create(connection: Connection, wanted: NewLink, netNsFd?: number): Promise<void> {
  const { name, kind, settings, data } = wanted;
  const info = { kind, ...(Object.keys(data).length > 0 ? { data } : {}), ...settings.linkInfo };
  await explained(createLink(connection, name, { ...settings, netNsFd, linkInfo: info }), { kind, name });
}

/** Checks what was created and gives it its alternative names; removes it again when that fails. */
export async function complete(connection: Connection, wanted: NewLink, created: Link): Promise<Link> {
  try {
    checkTaken(created, "data", wanted.data);
    if (wanted.altnames.length === 0) return created;
    await changeAlternativeNames(connection, "add", created, wanted.altnames);
    return await getLink(connection, created);
  } catch (error) {
    await deleteLink(connection, created);
    throw error;
  }
}

/** Creates a link and reads it back, in one trip to the kernel. */
export async function addLink(connection: Connection, wanted: NewLink): Promise<Link> {
  const [, created] = await together([create(connection, wanted), getLink(connection, wanted.name)]);
  return complete(connection, wanted, created);
}

/** Changes a link; `altnames` becomes the whole list of its alternative names. */
export async function setLink(
  connection: Connection,
  link: LinkReference,
  { altnames, ...settings }: LinkSettings,
): Promise<void> {
  if (altnames !== undefined) await setAlternativeNames(connection, link, altnames);
  if (Object.values(settings).some((value) => value !== undefined)) await changeLink(connection, link, settings);
}

async function setAlternativeNames(
  connection: Connection,
  link: LinkReference,
  altnames: readonly string[],
): Promise<void> {
  const { index, altnames: present = [] } = await getLink(connection, link);
  const added = altnames.filter((name) => !present.includes(name));
  const removed = present.filter((name) => !altnames.includes(name));
  if (added.length > 0) await changeAlternativeNames(connection, "add", index, added);
  if (removed.length > 0) await changeAlternativeNames(connection, "remove", index, removed);
}

/** Changes the options of a kind of link, and checks that the kernel took them. */
export async function setKindOptions(
  connection: Connection,
  link: LinkReference,
  kind: LinkKind,
  settings: object,
): Promise<void> {
  const { link: more, data } = splitSettings(linkKinds[kind], settings);
  const { altnames, ...rest } = more;
  if (altnames !== undefined) await setAlternativeNames(connection, link, altnames);
  const [, after] = await together([
    changeLink(connection, link, { ...rest, linkInfo: { kind, data } }),
    getLink(connection, rest.name ?? link),
  ]);
  checkTaken(after, "data", data);
}
