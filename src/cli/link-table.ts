import type { Host } from "../host/host.js";
import type { Link } from "../rtnetlink/link/link.js";
import type { LinkNames } from "./link-text.js";
import type { Style } from "./io.js";
import { type Column, table } from "./print.js";
import { REFERENCES } from "../rtnetlink/link/link-references.js";

/** The links that one refers to: what is below or above it, and those among its options. */
function indexesIn({ master, link, linkNetnsid, linkInfo }: Link): (number | undefined)[] {
  const options = Object.entries({ ...linkInfo?.data, ...linkInfo?.slaveData } as Record<string, unknown>);
  const referred = options.filter(([name, value]) => REFERENCES.has(name) && typeof value === "number");
  return [master, linkNetnsid === undefined ? link : 0, ...referred.map(([, index]) => index as number)];
}

/** The names of the links that these refer to; what is not among them is asked for. */
export async function namesAround(host: Host, links: readonly Link[]): Promise<LinkNames> {
  const known = new Map(links.map(({ index, name }) => [index, name]));
  const missing = links.flatMap(indexesIn).filter((index) => index !== undefined && !known.has(index));
  return new Map([...known, ...(await namesOf(host, missing))]);
}

/** The names of links by their indexes; one that is gone has none. */
export async function namesOf(host: Host, indexes: Iterable<number | undefined>): Promise<LinkNames> {
  const names = new Map<number, string>();
  const wanted = [...new Set(indexes)].filter((index) => index !== undefined && index > 0);
  const found = await Promise.allSettled(wanted.map((index) => host.link(index!)));
  for (const each of found) if (each.status === "fulfilled") names.set(each.value.index, each.value.name);
  return names;
}

/** What a link's state is to its user. */
export function stateOf({ up, operstate }: Link): string {
  if (!up) return "down";
  if (operstate === "down" || operstate === "lowerlayerdown") return "no-carrier";
  return operstate === undefined || operstate === "unknown" ? "up" : String(operstate);
}

function paintState(text: string, link: Link, style: Style): string {
  const state = stateOf(link);
  if (state === "up") return style.green(text);
  return state === "down" ? style.red(text) : style.yellow(text);
}

export const NAME: Column<Link> = {
  title: "NAME",
  value: ({ name }) => name,
  paint: (text, _link, style) => style.cyan(text),
};

export const STATE: Column<Link> = { title: "STATE", value: stateOf, paint: paintState };

export const MTU: Column<Link> = { title: "MTU", value: ({ mtu = "-" }) => String(mtu), right: true };

export const ADDRESS: Column<Link> = { title: "ADDRESS", value: ({ address = "-" }) => address };

/** The column of masters' names. */
export function masterColumn(names: LinkNames): Column<Link> {
  return {
    title: "MASTER",
    value: ({ master }) => (master === undefined ? "-" : (names.get(master) ?? String(master))),
  };
}

/** The column of the links below, by their names. */
export function linkColumn(names: LinkNames): Column<Link> {
  return { title: "LINK", value: (link) => linkBelow(link, names) };
}

function linkBelow({ link, linkNetnsid }: Link, names: LinkNames): string {
  if (link === undefined || link === 0) return "-";
  return linkNetnsid === undefined ? (names.get(link) ?? String(link)) : `${link}@${linkNetnsid}`;
}

/** Links, a line each. */
export function linkTable(links: readonly Link[], names: LinkNames, style: Style): string {
  const columns: Column<Link>[] = [
    { title: "INDEX", value: ({ index }) => String(index), right: true },
    NAME,
    { title: "KIND", value: ({ linkInfo }) => linkInfo?.kind ?? "-" },
    STATE,
    MTU,
    ADDRESS,
    masterColumn(names),
  ];
  return table(columns, links, style);
}
