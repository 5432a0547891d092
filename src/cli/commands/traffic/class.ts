import { wordsOf } from "./traffic-words.js";
import type { ClassSettings } from "../../../host/traffic/classes.js";
import type { Host } from "../../../host/host.js";
import { type TrafficHandle, trafficHandle } from "../../../rtnetlink/traffic/traffic-handle.js";
import type { TrafficClass } from "../../../rtnetlink/traffic/traffic-requests.js";
import type { Call, Command, Operand } from "../../command.js";
import type { Report } from "../../io.js";
import { type Column, table } from "../../printing/layout.js";
import { optionText, counterColumns } from "./traffic-text.js";
import { htbClassOptions } from "../../../rtnetlink/traffic/qdiscs/htb.js";
import { type Section, wordOf } from "../../parsing/option.js";

const LINK: Operand = { name: "LINK", choices: "link" };
const CLASS: Operand = { name: "CLASS" };

const sections = {
  class: {
    title: "A class of an htb",
    words: [wordOf("parent", trafficHandle, "the class above; the qdisc unless given"), ...wordsOf(htbClassOptions)],
  },
} satisfies Record<string, Section>;

const COLUMNS: Column<TrafficClass>[] = [
  { title: "KIND", value: ({ kind }) => kind },
  { title: "HANDLE", value: ({ handle }) => handle },
  { title: "PARENT", value: ({ parent }) => parent },
  ...counterColumns,
  { title: "OPTIONS", value: ({ kind, options }) => optionText(kind, options) },
];

export async function list(host: Host, { links: [link = ""] }: Call): Promise<Report> {
  const classes = await host.classes.list({ link });
  return { value: classes, text: (style) => table(COLUMNS, classes, style) };
}

function settingsOf(handle: string, words: object): ClassSettings {
  const { parent, ...options } = words as { parent?: TrafficHandle };
  return { kind: "htb", handle: handle as TrafficHandle, parent, options };
}

export async function add(
  host: Host,
  { links: [link = ""], operands: [, handle = ""], options }: Call,
): Promise<Report> {
  return { value: await host.classes.add(link, settingsOf(handle, options)) };
}

export async function change(
  host: Host,
  { links: [link = ""], operands: [, handle = ""], options }: Call,
): Promise<Report> {
  return { value: await host.classes.change(link, settingsOf(handle, options)) };
}

export async function remove(host: Host, { links: [link = ""], operands: [, handle = ""] }: Call): Promise<Report> {
  await host.classes.remove(link, handle as TrafficHandle);
  return { value: {} };
}

export const command: Command = {
  actions: {
    list: {
      summary: "list a link's classes, with what they have counted",
      operands: [LINK],
      run: list,
    },
    add: {
      summary: "add a class, such as 1:10",
      operands: [LINK, CLASS],
      options: [sections.class],
      needsOption: true,
      run: add,
    },
    set: {
      summary: "change a class",
      operands: [LINK, CLASS],
      options: [sections.class],
      needsOption: true,
      run: change,
    },
    delete: {
      summary: "remove a class",
      operands: [LINK, CLASS],
      run: remove,
    },
  },
};
