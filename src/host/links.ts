import type { AttributeTable } from "../netlink/attributes.js";
import type { Connection } from "../netlink/connection.js";
import { linkKinds } from "../rtnetlink/kinds/index.js";
import type { Values } from "../netlink/attributes.js";
import type { Link } from "../rtnetlink/link.js";
import {
  changeAlternativeNames,
  changeLink,
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
  return { link: link as LinkSettings, data };
}

/** Creates a link of a kind, in one message, and reads it back. What cannot be set to the end is removed again. */
export async function addLink(connection: Connection, name: string, kind: string, settings: object): Promise<Link> {
  const table = Object.hasOwn(linkKinds, kind) ? linkKinds[kind as LinkKind] : undefined;
  const { link, data } =
    table === undefined ? { link: settings as LinkSettings, data: {} } : splitSettings(table, settings);
  const { altnames, ...rest } = link;
  const info = { kind, ...(Object.keys(data).length > 0 ? { data } : {}), ...rest.linkInfo };
  const [, created] = await together([
    explained(createLink(connection, name, { ...rest, linkInfo: info }), { kind, name }),
    getLink(connection, name),
  ]);
  try {
    checkTaken(created, "data", data);
    if (altnames === undefined) return created;
    await changeAlternativeNames(connection, "add", created, altnames);
    return await getLink(connection, created);
  } catch (error) {
    await deleteLink(connection, created);
    throw error;
  }
}

/** Creates a link that goes into another namespace at once. */
export async function addLinkElsewhere(
  connection: Connection,
  name: string,
  kind: string,
  settings: object,
  netNsFd: number,
): Promise<void> {
  const table = Object.hasOwn(linkKinds, kind) ? linkKinds[kind as LinkKind] : undefined;
  const { link, data } =
    table === undefined ? { link: settings as LinkSettings, data: {} } : splitSettings(table, settings);
  await explained(createLink(connection, name, { ...link, netNsFd, linkInfo: { kind, data } as never }), {
    kind,
    name,
  });
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
  const { link: rest, data } = splitSettings(linkKinds[kind], settings);
  const [, after] = await together([
    changeLink(connection, link, { ...rest, linkInfo: { kind, data } as never }),
    getLink(connection, rest.name ?? link),
  ]);
  checkTaken(after, "data", data);
}
