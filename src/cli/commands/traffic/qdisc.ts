import type { Host } from "../../../host/host.js";
import type { QdiscSettings } from "../../../host/traffic/qdiscs.js";
import { InputError } from "../../../base/errors.js";
import type { Qdisc } from "../../../rtnetlink/traffic/traffic-requests.js";
import { type TrafficHandle, trafficHandle } from "../../../rtnetlink/traffic/traffic-handle.js";
import type { Call, Command, Operand } from "../../command.js";
import type { Report } from "../../io.js";
import { namesOf } from "../../printing/link-table.js";
import { optionText, counterColumns } from "./traffic-text.js";
import { type Column, table } from "../../printing/layout.js";
import { text } from "../../../netlink/codecs/codec.js";
import { fqCodel } from "../../../rtnetlink/traffic/qdiscs/fq-codel.js";
import { htbOptions } from "../../../rtnetlink/traffic/qdiscs/htb.js";
import { prioParameters } from "../../../rtnetlink/traffic/qdiscs/prio.js";
import { tbfOptions } from "../../../rtnetlink/traffic/qdiscs/tbf.js";
import { qdiscKinds } from "../../../rtnetlink/traffic/traffic-control.js";
import { type Section, wordOf } from "../../parsing/option.js";
import { type Spoken, wordsOf } from "./traffic-words.js";

const LINK: Operand = { name: "LINK", choices: "link" };

const kinds: Spoken = { words: `${Object.keys(qdiscKinds).join("|")}|…`, parse: text(15).parse };
const handle = wordOf("handle", trafficHandle, "the handle, such as 1: or 1:10");
const fqCodelOptions = Object.fromEntries(
  Object.entries(fqCodel.entries).map(([property, [, codec, description]]) => [
    property,
    [codec, description] as const,
  ]),
);

const sections = {
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
  prio: {
    title: "kind=prio",
    words: [
      wordOf("bands", prioParameters.fields.bands, "queues, of which the first is emptied first; 3 unless given"),
      wordOf(
        "priomap",
        prioParameters.fields.priomap,
        "the queue, from 0 on, of each of the 16 priorities; as tc has it unless given",
      ),
    ],
  },
  qdiscPlace: {
    title: "Which qdisc",
    words: [wordOf("parent", trafficHandle, "its place: root unless given, clsact, or a class")],
  },
} satisfies Record<string, Section>;

export async function list(host: Host, { links: [link] }: Call): Promise<Report> {
  const qdiscs = await host.qdiscs.list({ link });
  const names = await namesOf(
    host,
    qdiscs.map(({ index }) => index),
  );
  const columns: Column<Qdisc>[] = [
    {
      title: "LINK",
      value: ({ index }) => names.get(index) ?? String(index),
      paint: (text, _qdisc, style) => style.cyan(text),
    },
    { title: "KIND", value: ({ kind }) => kind },
    { title: "HANDLE", value: ({ handle }) => handle },
    { title: "PARENT", value: ({ parent }) => parent },
    ...counterColumns,
    { title: "OPTIONS", value: ({ kind, options }) => optionText(kind, options) },
  ];
  return { value: qdiscs, text: (style) => table(columns, qdiscs, style) };
}

type Words = { readonly kind?: string; readonly parent?: TrafficHandle; readonly handle?: TrafficHandle };

function settingsOf(words: object): QdiscSettings {
  const { kind, parent, handle, ...options } = words as Words;
  if (kind === undefined) throw new InputError("it must be said what to create, as in kind=tbf", "kind");
  return { kind, parent, handle, ...(Object.keys(options).length > 0 ? { options } : {}) } as QdiscSettings;
}

export async function add(host: Host, { links: [link = ""], options }: Call): Promise<Report> {
  return { value: await host.qdiscs.add(link, settingsOf(options)) };
}

export async function replace(host: Host, { links: [link = ""], options }: Call): Promise<Report> {
  return { value: await host.qdiscs.replace(link, settingsOf(options)) };
}

export async function remove(host: Host, { links: [link = ""], options }: Call): Promise<Report> {
  await host.qdiscs.remove(link, options);
  return { value: {} };
}

export const command: Command = {
  actions: {
    list: {
      summary: "list qdiscs, of one link or of all, with what they have counted",
      operands: [{ ...LINK, optional: true }],
      run: list,
    },
    add: {
      summary: "add a qdisc",
      operands: [LINK],
      options: [sections.qdisc, sections.fqCodel, sections.htb, sections.prio, sections.tbf],
      needsOption: true,
      run: add,
    },
    replace: {
      summary: "add a qdisc in the place of another",
      operands: [LINK],
      options: [sections.qdisc, sections.fqCodel, sections.htb, sections.prio, sections.tbf],
      needsOption: true,
      run: replace,
    },
    delete: {
      summary: "remove a qdisc with its classes and filters",
      operands: [LINK],
      options: [sections.qdiscPlace],
      run: remove,
    },
  },
};
