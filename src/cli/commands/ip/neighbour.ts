import { isIP } from "node:net";
import type { Host } from "../../../host/host.js";
import type { Neighbour, NeighbourSettings, NeighbourTable } from "../../../rtnetlink/neighbour/neighbour-requests.js";
import type { Call, Command, Operand } from "../../command.js";
import type { Report } from "../../io.js";
import { namesOf } from "../../printing/link-table.js";
import { formatValue } from "../../printing/value-text.js";
import { type Column, table } from "../../printing/layout.js";
import { flag8, u16, u32 } from "../../../netlink/codecs/numbers.js";
import { words } from "../../../netlink/codecs/words.js";
import {
  givenNeighbourFlags,
  givenNeighbourFlagsExt,
  ndmsg,
  neighbourAttributes,
} from "../../../rtnetlink/neighbour/neighbour.js";
import { type Section, wordOf } from "../../parsing/option.js";
import { family, byLink } from "./network-words.js";

const LINK: Operand = { name: "LINK", choices: "link" };
const ADDRESS: Operand = { name: "ADDRESS" };

const { lladdr, flagsExt, protocol } = neighbourAttributes.entries;
const STATES = ["none", ...ndmsg.fields.state.words.replace(/,…$/, "").split("|")];
const state = words(u16, Object.fromEntries(STATES.map((word, place) => [word, place])));
const states = { words: `${state.words},…`, parse: (word: string) => word.split(",").map((part) => state.parse(part)) };
const proxy = wordOf("proxy", flag8, "of the addresses that the host answers for");
const master = wordOf("master", u32, "on ports of this link");

/** An address, which no link is called by. */
const isSecond = (word: string): boolean => isIP(word) !== 0;

const sections = {
  neighbour: {
    title: "A neighbour",
    words: [
      wordOf("lladdr", lladdr[1], lladdr[2]),
      wordOf("state", state, "its state; permanent unless given"),
      wordOf("flags", givenNeighbourFlags, "what holds for it"),
      wordOf("flagsExt", givenNeighbourFlagsExt, flagsExt[2]),
      wordOf("protocol", protocol[1], protocol[2]),
      wordOf("proxy", flag8, "the host answers for it in its place"),
    ],
  },
  neighbourTable: { title: "Which table", words: [proxy] },
  neighbourFilter: {
    title: "Which neighbours",
    words: [
      { ...byLink, description: "on this link" },
      master,
      family,
      wordOf("state", states, "in one of these states"),
      proxy,
    ],
  },
} satisfies Record<string, Section>;

function columnsOf(names: ReadonlyMap<number, string>): Column<Neighbour>[] {
  return [
    {
      title: "LINK",
      value: ({ link }) => names.get(link) ?? String(link),
      paint: (text, _neighbour, style) => style.cyan(text),
    },
    { title: "ADDRESS", value: ({ address }) => address },
    { title: "MAC", value: ({ lladdr = "-" }) => lladdr },
    { title: "STATE", value: ({ state }) => state },
    { title: "FLAGS", value: ({ flags, flagsExt = [] }) => formatValue([...flags, ...flagsExt], "|") || "-" },
  ];
}

export async function list(host: Host, { options }: Call): Promise<Report> {
  const neighbours = await host.neighbours.list(options);
  const names = await namesOf(
    host,
    neighbours.map(({ link }) => link),
  );
  return { value: neighbours, text: (style) => table(columnsOf(names), neighbours, style) };
}

async function put(
  host: Host,
  { links: [link = ""], operands: [, address = ""], options }: Call,
  how: "add" | "replace",
): Promise<Report> {
  const settings = options as NeighbourSettings & NeighbourTable;
  await host.neighbours[how](link, address, settings);
  return { value: await host.neighbours.get(link, address, settings) };
}

export function add(host: Host, call: Call): Promise<Report> {
  return put(host, call, "add");
}

export function replace(host: Host, call: Call): Promise<Report> {
  return put(host, call, "replace");
}

export async function remove(
  host: Host,
  { links: [link = ""], operands: [, address = ""], options }: Call,
): Promise<Report> {
  await host.neighbours.remove(link, address, options);
  return { value: {} };
}

export async function flush(host: Host, { options }: Call): Promise<Report> {
  return { value: await host.neighbours.flush(options) };
}

export const command: Command = {
  actions: {
    list: {
      summary: "list neighbours",
      operands: [],
      options: [sections.neighbourFilter],
      run: list,
    },
    add: {
      summary: "add a neighbour",
      operands: [LINK, ADDRESS],
      isSecond,
      options: [sections.neighbour],
      needsOption: true,
      run: add,
    },
    replace: {
      summary: "add a neighbour, or change the one that is known",
      operands: [LINK, ADDRESS],
      isSecond,
      options: [sections.neighbour],
      needsOption: true,
      run: replace,
    },
    delete: {
      summary: "forget a neighbour",
      operands: [LINK, ADDRESS],
      isSecond,
      options: [sections.neighbourTable],
      run: remove,
    },
    flush: {
      summary: "forget neighbours; permanent ones only where state= names them",
      operands: [],
      options: [sections.neighbourFilter],
      run: flush,
    },
  },
};
