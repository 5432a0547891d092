import { attributes, type Entries } from "../../netlink/codecs/attributes.js";
import { unspoken } from "../../netlink/codecs/codec.js";
import { InputError, quoted } from "../../base/errors.js";
import { checkList, unknownOption } from "../../base/input.js";
import { type Message, type MessageType } from "../../netlink/message.js";
import type { About } from "../../netlink/pending.js";
import { ifinfomsg } from "./link-attributes.js";
import { isLinkKind } from "./link-kind.js";
import { type Link, linkAttributes, linkFrom, type LinkHeader, linkInfo, linkOf, type LinkValues } from "./link.js";

/** What a link can be asked for. */
export type LinkField = keyof Link;

/** What to read of links: nothing but this, beside the index. The rest of what the kernel says is passed over. */
export interface Only<K extends LinkField = LinkField> {
  readonly only: readonly K[];
}

/** A link, as far as it was asked for. */
export type LinkExcerpt<K extends LinkField> = Pick<Link, K | "index">;

/** How links are read: all of what the kernel says, or some. */
export interface LinkReading {
  readonly about: Pick<About, "reply" | "into">;
  /** The link that a message reports. */
  readonly linkOf: (message: Message<LinkHeader, LinkValues>) => Link;
}

const WHOLE: LinkReading = { about: { into: linkFrom }, linkOf };

const HEADED: readonly string[] = ["index", "type", "flags", "up"];
const SKIP = { others: "skip" } as const;
const word = attributes("IFLA_INFO", () => ({ kind: linkInfo.entries.kind }), SKIP);

/** The kind alone, out of what says more of it; "" for none. */
const kindAlone = {
  type: "nest",
  words: "",
  write: () => undefined,
  read: (...[bytes, offset, length]: Parameters<(typeof word)["decode"]>) =>
    word.decode(bytes, offset, offset + length)?.kind ?? "",
  parse: unspoken("nest"),
};

function checkField(field: string): void {
  const known = [...HEADED, "kind", ...Object.keys(linkAttributes.entries)];
  if (!known.includes(field)) throw unknownOption(field, known).under("only");
}

function readingOf(fields: readonly string[]): LinkReading {
  fields.forEach(checkField);
  const all = linkAttributes.entries as Entries;
  const chosen = Object.entries(all).filter(([name]) => fields.includes(name));
  const kindOnly = fields.includes("kind") && !fields.includes("linkInfo");
  if (kindOnly) chosen.push(["kind", [all.linkInfo![0], kindAlone, all.linkInfo![2]]]);
  const entries = Object.fromEntries(chosen);
  const reply = {
    name: "RTM_NEWLINK",
    type: 16,
    header: ifinfomsg,
    attributes: attributes("IFLA", () => entries, SKIP),
  } as MessageType;
  const headed = HEADED.filter((name) => name === "index" || fields.includes(name));
  const into = (header: LinkHeader): object => {
    const first: Record<string, unknown> = { index: header.index };
    for (const name of headed)
      first[name] = name === "up" ? header.flags.includes("up") : header[name as keyof LinkHeader];
    return first;
  };
  const takesKind = fields.includes("kind");
  return {
    about: { reply, into },
    linkOf({ attributes: values }) {
      const link = values as { kind?: string | undefined; linkInfo?: { kind?: string | undefined } };
      if (!takesKind) return link as Link;
      const kind = kindOnly ? link.kind || undefined : link.linkInfo?.kind;
      link.kind = kind === undefined || isLinkKind(kind) ? kind : "other";
      return link as Link;
    },
  };
}

/** Readings that were made, by what they read. */
const made = new Map<string, LinkReading>();
const MOST = 64;

/** How links are read of which only this is wanted, or all. Throws InputError for what no link has. */
export function linkReading(only: readonly string[] | undefined, more: readonly string[] = []): LinkReading {
  if (only === undefined) return WHOLE;
  checkList(only, "only");
  const stray: unknown = only.find((field: unknown) => typeof field !== "string");
  if (stray !== undefined) throw new InputError(`${quoted(stray)} is not the name of a property`, "only");
  const key = [...only, ...more].join();
  const found = made.get(key);
  if (found !== undefined) return found;
  const reading = readingOf([...only, ...more]);
  if (made.size < MOST) made.set(key, reading);
  return reading;
}
