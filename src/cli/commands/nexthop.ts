import type { Host } from "../../host/host.js";
import { u32 } from "../../netlink/numbers.js";
import { under } from "../../base/errors.js";
import { resilientGroup } from "../../rtnetlink/nexthop/nexthop.js";
import type {
  Nexthop,
  NexthopBucket,
  NexthopSettings,
  ResilientGroup,
} from "../../rtnetlink/nexthop/nexthop-requests.js";
import type { Call } from "../commands.js";
import type { Report } from "../io.js";
import { namesOf } from "../link-table.js";
import { formatDuration, formatValue } from "../link-text.js";
import { type Column, table } from "../print.js";

function kindOf({ blackhole, group, groupType, fdb }: Nexthop): string {
  if (group !== undefined) return groupType === "res" ? "resilient group" : "group";
  if (blackhole === true) return "blackhole";
  return fdb === true ? "fdb" : "-";
}

function columnsOf(names: ReadonlyMap<number, string>): Column<Nexthop>[] {
  return [
    { title: "ID", value: ({ id }) => String(id), right: true, paint: (text, _nexthop, style) => style.cyan(text) },
    { title: "VIA", value: ({ gateway = "-" }) => gateway },
    { title: "LINK", value: ({ link }) => (link === undefined ? "-" : (names.get(link) ?? String(link))) },
    { title: "KIND", value: kindOf },
    { title: "MEMBERS", value: ({ group = [] }) => group.map(({ id, weight }) => `${id}=${weight}`).join(",") || "-" },
    { title: "PROTOCOL", value: ({ protocol }) => String(protocol) },
    { title: "FLAGS", value: ({ flags }) => formatValue(flags, "|") || "-" },
  ];
}

const bucketColumns: readonly Column<NexthopBucket>[] = [
  { title: "GROUP", value: ({ id }) => String(id), right: true },
  { title: "BUCKET", value: ({ index }) => String(index), right: true },
  { title: "NEXTHOP", value: ({ nhId }) => String(nhId), right: true },
  { title: "IDLE", value: ({ idleTime }) => formatDuration(idleTime), right: true },
];

/** How a resilient group behaves stands among the other words. */
function settingsOf(options: object): NexthopSettings {
  const isOfGroup = ([name]: [string, unknown]): boolean => Object.hasOwn(resilientGroup.entries, name);
  const all = Object.entries(options) as [string, unknown][];
  const resGroup = Object.fromEntries(all.filter(isOfGroup)) as ResilientGroup;
  const rest = Object.fromEntries(all.filter((entry) => !isOfGroup(entry))) as NexthopSettings;
  return Object.keys(resGroup).length === 0 ? rest : { ...rest, resGroup };
}

function idOf(word: string | undefined): number {
  return under("ID", () => u32.parse(word ?? ""));
}

export async function list(host: Host, { options }: Call): Promise<Report> {
  const nexthops = await host.nexthops.list(options);
  const names = await namesOf(
    host,
    nexthops.map(({ link }) => link),
  );
  return { value: nexthops, text: (style) => table(columnsOf(names), nexthops, style) };
}

export async function buckets(host: Host, { options }: Call): Promise<Report> {
  const found = await host.nexthops.buckets(options);
  return { value: found, text: (style) => table(bucketColumns, found, style) };
}

/** Adds a next hop; when the kernel chose its id, the id is printed. */
export async function add(host: Host, { options }: Call): Promise<Report> {
  const settings = settingsOf(options) as NexthopSettings & { id?: number };
  const value = await host.nexthops.add(settings);
  return { value, text: () => (settings.id === undefined ? `${value.id}\n` : "") };
}

export async function replace(host: Host, { operands: [id], options }: Call): Promise<Report> {
  return { value: await host.nexthops.replace(idOf(id), settingsOf(options)) };
}

export async function remove(host: Host, { operands: [id] }: Call): Promise<Report> {
  await host.nexthops.remove(idOf(id));
  return { value: {} };
}
