import type { AttributeTable } from "../../netlink/codecs/attributes.js";
import { type Codec, text } from "../../netlink/codecs/codec.js";
import { kebab } from "../../netlink/codecs/words.js";
import { REFERENCES } from "../../rtnetlink/link/link-references.js";

/** An option: one `key=value` word of the command line. */
export interface Option {
  /** As it is typed: "stp-state". */
  readonly word: string;
  /** The library's name for it: "stpState". */
  readonly property: string;
  /** What a value looks like: "off|kernel|user". */
  readonly shape: string;
  readonly description: string;
  /** The value of what stands behind "="; throws InputError. */
  readonly parse: (value: string) => unknown;
  /** It may stand alone, which means this value. */
  readonly alone?: string;
  /** It is typed with dashes, "--force": without, the word is what else may stand there, such as a link's name. */
  readonly dashed?: true;
  /** It may be given more than once, and says one of a list then, whatever is in it: the value of that. */
  readonly each?: (value: string) => unknown;
  /** It names a link, which the library knows by its index. */
  readonly reference?: true;
}

/** Words that belong together. */
export interface Section {
  readonly title: string;
  readonly words: readonly Option[];
  /** They are a port's, while its master is of this kind. */
  readonly ofMaster?: "bridge" | "bond";
  /** They are any link's: offered behind a command's own. */
  readonly general?: true;
  /** The options of the kind that kind= names may stand beside these. */
  readonly kinds?: {
    readonly sections: Readonly<Record<string, Section>>;
    /** Without a kind nothing can be done, and help lists the options of all. */
    readonly needed: boolean;
  };
}

/** Attributes of a link that are said in another way, or are no settings. */
const UNSPOKEN: ReadonlySet<string> = new Set([
  "name",
  "altIfname",
  "netNsPid",
  "netNsFd",
  "extMask",
  "newNetnsid",
  "targetNetnsid",
]);

/** The word for a property. */
export function wordOf(
  property: string,
  codec: Pick<Codec<unknown>, "words" | "parse">,
  description: string,
  word = kebab(property),
): Option {
  const { words: shape, parse } = codec;
  const alone = shape === "on|off" || shape === "on" ? { alone: "on" } : {};
  if (!REFERENCES.has(property)) return { word, property, shape, description, parse, ...alone };
  return {
    word,
    property,
    shape: "LINK",
    description: description.replace(/^index of /, ""),
    parse: (value) => (value === "0" ? parse(value) : text().parse(value)),
    reference: true,
  };
}

/** The words of a table: every attribute that can be said in one. */
export function tableWords({ entries }: AttributeTable): Option[] {
  return Object.entries(entries)
    .filter(
      ([property, [, { readOnly, silent, words: shape }]]) =>
        readOnly !== true && silent !== true && shape !== "" && !UNSPOKEN.has(property),
    )
    .map(([property, [, codec, description]]) => wordOf(property, codec, description));
}

/** The same values, spelled in another way. */
export function shaped<T>(codec: Codec<T>, shape: string, parse = codec.parse): Codec<T> {
  return { ...codec, words: shape, parse };
}
