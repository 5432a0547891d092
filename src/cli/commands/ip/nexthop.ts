import type { Host } from "../../../host/host.js";
import { flag8, u32 } from "../../../netlink/codecs/numbers.js";
import { InputError, under } from "../../../base/errors.js";
import { nexthopAttributes, nhmsg, resilientBucket, resilientGroup } from "../../../rtnetlink/nexthop/nexthop.js";
import type {
  Nexthop,
  NexthopBucket,
  NexthopMember,
  NexthopSettings,
  ResilientGroup,
} from "../../../rtnetlink/nexthop/nexthop-requests.js";
import type { Call, Command, Operand } from "../../command.js";
import type { Report } from "../../io.js";
import { namesOf } from "../../printing/link-table.js";
import { formatAge, formatValue } from "../../printing/value-text.js";
import { type Column, table } from "../../printing/layout.js";
import { type Section, wordOf, tableWords } from "../../parsing/option.js";
import { encap } from "./encapsulation-words.js";
import { byLink, family, onlink, via } from "./network-words.js";

const ID: Operand = { name: "ID" };

const { id, group, groupType, blackhole, fdb, hwStatsEnable } = nexthopAttributes.entries;

/** "1=30": an id, and a weight. */
function parseMember(word: string): NexthopMember {
  const [, member, weight] = /^(\d+)(?:=(\d+))?$/.exec(word) ?? [];
  if (member === undefined) throw new InputError(`${JSON.stringify(word)} is not an id, or an id=weight`);
  return { id: u32.parse(member), weight: weight === undefined ? undefined : Number(weight) };
}

const members = { words: "ID=WEIGHT,…", parse: (word: string) => word.split(",").map(parseMember) };

const sections = {
  nexthopId: { title: "Its id", words: [wordOf("id", id[1], id[2])] },
  nexthop: {
    title: "A next hop",
    words: [
      via,
      byLink,
      onlink,
      encap,
      wordOf("blackhole", flag8, blackhole[2]),
      wordOf("group", members, `${group[2]}, with their weights`),
      wordOf("groupType", groupType[1], groupType[2]),
      ...tableWords(resilientGroup).map((word) => ({
        ...word,
        description: `of a resilient group: ${word.description}`,
      })),
      wordOf("fdb", flag8, fdb[2]),
      wordOf("hwStatsEnable", hwStatsEnable[1], hwStatsEnable[2]),
      wordOf("protocol", nhmsg.fields.protocol, "who makes it; static unless given"),
      family,
    ],
  },
  nexthopFilter: {
    title: "Which next hops",
    words: [
      { ...byLink, description: "by this link" },
      wordOf("master", u32, "by ports of this link"),
      wordOf("groups", flag8, "groups only"),
      wordOf("fdb", flag8, "those for FDB entries only"),
      wordOf("statistics", flag8, "count what went through groups' members"),
      family,
    ],
  },
  bucketFilter: {
    title: "Which buckets",
    words: [
      wordOf("id", id[1], "those of this group"),
      wordOf("nhId", resilientBucket.entries.nhId[1], "those that are given to this next hop", "nexthop"),
    ],
  },
} satisfies Record<string, Section>;

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
  { title: "IDLE", value: ({ idleTime }) => formatAge(idleTime), right: true },
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

export const command: Command = {
  actions: {
    list: {
      summary: "list next hops",
      operands: [],
      options: [sections.nexthopFilter],
      run: list,
    },
    buckets: {
      summary: "list the buckets of resilient groups",
      operands: [],
      options: [sections.bucketFilter],
      run: buckets,
    },
    add: {
      summary: "add a next hop, or a group of them",
      operands: [],
      options: [sections.nexthopId, sections.nexthop],
      needsOption: true,
      run: add,
    },
    replace: {
      summary: "put a next hop in the place of the one with this id",
      operands: [ID],
      options: [sections.nexthop],
      needsOption: true,
      run: replace,
    },
    delete: {
      summary: "remove a next hop, and the routes by it",
      operands: [ID],
      run: remove,
    },
  },
};
