import type { Host } from "../../host/host.js";
import type { ForwardingEntry } from "../../rtnetlink/bridge/fdb.js";
import type { Creation } from "../../rtnetlink/bridge/fdb-requests.js";
import type { Call, Handler } from "../commands.js";
import type { Report } from "../io.js";
import { formatValue, type LinkNames } from "../link-text.js";
import { bridgeCalled, namesOf } from "../link-table.js";
import { type Column, table } from "../print.js";

function nameOf(index: number | undefined, names: LinkNames): string {
  return index === undefined ? "-" : (names.get(index) ?? String(index));
}

function farEnd({ dst, port, vni, via, srcVni, nhId }: ForwardingEntry, names: LinkNames): string {
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

function columnsOf(entries: readonly ForwardingEntry[], names: LinkNames, bridge: boolean): Column<ForwardingEntry>[] {
  const tunnels = entries.some((entry) => farEnd(entry, names) !== "-");
  return [
    { title: "ADDRESS", value: ({ address }) => address },
    {
      title: bridge ? "PORT" : "LINK",
      value: ({ index }) => nameOf(index, names),
      paint: (text, _entry, style) => style.cyan(text),
    },
    ...(bridge ? [] : [{ title: "BRIDGE", value: ({ master }: ForwardingEntry) => nameOf(master, names) }]),
    { title: "VLAN", value: ({ vlan = "-" }) => String(vlan), right: true },
    { title: "STATE", value: ({ state }) => state },
    {
      title: "AGE",
      value: ({ updated }) => (updated === undefined ? "-" : `${(updated / 1000).toFixed(2)}s`),
      right: true,
    },
    ...(tunnels ? [{ title: "TO", value: (entry: ForwardingEntry) => farEnd(entry, names) }] : []),
    { title: "FLAGS", value: ({ flags }) => formatValue(flags, "|") || "-" },
  ];
}

async function report(host: Host, entries: ForwardingEntry[], bridge = false): Promise<Report> {
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
