import { type Codec, text } from "../netlink/codec.js";
import { u16 } from "../netlink/numbers.js";
import { byteSize, parseRate } from "../netlink/quantities.js";
import { etherType } from "../rtnetlink/filters/flower.js";
import type { OptionTable } from "../rtnetlink/options-by-kind.js";
import { fqCodel } from "../rtnetlink/qdiscs/fq-codel.js";
import { htbClassOptions, htbOptions } from "../rtnetlink/qdiscs/htb.js";
import { tbfOptions } from "../rtnetlink/qdiscs/tbf.js";
import { qdiscKinds } from "../rtnetlink/traffic-control.js";
import { trafficHandle } from "../rtnetlink/traffic-handle.js";
import { type Section, type Word, wordOf } from "./word.js";

type Spoken = Pick<Codec<unknown>, "words" | "parse">;

function wordsOf(options: OptionTable): Word[] {
  return Object.entries(options)
    .filter(([, [codec]]) => codec.readOnly !== true && codec.words !== "")
    .map(([property, [codec, description]]) => wordOf(property, codec, description));
}

const limit: Spoken = {
  words: "RATE|unlimited",
  parse: (word) => (word === "unlimited" ? word : parseRate(word)),
};

const kinds: Spoken = { words: `${Object.keys(qdiscKinds).join("|")}|…`, parse: text(15).parse };
const handle = wordOf("handle", trafficHandle, "the handle, such as 1: or 1:10");
const fqCodelOptions = Object.fromEntries(
  Object.entries(fqCodel.entries).map(([property, [, codec, description]]) => [
    property,
    [codec, description] as const,
  ]),
);

/** The words of traffic control. */
export const trafficSections = {
  rate: {
    title: "How fast",
    words: [
      wordOf("ingress", limit, "what comes in by the port: what a guest sends"),
      wordOf("egress", limit, "what goes out by the port: what a guest receives"),
      wordOf("burst", byteSize, "bytes that pass at once after a pause"),
    ],
  },
  qdisc: {
    title: "A qdisc",
    words: [
      wordOf("kind", kinds, "the kind"),
      wordOf("parent", trafficHandle, "its place: root unless given, or a class"),
      handle,
    ],
  },
  tbf: { title: "kind=tbf; limit= of a pfifo, bfifo and fq_codel, too", words: wordsOf(tbfOptions) },
  htb: { title: "kind=htb", words: wordsOf(htbOptions) },
  fqCodel: { title: "kind=fq_codel", words: wordsOf(fqCodelOptions) },
  qdiscPlace: {
    title: "Which qdisc",
    words: [wordOf("parent", trafficHandle, "its place: root unless given, clsact, or a class")],
  },
  class: {
    title: "A class of an htb",
    words: [wordOf("parent", trafficHandle, "the class above; the qdisc unless given"), ...wordsOf(htbClassOptions)],
  },
  filterPlace: {
    title: "Which filters",
    words: [
      wordOf("parent", trafficHandle, "their place: root unless given, ingress, egress, or a class"),
      wordOf("protocol", etherType, "what the frames carry"),
      wordOf("priority", u16, "their priority"),
    ],
  },
} satisfies Record<string, Section>;
