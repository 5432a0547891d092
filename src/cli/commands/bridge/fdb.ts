import type { Host } from "../../../host/host.js";
import { type FdbEntry, fdbFlags, fdbState, givenFdbFlags } from "../../../rtnetlink/bridge/fdb.js";
import type { Creation } from "../../../rtnetlink/bridge/fdb-requests.js";
import type { Action, Call, Command, Handler, Operand } from "../../command.js";
import type { Report } from "../../io.js";
import type { LinkNames } from "../../printing/link-text.js";
import { formatValue } from "../../printing/value-text.js";
import { formatAge } from "../../../netlink/codecs/duration.js";
import { bridgeCalled } from "../../parsing/link-argument.js";
import { namesOf } from "../../printing/link-table.js";
import { type Column, table } from "../../printing/layout.js";
import { mac } from "../../../netlink/codecs/internet.js";
import { flag8, u8 } from "../../../netlink/codecs/numbers.js";
import { words } from "../../../netlink/codecs/words.js";
import { fdbExtAttributes } from "../../../rtnetlink/neighbour/neighbour.js";
import { type Section, wordOf } from "../../parsing/option.js";
import { bridge, listOf, neighbourWord, via } from "./entry-words.js";

const LINK: Operand = { name: "LINK", choices: "link" };
const BRIDGE: Operand = { name: "NAME", choices: "link", only: "bridge" };
const ADDRESS: Operand = { name: "ADDRESS" };

const states = listOf(fdbState);
const { activityNotify } = fdbExtAttributes.entries;
const flags = wordOf("flags", givenFdbFlags, "what holds for it; self is a device's own table, master the bridge's");
const tunnel = [...(["dst", "port", "vni", "srcVni"] as const).map(neighbourWord), via];

/** A MAC, which no link is called by. */
const isSecond = (word: string): boolean => /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(word);

const sections = {
  fdbEntry: {
    title: "An entry of a forwarding table",
    words: [
      neighbourWord("vlan"),
      wordOf("state", fdbState, "the host's own, set for good, or ageing; static on a port unless given"),
      flags,
      ...tunnel,
      neighbourWord("nhId"),
      neighbourWord("protocol"),
      wordOf("activityNotify", activityNotify[1], activityNotify[2]),
      wordOf("dontRefresh", flag8, fdbExtAttributes.entries.dontRefresh[2]),
    ],
  },
  fdbKey: { title: "Which entry", words: [neighbourWord("vlan"), flags, ...tunnel] },
  fdbFilter: {
    title: "Which entries",
    words: [
      bridge,
      wordOf("address", mac, "for this MAC"),
      neighbourWord("vlan"),
      wordOf("state", states, "in these states"),
      wordOf("flags", fdbFlags, "with these flags"),
      wordOf("table", words(u8, { bridge: 0, device: 1 }), "in bridges' tables, or in devices' own"),
      ...tunnel,
    ],
  },
  fdbBridgeFilter: {
    title: "Which entries",
    words: [neighbourWord("vlan"), wordOf("state", states, "in these states")],
  },
  fdbFlush: {
    title: "Which entries",
    words: [
      neighbourWord("vlan"),
      wordOf("state", states, "in these states; dynamic unless given"),
      wordOf("flags", fdbFlags, "with these flags"),
      ...tunnel,
    ],
  },
} satisfies Record<string, Section>;

function nameOf(index: number | undefined, names: LinkNames): string {
  return index === undefined ? "-" : (names.get(index) ?? String(index));
}

function farEnd({ dst, port, vni, via, srcVni, nhId }: FdbEntry, names: LinkNames): string {
  const parts = {
    port,
    vni,
    via: via === undefined ? undefined : nameOf(via, names),
    "src-vni": srcVni,
    "nh-id": nhId,
  };
  const more = Object.entries(parts).filter(([, value]) => value !== undefined);
  return (
    [dst, ...more.map(([word, value]) => `${word}=${value}`)].filter((part) => part !== undefined).join(" ") || "-"
  );
}

function columnsOf(entries: readonly FdbEntry[], names: LinkNames, bridge: boolean): Column<FdbEntry>[] {
  const tunnels = entries.some((entry) => farEnd(entry, names) !== "-");
  return [
    { title: "ADDRESS", value: ({ address }) => address },
    {
      title: bridge ? "PORT" : "LINK",
      value: ({ index }) => nameOf(index, names),
      paint: (text, _entry, style) => style.cyan(text),
    },
    ...(bridge ? [] : [{ title: "BRIDGE", value: ({ master }: FdbEntry) => nameOf(master, names) }]),
    { title: "VLAN", value: ({ vlan = "-" }) => String(vlan), right: true },
    { title: "STATE", value: ({ state }) => state },
    {
      title: "AGE",
      value: ({ updated }) => (updated === undefined ? "-" : formatAge(updated)),
      right: true,
    },
    ...(tunnels ? [{ title: "TO", value: (entry: FdbEntry) => farEnd(entry, names) }] : []),
    { title: "FLAGS", value: ({ flags }) => formatValue(flags, "|") || "-" },
  ];
}

async function report(host: Host, entries: FdbEntry[], bridge = false): Promise<Report> {
  const names = await namesOf(
    host,
    entries.flatMap(({ index, master, via }) => [index, master, via]),
  );
  return { value: entries, text: (style) => table(columnsOf(entries, names, bridge), entries, style) };
}

export async function list(host: Host, { links: [link], options }: Call): Promise<Report> {
  return report(host, await host.fdb.list({ ...options, link }));
}

/** What the bridge's own table has, by address. */
export async function ofBridge(host: Host, { links: [name = ""], options }: Call): Promise<Report> {
  const bridge = await bridgeCalled(host, name);
  return report(host, await host.fdb.list({ ...options, bridge, table: "bridge" }), true);
}

export async function show(
  host: Host,
  { links: [link = ""], operands: [, address = ""], options }: Call,
): Promise<Report> {
  const entry = await host.fdb.get(link, address, options);
  return { ...(await report(host, [entry])), value: entry };
}

/** Prints, as JSON, what the link then has for the MAC. */
export function put(how: Creation): Handler {
  return async (host, { links: [link = ""], operands: [, address = ""], options }) => {
    await host.fdb[how](link, address, options);
    return { value: await host.fdb.list({ link, address }) };
  };
}

export async function remove(
  host: Host,
  { links: [link = ""], operands: [, address = ""], options }: Call,
): Promise<Report> {
  await host.fdb.remove(link, address, options);
  return { value: {} };
}

export async function flush(host: Host, { links: [link = ""], options, globals, io }: Call): Promise<Report> {
  const { refusal, ...done } = await host.fdb.flush(link, options);
  if (refusal !== undefined && !globals.json)
    io.stderr.write(`linkwright: forgot them one after the other, which takes longer: ${refusal.message}\n`);
  return { value: refusal === undefined ? done : { ...done, refusal: refusal.message } };
}

/** As a sub-command of `bridge`. */
export const fdbOfBridge: Action = {
  summary: "print a bridge's forwarding table",
  operands: [BRIDGE],
  options: [sections.fdbBridgeFilter],
  run: ofBridge,
};

export const command: Command = {
  actions: {
    list: {
      summary: "list entries, of one link or of all",
      operands: [{ ...LINK, optional: true }],
      options: [sections.fdbFilter],
      run: list,
    },
    show: {
      summary: "look a MAC up: in a bridge, on a port, or in a device's own table",
      operands: [LINK, ADDRESS],
      isSecond,
      options: [sections.fdbKey],
      run: show,
    },
    add: {
      summary: "add an entry",
      operands: [LINK, ADDRESS],
      isSecond,
      options: [sections.fdbEntry],
      run: put("add"),
    },
    replace: {
      summary: "add an entry, or change the one that is there",
      operands: [LINK, ADDRESS],
      isSecond,
      options: [sections.fdbEntry],
      run: put("replace"),
    },
    append: {
      summary: "give a tunnel one more far end for a MAC",
      operands: [LINK, ADDRESS],
      isSecond,
      options: [sections.fdbEntry],
      run: put("append"),
    },
    delete: {
      summary: "remove an entry",
      operands: [LINK, ADDRESS],
      isSecond,
      options: [sections.fdbKey],
      run: remove,
    },
    flush: {
      summary: "forget entries of a bridge, a port or a VXLAN",
      operands: [LINK],
      options: [sections.fdbFlush],
      run: flush,
    },
  },
};
