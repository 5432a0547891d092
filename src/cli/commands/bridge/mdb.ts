import type { Host } from "../../../host/host.js";
import type { MulticastEntry, MulticastRouter } from "../../../rtnetlink/bridge/mdb-requests.js";
import type { Action, Call, Command, Handler, Operand } from "../../command.js";
import type { Report } from "../../io.js";
import type { LinkNames } from "../../printing/link-text.js";
import { formatValue } from "../../printing/value-text.js";
import { bridgeCalled } from "../../parsing/link-argument.js";
import { namesOf } from "../../printing/link-table.js";
import { type Column, table } from "../../printing/layout.js";
import { internetAddress } from "../../../netlink/codecs/internet.js";
import { mdbSetAttributes, multicastGroup, multicastState } from "../../../rtnetlink/bridge/mdb.js";
import { type Section, type Option, wordOf } from "../../parsing/option.js";
import { bridge, linkName, listOf, neighbourWord, via } from "./entry-words.js";

const BRIDGE: Operand = { name: "NAME", choices: "link", only: "bridge" };
const PORT: Operand = { name: "PORT", choices: "link" };
const GROUP: Operand = { name: "GROUP" };

function groupWord(property: keyof typeof mdbSetAttributes.entries): Option {
  const [, codec, description] = mdbSetAttributes.entries[property];
  return wordOf(property, codec, description);
}

const sources = listOf(internetAddress);

const sections = {
  mdbEntry: {
    title: "An entry of a multicast table",
    words: [
      neighbourWord("vlan"),
      wordOf("state", multicastState, "whether it goes after a while; permanent on a port unless given"),
      groupWord("source"),
      wordOf("srcList", sources, mdbSetAttributes.entries.srcList[2]),
      ...(["groupMode", "rtprot", "dst", "dstPort", "vni", "srcVni"] as const).map(groupWord),
      via,
    ],
  },
  mdbKey: {
    title: "Which entry",
    words: [neighbourWord("vlan"), ...(["source", "dst", "dstPort", "vni", "srcVni"] as const).map(groupWord), via],
  },
  mdbFilter: {
    title: "Which entries",
    words: [
      bridge,
      wordOf("port", linkName, "on this port"),
      neighbourWord("vlan"),
      wordOf("group", multicastGroup, "of this group"),
    ],
  },
  mdbBridgeFilter: {
    title: "Which entries",
    words: [neighbourWord("vlan"), wordOf("group", multicastGroup, "of this group")],
  },
} satisfies Record<string, Section>;

type Row = MulticastEntry | MulticastRouter;

function placesOf({ index, master }: Row): number[] {
  return [index, master];
}

function placeColumns<T extends Row>(names: LinkNames): Column<T>[] {
  return [
    { title: "BRIDGE", value: ({ master }) => names.get(master) ?? String(master) },
    {
      title: "PORT",
      value: ({ index }) => names.get(index) ?? String(index),
      paint: (text, _row, style) => style.cyan(text),
    },
    { title: "VLAN", value: ({ vlan = "-" }) => String(vlan), right: true },
  ];
}

/** What is left of a time, where it runs. */
function left(timer: number | undefined): string {
  return timer === undefined || timer === 0 ? "-" : `${(timer / 1000).toFixed(2)}s`;
}

function sourcesOf({ source, srcList, groupMode }: MulticastEntry): string {
  if (source !== undefined) return source;
  const listed = (srcList ?? []).map(({ address }) => address).join(",");
  return listed === "" ? "-" : `${String(groupMode)} ${listed}`;
}

function entryColumns(names: LinkNames): Column<MulticastEntry>[] {
  return [
    { title: "GROUP", value: ({ group }) => group },
    ...placeColumns<MulticastEntry>(names),
    { title: "STATE", value: ({ state }) => String(state) },
    { title: "LEFT", value: ({ timer }) => left(timer), right: true },
    { title: "SOURCES", value: sourcesOf },
    { title: "BY", value: ({ rtprot = "-" }) => String(rtprot) },
    { title: "FLAGS", value: ({ flags }) => formatValue(flags, "|") || "-" },
  ];
}

function routerColumns(names: LinkNames): Column<MulticastRouter>[] {
  return [
    { title: "ROUTERS", value: ({ type }) => formatValue(type, "|") },
    ...placeColumns<MulticastRouter>(names),
    { title: "LEFT", value: ({ timer }) => left(timer), right: true },
  ];
}

export async function list(host: Host, { options }: Call): Promise<Report> {
  const entries = await host.mdb.list(options);
  const names = await namesOf(host, entries.flatMap(placesOf));
  return { value: entries, text: (style) => table(entryColumns(names), entries, style) };
}

export async function ofBridge(host: Host, { links: [name = ""], options }: Call): Promise<Report> {
  const bridge = await bridgeCalled(host, name);
  const filter = { ...(options as { vlan?: number; group?: string }), bridge };
  const [entries, routers] = await Promise.all([
    host.mdb.list(filter),
    host.mdb.routers({ bridge, vlan: filter.vlan }),
  ]);
  const names = await namesOf(host, [...entries, ...routers].flatMap(placesOf));
  return {
    value: { entries, routers },
    text: (style) =>
      table(entryColumns(names), entries, style) +
      (routers.length === 0 ? "" : `\n${table(routerColumns(names), routers, style)}`),
  };
}

/** Prints, as JSON, what the port then has for the group. */
export function put(how: "add" | "replace"): Handler {
  return async (host, { links: [port = ""], operands: [, group = ""], options }) => {
    await host.mdb[how](port, group, options);
    return { value: await host.mdb.list({ port, group }) };
  };
}

export async function remove(
  host: Host,
  { links: [port = ""], operands: [, group = ""], options }: Call,
): Promise<Report> {
  await host.mdb.remove(port, group, options);
  return { value: {} };
}

/** As a sub-command of `bridge`. */
export const mdbOfBridge: Action = {
  summary: "print a bridge's multicast table, and the ports with routers behind them",
  operands: [BRIDGE],
  options: [sections.mdbBridgeFilter],
  run: ofBridge,
};

export const command: Command = {
  actions: {
    list: {
      summary: "list entries",
      operands: [],
      options: [sections.mdbFilter],
      run: list,
    },
    add: {
      summary: "make a port, or the host by its bridge, a member of a group",
      operands: [PORT, GROUP],
      options: [sections.mdbEntry],
      run: put("add"),
    },
    replace: {
      summary: "make a port a member, or change what is said of it",
      operands: [PORT, GROUP],
      options: [sections.mdbEntry],
      run: put("replace"),
    },
    delete: {
      summary: "end a membership",
      operands: [PORT, GROUP],
      options: [sections.mdbKey],
      run: remove,
    },
  },
};
