import type { Host } from "../../host/host.js";
import type { Neighbour, NeighbourSettings, NeighbourTable } from "../../rtnetlink/neighbour/neighbour-requests.js";
import type { Call } from "../commands.js";
import type { Report } from "../io.js";
import { namesOf } from "../link-table.js";
import { formatValue } from "../link-text.js";
import { type Column, table } from "../print.js";

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
