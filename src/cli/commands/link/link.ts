import type { Destination } from "../../../kernel/namespace-descriptor.js";
import type { Host } from "../../../host/host.js";
import type { LinkKind, OtherKind } from "../../../rtnetlink/link/link-kind.js";
import type { Link } from "../../../rtnetlink/link/link.js";
import { InputError } from "../../../base/errors.js";
import type { LinkFilter, LinkSettings } from "../../../rtnetlink/link/link-requests.js";
import { kindText } from "../../../wiring/link-text.js";
import type { Call, Command, Operand } from "../../command.js";
import type { Report } from "../../io.js";
import { create } from "./creating.js";
import { linkTable, namesAround, withAddressText } from "../../printing/link-table.js";
import { describeLink } from "../../printing/link-text.js";
import { linkScreen } from "../../printing/link-screen.js";
import { flag8 } from "../../../netlink/codecs/numbers.js";
import { wordOf } from "../../parsing/option.js";
import { removalSection, removeNamed } from "./removal.js";
import { checkNeeded, set as setOfKind } from "./kind.js";
import { linkSections } from "./link-words.js";

const LINK: Operand = { name: "NAME", choices: "link" };
const LINKS: Operand = { ...LINK, many: true };
const NEW: Operand = { name: "NAME", isNew: true };

/** A link as it is printed: its kind is the kernel's word, whether or not it is known here, and a tunnel's addresses are of IP. */
function printed(link: Link): object {
  return withAddressText(link.kind === "other" ? { ...link, kind: link.linkInfo.kind } : link);
}

/** A TAP is shown as one, though its kind is the kernel's "tun": so it is found, too. */
function isTap(kind: LinkFilter["kind"]): boolean {
  return typeof kind === "object" && kind.other === "tap";
}

export async function list(host: Host, { options }: Call): Promise<Report> {
  const filter = options as LinkFilter;
  const links = isTap(filter.kind)
    ? (await host.links({ ...filter, kind: "tun" })).filter((link) => kindText(link) === "tap")
    : await host.links(filter);
  const [names, addresses] = await Promise.all([namesAround(host, links), host.addresses()]);
  return { value: links.map(printed), text: (style) => linkTable(links, names, addresses, style) };
}

/** One screen: what it is, how it is, its addresses, what it stands on and what stands on it; `all` for the rest. */
export async function show(host: Host, { links: [name = ""], options }: Call): Promise<Report> {
  const link = await host.link(name);
  const { all = false } = options as { all?: boolean };
  const names = await namesAround(host, [link]);
  if (all) return { value: printed(link), text: (style) => describeLink(withAddressText(link), names, style) };
  const [addresses, ports, above] = await Promise.all([
    host.addresses({ link }),
    host.links({ master: link, only: ["name"] }),
    host.links({ on: link, only: ["name"] }),
  ]);
  const around = { names, addresses: addresses.map(({ address }) => address), ports, above };
  return { value: printed(link), text: (style) => linkScreen(link, around, style) };
}

type Settings = LinkSettings & { namespace?: Destination };

export async function add(host: Host, { operands: [name = ""], options }: Call): Promise<Report> {
  const { kind, ...words } = options as Settings & { kind: LinkKind | OtherKind };
  if (isTap(kind)) throw new InputError("a TAP is made by linkwright tap add", "kind");
  if (typeof kind === "string") checkNeeded(kind, words);
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

export const command: Command = {
  actions: {
    list: {
      summary: "list links",
      operands: [],
      options: [linkSections.linkFilter],
      run: list,
    },
    show: {
      summary: "print a link on one screen, or everything about it",
      operands: [LINK],
      options: [{ title: "How much", words: [wordOf("all", flag8, "everything that is known of it")] }],
      run: show,
    },
    add: {
      summary: "create a link",
      operands: [NEW],
      options: [linkSections.kind, linkSections.link],
      needsOption: true,
      run: add,
    },
    set: {
      summary: "change a link",
      operands: [LINK],
      options: [linkSections.link, linkSections.rename, linkSections.ofKind],
      needsOption: true,
      run: set,
    },
    delete: {
      summary: "remove links, all at once",
      operands: [LINKS],
      options: [removalSection],
      run: remove,
    },
  },
};
