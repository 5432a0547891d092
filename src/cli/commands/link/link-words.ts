import { parseSwitch, text } from "../../../netlink/codec.js";
import { flag8 } from "../../../netlink/numbers.js";
import { linkKinds } from "../../../rtnetlink/link/kinds/index.js";
import { linkAttributes, linkInfo } from "../../../rtnetlink/link/link.js";
import { type Section, shaped, type Word, wordOf, tableWords } from "../../word.js";
import { creatable, sectionsByKind } from "./kind-sections.js";
import { namespace } from "./namespace-word.js";

/** The link comes up. */
export const up = wordOf("up", flag8, "the link is up");
const down: Word = { ...up, word: "down", description: "the link is down", parse: (value) => !parseSwitch(value) };
const switches = [
  wordOf("arp", flag8, "it asks for link-layer addresses"),
  wordOf("multicast", flag8, "it takes part in multicast"),
  wordOf("allmulticast", flag8, "it receives all multicast"),
  wordOf("promisc", flag8, "it receives all frames"),
  wordOf("dynamic", flag8, "its addresses go when it goes down"),
];
const netns = wordOf("namespace", namespace, "the namespace that the link goes into", "netns");
const { kind: kindEntry } = linkInfo.entries;

function kindWord(kinds: readonly string[], description: string): Word {
  return wordOf("kind", shaped(text(), `${kinds.join("|")}|…`), description);
}

/** The word for an attribute of any link. */
export function linkWord(property: keyof typeof linkAttributes.entries): Word {
  const [, codec, description] = linkAttributes.entries[property];
  return wordOf(property, codec, description);
}

/** The words of links, whatever their kind. */
export const linkSections = {
  link: { title: "Any link", words: [up, down, ...switches, ...tableWords(linkAttributes), netns] },
  rename: { title: "Renaming", words: [linkWord("name")] },
  kind: {
    title: "What to create",
    words: [kindWord(creatable, kindEntry[2])],
    kinds: { sections: sectionsByKind, needed: true },
  },
  ofKind: {
    title: "Options of its kind",
    words: [kindWord(creatable, "what it is, to change that kind's options")],
    kinds: { sections: sectionsByKind, needed: false },
  },
  linkFilter: {
    title: "Which links",
    words: [kindWord(Object.keys(linkKinds), "links of this kind"), linkWord("master")],
  },
} satisfies Record<string, Section>;
