import type { Link } from "../rtnetlink/link/link.js";
import { detailsOf, globalAddresses, stateOf, whatIs } from "./link-text.js";
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

/** Whether nothing is a port of a link, or stands on it. */
function isBare(wiring: Wiring, link: Link): boolean {
  return wiring.portsOf(link).length === 0 && wiring.above(link).length === 0;
}

/** Whether a link is the end of a pair and nothing else. */
function isLoose(wiring: Wiring, link: Link): boolean {
  return isBare(wiring, link) && wiring.link(link.master) === undefined && wiring.below(link) === undefined;
}

/**
 * The link in whose node one stands that is nothing but a part of that: a port, what stands on another link, the loose end of a
 * pair. Undefined for a link that has a node of its own.
 */
function homeOf(wiring: Wiring, link: Link): Link | undefined {
  if (!isBare(wiring, link)) return undefined;
  const home = wiring.link(link.master) ?? wiring.below(link);
  if (home !== undefined) return home;
  const peer = wiring.peerOf(link);
  const isSecond = peer !== undefined && (!isLoose(wiring, peer) || peer.index < link.index);
  return isSecond ? peer : undefined;
}

/** What a picture is of, and which of its lines words stand for. */
interface Drawing {
  readonly wiring: Wiring;
  readonly lines: readonly Line[];
  /** By a link: "on eno1", where a line would be one of too many. */
  readonly words: ReadonlyMap<Link, readonly string[]>;
}

/** A link's cell, with what is worth knowing of it that no line shows. */
function cellOf({ wiring, words }: Drawing, link: Link, attributes: string): string {
  const peer = wiring.peerOf(link);
  const home = homeOf(wiring, link);
  const isMaster = wiring.portsOf(link).length > 0 || link.kind === "bridge";
  const isCommon = link.kind === "tun" || isPair(link);
  return cell(wiring, link, attributes, isMaster ? colours.master : colours.link, [
    ...(home === undefined || !isCommon ? [whatIs(link)] : []),
    ...globalAddresses(wiring, link),
    ...(words.get(link) ?? []),
    ...detailsOf(wiring, link).filter((each) => peer === undefined || home === peer || each !== `to ${peer.name}`),
  ]);
}

/** How many columns a table of cells has: with 200, too, it is a little wider than high. */
function columnsFor(count: number): number {
  return Math.max(1, Math.min(16, Math.round(Math.sqrt(count / 1.4))));
}

function rowsOf<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, row) => items.slice(row * size, (row + 1) * size));
}

/** What stands in a link's node: its ports, what stands on it, or the other end of its pair. */
function partsOf(wiring: Wiring, link: Link): Link[] {
  const peer = wiring.peerOf(link);
  const all = new Set([...wiring.portsOf(link), ...wiring.above(link), ...(peer === undefined ? [] : [peer])]);
  return [...all].filter((part) => homeOf(wiring, part) === link);
}

/** A node: the link, and below it, in rows, what belongs to it; a port whose pair's other end is loose has that beside it. */
function nodeOf(drawing: Drawing, link: Link): string {
  const { wiring } = drawing;
  const parts = partsOf(wiring, link).map((part) => [part, ...partsOf(wiring, part)]);
  const width = Math.max(1, ...parts.map(({ length }) => length));
  const cells = parts.flat().length;
  const columns = Math.max(1, Math.round((columnsFor(cells) * parts.length) / Math.max(1, cells)));
  const rows = rowsOf(parts, columns).map((row) => {
    const cells = row.flatMap((links) =>
      links.map((each, place) =>
        cellOf(drawing, each, place === links.length - 1 ? `COLSPAN="${width - links.length + 1}"` : ""),
      ),
    );
    const rest = (columns - row.length) * width;
    const filler = rest === 0 ? "" : `<TD COLSPAN="${rest}" BORDER="0"></TD>`;
    return `<TR>${cells.join("")}${filler}</TR>`;
  });
  const head = cellOf(drawing, link, `COLSPAN="${columns * width}"`);
  const table = `<TABLE BORDER="0" CELLBORDER="1" CELLSPACING="0" CELLPADDING="6" COLOR="${colours.line}"><TR>${head}</TR>${rows.join("")}</TABLE>`;
  return `  l${link.index} [label=<${table}>];`;
}

/** The link that has the node in which another one stands. */
function nodeFor(wiring: Wiring, link: Link): Link {
  const home = homeOf(wiring, link);
  return home === undefined ? link : nodeFor(wiring, home);
}

/** Where a link is in the picture: its own node, or its cell in another's. */
function placeOf(wiring: Wiring, link: Link): string {
  return `l${nodeFor(wiring, link).index}:p${link.index}`;
}

/** A line of the picture, from the left to the right. */
interface Line {
  readonly from: Link;
  readonly to: Link;
  /** The link that has words where the line is not drawn, and the words. */
  readonly of: Link;
  readonly words: string;
  /** It joins the ends of a pair, and does not say what is left and what is right. */
  readonly isPair?: true;
}

function linesOf(wiring: Wiring, link: Link): Line[] {
  const [master, below, peer] = [wiring.link(link.master), wiring.below(link), wiring.peerOf(link)];
  const home = homeOf(wiring, link);
  const isApart = peer !== undefined && home !== peer && homeOf(wiring, peer) !== link;
  return [
    ...(master === undefined || master === home
      ? []
      : [{ from: link, to: master, of: link, words: `port of ${master.name}` }]),
    ...(below === undefined || below === home ? [] : [{ from: below, to: link, of: link, words: `on ${below.name}` }]),
    ...(isApart && peer.index > link.index
      ? [{ from: link, to: peer, of: link, words: `to ${peer.name}`, isPair: true as const }]
      : []),
  ];
}

/** As many lines as one node has, that an eye can follow. */
const MOST_LINES = 16;

/** The lines that are drawn: of those of a node that has too many, none is. */
function drawingOf(wiring: Wiring): Drawing {
  const all = wiring.links
    .flatMap((link) => linesOf(wiring, link))
    .map((line) => ({ line, ends: [nodeFor(wiring, line.from), nodeFor(wiring, line.to)] }));
  const counts = new Map<Link, number>();
  for (const { ends } of all) for (const node of ends) counts.set(node, (counts.get(node) ?? 0) + 1);
  const isDrawn = ({ ends }: (typeof all)[number]): boolean => ends.every((node) => counts.get(node)! <= MOST_LINES);
  const words = new Map<Link, readonly string[]>();
  for (const each of all)
    if (!isDrawn(each)) words.set(each.line.of, [...(words.get(each.line.of) ?? []), each.line.words]);
  return { wiring, lines: all.filter(isDrawn).map(({ line }) => line), words };
}

/** More parts than Graphviz packs in a moment by their shapes; as many as these stand in a table. */
const MOST_SHAPES = 40;

/**
 * The wiring in the language of Graphviz: what stands below is on the left, bridges with their ports on the right. What hangs together
 * is laid out by itself, and packed beside the rest.
 */
export function dotOf(wiring: Wiring): string {
  const drawing = drawingOf(wiring);
  const nodes = wiring.links.filter((link) => homeOf(wiring, link) === undefined);
  const packing = nodes.length - drawing.lines.length > MOST_SHAPES ? "array_tl" : "graph";
  const lines = [
    "graph wiring {",
    `  graph [rankdir=LR, ranksep=0.8, nodesep=0.25, pack=12, packmode="${packing}", bgcolor="${colours.paper}"];`,
    `  node [shape=plain, fontname="Helvetica", fontsize=12, fontcolor="${colours.ink}"];`,
    `  edge [color="${colours.line}"];`,
    ...nodes.map((link) => nodeOf(drawing, link)),
    ...drawing.lines.map(
      ({ from, to, isPair: joins }) =>
        `  ${placeOf(wiring, from)} -- ${placeOf(wiring, to)}${joins === true ? " [style=dashed, constraint=false]" : ""};`,
    ),
    "}",
  ];
  return `${lines.join("\n")}\n`;
}
