import { InputError, quoted } from "../../../base/errors.js";
import { nearest } from "../../../base/nearest.js";
import { parseSwitch } from "../../../netlink/codecs/codec.js";
import { flag8 } from "../../../netlink/codecs/numbers.js";
import { linkKinds } from "../../../rtnetlink/link/kinds/index.js";
import { checkLinkKind, isLinkKind, type LinkKind, type OtherKind } from "../../../rtnetlink/link/link-kind.js";
import { linkAttributes, linkInfo } from "../../../rtnetlink/link/link.js";
import { type Section, type Option, wordOf, tableWords } from "../../parsing/option.js";
import { creatable, sectionsByKind } from "./kind-sections.js";
import { namespace } from "./namespace-word.js";

/** The link comes up. */
export const up = wordOf("up", flag8, "the link is up");
const down: Option = { ...up, word: "down", description: "the link is down", parse: (value) => !parseSwitch(value) };
const switches = [
  wordOf("arp", flag8, "it asks for link-layer addresses"),
  wordOf("multicast", flag8, "it takes part in multicast"),
  wordOf("allmulticast", flag8, "it receives all multicast"),
  wordOf("promisc", flag8, "it receives all frames"),
  wordOf("dynamic", flag8, "its addresses go when it goes down"),
];
const netns = wordOf("namespace", namespace, "the namespace that the link goes into", "netns");
const { kind: kindEntry } = linkInfo.entries;

/** The word for a kind: of those that are not known here, one that is near to one that is may be misspelt. */
function kindWord(kinds: readonly string[], description: string): Option {
  const parse = (word: string): LinkKind | OtherKind => {
    if (isLinkKind(word)) return word;
    const other = word.startsWith("other:") ? word.slice("other:".length) : word;
    const meant = nearest(word, kinds);
    if (other !== word || meant === undefined) return { other };
    throw new InputError(
      `${quoted(word)} is no kind of link that is known here; did you mean "${meant}"? If the kernel knows it: kind=other:${word}`,
    );
  };
  return wordOf("kind", { words: `${kinds.join("|")}|…`, parse }, description);
}

const knownKind = {
  words: creatable.join("|"),
  parse(word: string): LinkKind {
    checkLinkKind(word);
    return word;
  },
};

/** The word for an attribute of any link. */
export function linkWord(property: keyof typeof linkAttributes.entries): Option {
  const [, codec, description] = linkAttributes.entries[property];
  return wordOf(property, codec, description);
}

/** The word by which links of a kind are meant. */
export const onlyKind = kindWord(Object.keys(linkKinds), "links of this kind");

/** The words of links, whatever their kind. */
export const linkSections = {
  link: { title: "Any link", general: true, words: [up, down, ...switches, ...tableWords(linkAttributes), netns] },
  rename: { title: "Renaming", words: [linkWord("name")] },
  kind: {
    title: "What to create",
    words: [kindWord(creatable, kindEntry[2])],
    kinds: { sections: sectionsByKind, needed: true },
  },
  ofKind: {
    title: "Options of its kind",
    words: [wordOf("kind", knownKind, "what it is, to change that kind's options")],
    kinds: { sections: sectionsByKind, needed: false },
  },
  linkFilter: {
    title: "Which links",
    words: [onlyKind, linkWord("master")],
  },
} satisfies Record<string, Section>;
