import type { AttributeTable } from "../../netlink/codecs/attributes.js";
import type { Connection } from "../../netlink/connection.js";
import type { NetlinkError } from "../../kernel/error.js";
import { requirementsOf } from "../../rtnetlink/link/kinds/requirements.js";
import { linkKinds } from "../../rtnetlink/link/kinds/index.js";
import { getLink, type LinkReference } from "../../rtnetlink/link/link-requests.js";
import type { LinkKind } from "../../rtnetlink/link/link-kind.js";
import { refuse } from "../hints/own-refusals.js";
import { givenNames } from "./verify.js";

type Options = Readonly<Record<string, unknown>>;

/** The options that can be given again. */
function givable({ entries }: AttributeTable, options: object): Options {
  const known = Object.entries(options).filter(([name]) => Object.hasOwn(entries, name));
  return Object.fromEntries(known.filter(([name]) => entries[name]![1].readOnly !== true));
}

/** What is to be said of a kind's options for these to change, and the others to stay as they were. */
export function sayable(kind: string, table: AttributeTable, wanted: Options, before: object = {}): Options {
  const { forgets = false, alsoSay } = requirementsOf(kind);
  const all = { ...(forgets ? givable(table, before) : {}), ...wanted };
  return { ...all, ...alsoSay?.(wanted, before as Options) };
}

/**
 * The same of a link that has yet to be looked at, if its kind wants that: it goes by its index then. Throws InputError for
 * what cannot be together.
 */
export async function wholeOptions(
  connection: Connection,
  link: LinkReference,
  kind: LinkKind,
  wanted: Options,
): Promise<{ data: Options; link: LinkReference }> {
  const { forgets = false, alsoSay, check } = requirementsOf(kind);
  if (givenNames(wanted).length === 0) return { data: wanted, link };
  if (!forgets && alsoSay === undefined) {
    check?.(wanted);
    return { data: wanted, link };
  }
  const { kind: actual, index, name, linkInfo } = await getLink(connection, link);
  if (actual !== kind) throw refuse("EOPNOTSUPP", name, `it is not a ${kind}`);
  const said = sayable(kind, linkKinds[kind], wanted, linkInfo?.data);
  check?.(said);
  return { data: said, link: { index, name } };
}

/** Says why a kind's options could not be changed at all. */
export async function unchangeable(
  connection: Connection,
  link: LinkReference,
  kind: LinkKind,
  wanted: Options,
  error: NetlinkError,
): Promise<NetlinkError> {
  const now = await getLink(connection, link).catch(() => undefined);
  if (now !== undefined && now.kind !== kind) return refuse("EOPNOTSUPP", now.name, `it is not a ${kind}`);
  const { entries }: AttributeTable = linkKinds[kind];
  const fixed = givenNames(wanted).filter((each) => entries[each]?.[1].atCreation === true);
  const accused = error.attribute?.split(".").at(-1);
  if (accused !== undefined && !fixed.includes(accused)) return error;
  return fixed.length === 0 ? error : error.with({ hint: `${fixed.join(", ")} can be given only when it is created` });
}
