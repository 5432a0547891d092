import type { Link } from "../rtnetlink/link/link.js";
import { detailsOf, globalAddresses, stateOf, whatIs } from "./words.js";
import { isPair, type Wiring } from "./wiring.js";

/**
 * The colours of the picture, by what they are for. A picture that is looked at in the dark has others in their place (svg.ts),
 * found by these, so each is used for one thing.
 */
export const colours = {
  ink: "#1b1f24",
  quiet: "#59636e",
  line: "#8c959f",
  paper: "#ffffff",
  link: "#f6f8fa",
  master: "#ddf4ff",
  down: "#eaeef2",
  waiting: "#fff8c5",
} as const;

function escaped(text: string): string {
  const visible = text.replace(/\p{Cc}/gu, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return visible.replace(/[&<>"]/g, (each) => `&#${each.charCodeAt(0)};`);
}

function fillOf(link: Link, usual: string): string {
  const state = stateOf(link);
  if (state === "down") return colours.down;
  return state === "up" ? usual : colours.waiting;
}

/** All that is found when it is searched for: names, addresses, MACs, kind and state. */
function tooltipOf(wiring: Wiring, link: Link): string {
  const parts = [
    link.name,
    whatIs(link),
    stateOf(link),
    link.address,
    ...(link.altnames ?? []),
    ...wiring.addressesOf(link),
    ...detailsOf(wiring, link),
  ];
  return parts.filter((part) => part !== undefined).join(" ");
}

function small(text: string): string {
  return `<FONT POINT-SIZE="10" COLOR="${colours.quiet}">${escaped(text)}</FONT>`;
}

function cell(wiring: Wiring, link: Link, attributes: string, usual: string, lines: readonly string[]): string {
  const state = stateOf(link);
  const words = [...lines, ...(state === "up" ? [] : [state])];
  const text = [`<B>${escaped(link.name)}</B>`, ...words.map(small)].join("<BR/>");
  return `<TD PORT="p${link.index}" ${attributes} BGCOLOR="${fillOf(link, usual)}" TITLE="${escaped(tooltipOf(wiring, link))}" HREF="#">${text}</TD>`;
}

/** Ports that have nothing to show but themselves stand in their master, in rows. */
function isLeaf(wiring: Wiring, link: Link): boolean {
  return (
    wiring.below(link) === undefined &&
    wiring.peerOf(link) === undefined &&
    wiring.portsOf(link).length === 0 &&
    wiring.above(link).length === 0 &&
    !(isPair(link) && link.linkNetnsid !== undefined)
  );
}

/** How many ports stand in a row: pictures of 5 and of 200 are a little wider than high. */
function columnsFor(count: number): number {
  return Math.max(1, Math.min(10, Math.round(Math.sqrt(count / 2))));
}

function rowsOf<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, row) => items.slice(row * size, (row + 1) * size));
}

function nodeOf(wiring: Wiring, link: Link): string {
  const leaves = wiring.portsOf(link).filter((port) => isLeaf(wiring, port));
  const columns = columnsFor(leaves.length);
  const isMaster = wiring.portsOf(link).length > 0 || link.kind === "bridge";
  const details = isPair(link) ? [] : detailsOf(wiring, link);
  const head = cell(wiring, link, `COLSPAN="${columns}"`, isMaster ? colours.master : colours.link, [
    whatIs(link),
    ...globalAddresses(wiring, link),
    ...details,
  ]);
  const rows = rowsOf(leaves, columns).map((row) => {
    const cells = row.map((port) => cell(wiring, port, "", colours.link, detailsOf(wiring, port)));
    const rest = columns - row.length;
    const filler = rest === 0 ? "" : `<TD COLSPAN="${rest}" BORDER="0"></TD>`;
    return `<TR>${cells.join("")}${filler}</TR>`;
  });
  const table = `<TABLE BORDER="0" CELLBORDER="1" CELLSPACING="0" CELLPADDING="6" COLOR="${colours.line}"><TR>${head}</TR>${rows.join("")}</TABLE>`;
  return `  l${link.index} [label=<${table}>];`;
}

/** Where a link is in the picture: its own node, or its cell in its master's. */
function placeOf(wiring: Wiring, link: Link): string {
  const master = wiring.link(link.master);
  const node = master !== undefined && isLeaf(wiring, link) ? master : link;
  return `l${node.index}:p${link.index}`;
}

function edgesOf(wiring: Wiring, link: Link): string[] {
  const master = wiring.link(link.master);
  const below = wiring.below(link);
  const peer = wiring.peerOf(link);
  const here = placeOf(wiring, link);
  const elsewhere = `n${link.linkNetnsid ?? ""}`;
  return [
    ...(master === undefined || isLeaf(wiring, link) ? [] : [`  ${here} -- ${placeOf(wiring, master)};`]),
    ...(below === undefined ? [] : [`  ${placeOf(wiring, below)} -- ${here};`]),
    ...(peer !== undefined && peer.index > link.index
      ? [`  ${here} -- ${placeOf(wiring, peer)} [style=dashed, constraint=false];`]
      : []),
    ...(isPair(link) && link.linkNetnsid !== undefined ? [`  ${elsewhere} -- ${here} [style=dashed];`] : []),
  ];
}

/** The wiring in the language of Graphviz: what stands below is on the left, bridges with their ports on the right. */
export function dotOf(wiring: Wiring): string {
  const own = wiring.links.filter((link) => wiring.link(link.master) === undefined || !isLeaf(wiring, link));
  const namespaces = new Set(
    wiring.links
      .filter((link) => isPair(link) && link.linkNetnsid !== undefined)
      .map(({ linkNetnsid }) => linkNetnsid!),
  );
  const lines = [
    "graph wiring {",
    `  graph [rankdir=LR, ranksep=0.8, nodesep=0.25, bgcolor="${colours.paper}"];`,
    `  node [shape=plain, fontname="Helvetica", fontsize=12, fontcolor="${colours.ink}"];`,
    `  edge [color="${colours.line}"];`,
    ...[...namespaces].map(
      (id) => `  n${id} [shape=box, style="rounded,dashed", color="${colours.line}", label="namespace ${id}"];`,
    ),
    ...own.map((link) => nodeOf(wiring, link)),
    ...wiring.links.flatMap((link) => edgesOf(wiring, link)),
    "}",
  ];
  return `${lines.join("\n")}\n`;
}
