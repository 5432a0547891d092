import { InputError } from "../../../base/errors.js";
import type { Host } from "../../../host/host.js";
import type { LinkKind } from "../../../rtnetlink/link/link-kind.js";
import { kebab } from "../../../netlink/codecs/words.js";
import type { Link } from "../../../rtnetlink/link/link.js";
import type { LinkReference } from "../../../rtnetlink/link/link-requests.js";
import type { Command, Handler, Operand } from "../../command.js";
import { create } from "./creating.js";
import { ADDRESS, linkColumn, masterColumn, MTU, NAME, namesAround, STATE } from "../../printing/link-table.js";
import { describeLink, optionText } from "../../printing/link-text.js";
import { type Column, table } from "../../printing/layout.js";
import { notOfKind } from "../../parsing/link-argument.js";
import { removeOfKind } from "./removal.js";
import { kindSections } from "./kind-sections.js";
import { linkSections } from "./link-words.js";

const NEW: Operand = { name: "NAME", isNew: true };

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

/** What a kind cannot be without, and how it is said. */
const NEEDED: Partial<Record<LinkKind, Readonly<Record<string, string>>>> = {
  vlan: { link: "link=eth0", id: "id=10" },
  macvlan: { link: "link=eth0" },
  macvtap: { link: "link=eth0" },
  vxlan: { id: "id=42" },
  geneve: { id: "id=42" },
};

/** Throws InputError for what a kind cannot be without, and is not given. */
export function checkNeeded(kind: LinkKind, options: object): void {
  const missing = Object.entries(NEEDED[kind] ?? {}).find(([option]) => !(option in options));
  const external = (options as { collectMetadata?: boolean }).collectMetadata === true;
  if (missing !== undefined && !external) throw new InputError(`a ${kind} needs it, as in ${missing[1]}`, missing[0]);
}

export function add({ kind }: CommandKind): Handler {
  return async (host, { operands: [name = ""], options }) => {
    checkNeeded(kind, options);
    return { value: await create(host, kind, name, options) };
  };
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

/** The sub-commands that every kind of link has. */
export function commandOf(which: CommandKind & { readonly kind: keyof typeof kindSections }, plural: string): Command {
  const { kind, what } = which;
  const { link, rename } = linkSections;
  const one: Operand = { name: "NAME", choices: "link", only: kind };
  return {
    actions: {
      list: { summary: `list ${plural}`, operands: [], run: list(which) },
      show: { summary: `print everything about ${what}`, operands: [one], run: show(which) },
      add: { summary: `create ${what}`, operands: [NEW], options: [kindSections[kind], link], run: add(which) },
      set: {
        summary: `change ${what}`,
        operands: [one],
        options: [kindSections[kind], link, rename],
        needsOption: true,
        run: set(which),
      },
      delete: { summary: `remove ${plural}, all at once`, operands: [{ ...one, many: true }], run: remove(which) },
    },
  };
}
