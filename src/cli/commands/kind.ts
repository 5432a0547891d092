import type { Host } from "../../host/host.js";
import type { LinkKind } from "../../rtnetlink/link/link-kind.js";
import { kebab } from "../../netlink/words.js";
import type { Link } from "../../rtnetlink/link/link.js";
import type { LinkReference } from "../../rtnetlink/link/link-requests.js";
import type { Handler } from "../commands.js";
import { create } from "../creating.js";
import { ADDRESS, linkColumn, masterColumn, MTU, NAME, namesAround, STATE } from "../link-table.js";
import { describeLink, optionText } from "../link-text.js";
import { type Column, table } from "../print.js";
import { notOfKind, removeOfKind } from "../removal.js";

/** A kind that has a command of its own. */
export interface CommandKind {
  readonly kind: LinkKind;
  /** What one is called, such as "a VLAN". */
  readonly what: string;
  /** The options that a list shows. */
  readonly shown: readonly string[];
}

/** A link that must be of the kind. */
export async function ofKind(host: Host, name: LinkReference, { kind, what }: CommandKind): Promise<Link> {
  const link = await host.link(name);
  if (link.kind !== kind) throw notOfKind(link, what);
  return link;
}

export function list({ kind, shown }: CommandKind): Handler {
  return async (host) => {
    const links = await host.links({ kind });
    const names = await namesAround(host, links);
    const options = shown.map((property): Column<Link> => ({
      title: kebab(property).toUpperCase(),
      value: (link) => optionText(link, property, names),
    }));
    const columns = [NAME, linkColumn(names), ...options, STATE, MTU, ADDRESS, masterColumn(names)];
    return { value: links, text: (style) => table(columns, links, style) };
  };
}

export function show(which: CommandKind): Handler {
  return async (host, { links: [name = ""] }) => {
    const link = await ofKind(host, name, which);
    const names = await namesAround(host, [link]);
    return { value: link, text: (style) => describeLink(link, names, style) };
  };
}

export function add({ kind }: CommandKind): Handler {
  return async (host, { operands: [name = ""], options }) => ({ value: await create(host, kind, name, options) });
}

/** The change goes by `change`. */
export function setOf(
  which: CommandKind,
  change: (host: Host, link: Link, settings: object) => Promise<void>,
): Handler {
  return async (host, { links: [name = ""], options }) => {
    await change(host, await ofKind(host, name, which), options);
    return { value: {} };
  };
}

export function set(which: CommandKind): Handler {
  return setOf(which, (host, link, settings) => host.setKind(link, which.kind, settings));
}

export function remove({ kind, what }: CommandKind): Handler {
  return (host, call) => removeOfKind(host, call, kind, what);
}
