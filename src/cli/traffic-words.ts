import { type Codec, text } from "../netlink/codec.js";
import { InputError } from "../base/errors.js";
import { u16, u32 } from "../netlink/numbers.js";
import { byteSize, parseRate } from "../netlink/quantities.js";
import { gactOptions } from "../rtnetlink/traffic/actions/gact.js";
import { policeOptions } from "../rtnetlink/traffic/actions/police.js";
import { actionResult } from "../rtnetlink/traffic/actions/results.js";
import { etherType, flower } from "../rtnetlink/traffic/filters/flower.js";
import type { U32Selector } from "../rtnetlink/traffic/filters/u32.js";
import type { OptionTable } from "../rtnetlink/traffic/options-by-kind.js";
import { fqCodel } from "../rtnetlink/traffic/qdiscs/fq-codel.js";
import { htbClassOptions, htbOptions } from "../rtnetlink/traffic/qdiscs/htb.js";
import { tbfOptions } from "../rtnetlink/traffic/qdiscs/tbf.js";
import { qdiscKinds } from "../rtnetlink/traffic/traffic-control.js";
import { trafficHandle } from "../rtnetlink/traffic/traffic-handle.js";
import { type Section, tableWords, type Word, wordOf } from "./word.js";

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

const POLICE: readonly string[] = ["rate", "burst", "exceed", "conform", "mtu", "peakrate"];

/** "0x0a000000/0xff000000@12": a value, its mask, and where. */
function parseMatch(word: string): U32Selector["keys"][number] {
  const [, val, mask = "0xffffffff", off = "0"] = /^(\w+)(?:\/(\w+))?(?:@(\d+))?$/.exec(word) ?? [];
  if (val === undefined)
    throw new InputError(
      `${JSON.stringify(word)} is not a value, a mask and an offset such as 0x0a000000/0xff000000@12`,
    );
  return { val: u32.parse(val), mask: u32.parse(mask), off: u32.parse(off) };
}

const matches: Spoken = { words: "VALUE/MASK@OFFSET,…", parse: (word) => word.split(",").map(parseMatch) };
const filterHandle: Spoken = {
  words: "N|TABLE:BUCKET:N",
  parse: (word) => (word.includes(":") ? word : u32.parse(word)),
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
      wordOf("chain", u32, "number of their chain"),
    ],
  },
  filter: {
    title: "A filter",
    words: [wordOf("kind", { words: "matchall|flower|u32", parse: text(15).parse }, "the kind")],
  },
  filterHandle: { title: "Its number", words: [wordOf("handle", filterHandle, "of a u32 filter such as 800::800")] },
  filterAction: {
    title: "What is done with packets, in this order",
    words: [
      ...wordsOf(policeOptions).filter(({ property }) => POLICE.includes(property)),
      wordOf("mirror", { words: "LINK", parse: text().parse }, "copies of them leave by this link"),
      wordOf("redirect", { words: "LINK", parse: text().parse }, "they leave by this link instead"),
      wordOf("action", actionResult, gactOptions.action[1]),
    ],
  },
  u32: {
    title: "kind=u32",
    words: [wordOf("match", matches, "32 bits each that packets must have, at an offset from the network header")],
  },
  flower: { title: "kind=flower; classid= and flags= of the others, too", words: tableWords(flower) },
} satisfies Record<string, Section>;
