import type { Destination } from "../../kernel/destination.js";
import type { Host } from "../../host/host.js";
import type { LinkKind, OtherKind } from "../../rtnetlink/link/link-kind.js";
import type { Link } from "../../rtnetlink/link/link.js";
import type { LinkSettings } from "../../rtnetlink/link/link-requests.js";
import type { Call } from "../commands.js";
import type { Report } from "../io.js";
import { create } from "../creating.js";
import { linkTable, namesAround } from "../link-table.js";
import { describeLink } from "../link-text.js";
import { removeNamed } from "../removal.js";
import { set as setOfKind } from "./kind.js";

/** A link as it is printed: its kind is the kernel's word, whether or not it is known here. */
function printed(link: Link): object {
  return link.kind === "other" ? { ...link, kind: link.linkInfo.kind } : link;
}

export async function list(host: Host, { options }: Call): Promise<Report> {
  const links = await host.links(options);
  const names = await namesAround(host, links);
  return { value: links.map(printed), text: (style) => linkTable(links, names, style) };
}

export async function show(host: Host, { links: [name = ""] }: Call): Promise<Report> {
  const link = await host.link(name);
  const names = await namesAround(host, [link]);
  return { value: printed(link), text: (style) => describeLink(link, names, style) };
}

type Settings = LinkSettings & { namespace?: Destination };

export async function add(host: Host, { operands: [name = ""], options }: Call): Promise<Report> {
  const { kind, ...words } = options as Settings & { kind: LinkKind | OtherKind };
  return { value: printed(await create(host, kind, name, words)) };
}

export async function set(host: Host, call: Call): Promise<Report> {
  const { kind, ...settings } = call.options as Settings & { kind?: LinkKind };
  if (kind !== undefined)
    return setOfKind({ kind, what: `of kind ${kind}`, shown: [] })(host, { ...call, options: settings });
  await host.setLink(call.links[0]!, settings);
  return { value: {} };
}

export const remove = removeNamed;
