import type { Link } from "../../rtnetlink/link/link.js";
import type { Style } from "../io.js";
import { kindText, stateOf } from "../../wiring/link-text.js";
import { addressText } from "./link-table.js";
import { type LinkNames, optionRows } from "./link-text.js";
import { definitions, heading } from "./layout.js";

type Named = Pick<Link, "name">;

/** What is known around a link. */
export interface Surroundings {
  readonly names: LinkNames;
  /** Its IP addresses, with their lengths. */
  readonly addresses: readonly string[];
  /** Its ports, and what is on it. */
  readonly ports: readonly Named[];
  readonly above: readonly Named[];
}

/** Options that fit on one screen beside the rest. */
const MOST_OPTIONS = 9;

function listed(links: readonly Named[]): string {
  const names = links.map(({ name }) => name);
  return names.length <= 8 ? names.join(", ") : `${names.slice(0, 8).join(", ")} and ${names.length - 8} more`;
}

function traffic({ stats64 }: Link): [string, string][] {
  const counts = (stats64 ?? {}) as Record<string, number | undefined>;
  const row = (way: "rx" | "tx", word: string): [string, string] => {
    const of = (what: string): number => counts[`${way}${what}`] ?? 0;
    return [word, `${of("Packets")} packets, ${of("Bytes")} bytes, ${of("Dropped")} dropped, ${of("Errors")} errors`];
  };
  return [row("rx", "received"), row("tx", "sent")];
}

/** A link on one screen: what it is and how it is, its addresses, what it stands on and what stands on it. */
export function linkScreen(link: Link, { names, addresses, ports, above }: Surroundings, style: Style): string {
  const { index, name, mtu, master, link: below, linkNetnsid } = link;
  const nameOf = (number: number): string => names.get(number) ?? String(number);
  const on =
    below === undefined || below === 0
      ? undefined
      : linkNetnsid === undefined
        ? nameOf(below)
        : `link ${below} of namespace ${linkNetnsid}`;
  const isPair = link.kind === "veth" || link.kind === "netkit";
  const options = optionRows(link, names);
  const more = options.length - MOST_OPTIONS;
  const rows: [string, string][] = [
    ["what", `${kindText(link)}, index ${index}, mtu ${mtu ?? "-"}`],
    ...(link.alias === undefined ? [] : [["alias", link.alias] as [string, string]]),
    ["state", stateOf(link)],
    ["mac", addressText(link)],
    ["addresses", addresses.join(" ") || "-"],
    ...(master === undefined ? [] : [["port of", nameOf(master)] as [string, string]]),
    ...(on === undefined ? [] : [[isPair ? "peer" : "stands on", on] as [string, string]]),
    ...(ports.length === 0 ? [] : [["ports", listed(ports)] as [string, string]]),
    ...(above.length === 0 ? [] : [["under", listed(above)] as [string, string]]),
    ...traffic(link),
  ];
  const shown = options.slice(0, MOST_OPTIONS).map(([word, text]): [string, string] => [word, text]);
  return (
    heading(name, style) +
    definitions(rows, style) +
    (shown.length === 0 ? "" : heading("options", style) + definitions(shown, style)) +
    (more > 0 ? `  and ${more} more: linkwright link show ${name} all\n` : "")
  );
}
