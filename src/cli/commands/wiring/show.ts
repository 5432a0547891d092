import type { Host } from "../../../host/host.js";
import { flag8 } from "../../../netlink/codecs/numbers.js";
import { parseDuration } from "../../../netlink/codecs/duration.js";
import type { Link } from "../../../rtnetlink/link/link.js";
import { type Branch, treeOf } from "../../../wiring/tree.js";
import { detailsOf, globalAddresses, rateText, stateOf, whatIs } from "../../../wiring/link-text.js";
import { type Wiring, wiringOf } from "../../../wiring/wiring.js";
import { alone, type Call, type Command } from "../../command.js";
import { type Report, type Style, styleFor } from "../../io.js";
import { NAME, paintState } from "../../printing/link-table.js";
import { type Column, json, table } from "../../printing/layout.js";
import { shownSwitches } from "../../parsing/switch-argument.js";
import { type Section, wordOf } from "../../parsing/option.js";

/** A line of the tree: a link, or what is left to say of the one above. */
interface Line {
  /** The tree's own strokes, before the name. */
  readonly strokes: string;
  readonly link: Link | undefined;
  readonly isMention: boolean;
  readonly words: string;
}

/** Room for addresses and details. */
const ROOM = 44;

/** What is said of a link behind its state, item by item. */
function itemsOf(wiring: Wiring, { link, as }: Branch): string[] {
  if (as === "mention") return [`port of ${wiring.link(link.master)?.name ?? "?"}`];
  const below = as === "port" ? wiring.below(link) : undefined;
  const { received = 0, sent = 0 } = wiring.trafficOf(link) ?? {};
  return [
    ...globalAddresses(wiring, link),
    ...(below === undefined ? [] : [`on ${below.name}`]),
    ...detailsOf(wiring, link),
    ...(received < 1 ? [] : [`in ${rateText(received)}`]),
    ...(sent < 1 ? [] : [`out ${rateText(sent)}`]),
  ];
}

/** Items as lines, broken between them. */
function joined(items: readonly string[]): string[] {
  const lines: string[] = [];
  for (const [i, item] of items.entries()) {
    const words = i === items.length - 1 ? item : `${item},`;
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + words.length <= ROOM) lines[lines.length - 1] = `${last} ${words}`;
    else lines.push(words);
  }
  return lines;
}

function linesOf(wiring: Wiring, branch: Branch, before: string, stroke: string, under: string): Line[] {
  const { link, branches, as } = branch;
  const isMention = as === "mention";
  const [first = "", ...others] = joined(itemsOf(wiring, branch));
  const beneath = before + under;
  const bar = branches.length > 0 ? "│" : "";
  return [
    { strokes: before + stroke, link, isMention, words: first },
    ...others.map((words): Line => ({ strokes: beneath + bar, link: undefined, isMention, words })),
    ...branches.flatMap((each, i) =>
      i === branches.length - 1
        ? linesOf(wiring, each, beneath, "└─ ", "   ")
        : linesOf(wiring, each, beneath, "├─ ", "│  "),
    ),
  ];
}

/** The tree as people read it. */
export function showText(wiring: Wiring, style: Style): string {
  const lines = treeOf(wiring).flatMap((branch) => linesOf(wiring, branch, "", "", ""));
  const columns: Column<Line>[] = [
    {
      title: NAME.title,
      value: ({ strokes, link }) => strokes + (link?.name ?? ""),
      paint: (text, { link, isMention }) =>
        link === undefined || isMention ? style.dim(text) : text.replace(link.name, style.cyan(link.name)),
    },
    { title: "WHAT", value: ({ link }) => (link === undefined ? "" : whatIs(link)) },
    {
      title: "STATE",
      value: ({ link, isMention }) => (link === undefined || isMention ? "" : stateOf(link)),
      paint: (text, { link }) => (link === undefined ? text : paintState(text, link, style)),
    },
    { title: "ADDRESSES AND MORE", value: ({ words }) => words },
  ];
  return table(columns, lines, style);
}

/** The tree as data: what the lines say, and what stands below each. */
function valueOf(wiring: Wiring, { link, as, branches }: Branch): object {
  const { name, index, mtu, address } = link;
  if (as === "mention") return { name, index, as, portOf: wiring.link(link.master)?.name };
  return {
    name,
    index,
    as,
    what: whatIs(link),
    kind: link.linkInfo?.kind,
    state: stateOf(link),
    mtu,
    address,
    addresses: wiring.addressesOf(link),
    on: wiring.below(link)?.name,
    peer: wiring.peerOf(link)?.name,
    holders: link.kind === "tun" ? wiring.holdersOf(link) : undefined,
    traffic: wiring.trafficOf(link),
    details: detailsOf(wiring, link),
    links: branches.map((branch) => valueOf(wiring, branch)),
  };
}

const words = {
  title: "How it is looked at",
  words: [
    wordOf("watch", flag8, "go on, and show it again every second, with rates; Ctrl-C ends it"),
    wordOf(
      "count",
      { words: "DURATION", parse: parseDuration },
      "for how long traffic is counted: 250ms unless given, 0ms for no rates",
    ),
  ],
} satisfies Section;

const COUNT = 250;
const EVERY = 1000;
const HOME_AND_CLEAR = "\u001b[H\u001b[J";

/** What a terminal has room for, in place of what stood there; to what is no terminal, all, one after the other. */
function onScreen(text: string, { stdout }: Call["io"]): string {
  if (stdout.isTTY !== true) return text;
  const lines = text.trimEnd().split("\n");
  const room = (stdout.rows ?? Infinity) - 1;
  const shown = lines.length <= room ? lines : lines.slice(0, room - 1);
  const left = lines.length - shown.length;
  return `${HOME_AND_CLEAR}${shown.join("\n")}\n${left === 0 ? "" : `… and ${left} lines more, for which this terminal has no room\n`}`;
}

async function watched(host: Host, { io, globals }: Call): Promise<Report> {
  const style = styleFor(io.stdout, io.env);
  const stop = new AbortController();
  const interrupted = (): void => {
    stop.abort();
  };
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  process.stdout.once("error", interrupted);
  try {
    while (!stop.signal.aborted) {
      const wiring = await wiringOf(host, { count: EVERY, signal: stop.signal, switches: await shownSwitches() });
      const trees = treeOf(wiring);
      io.stdout.write(
        globals.json
          ? json(
              trees.map((branch) => valueOf(wiring, branch)),
              0,
            )
          : onScreen(showText(wiring, style), io),
      );
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
    process.stdout.off("error", interrupted);
  }
  return {};
}

/** The whole namespace at a glance, as a tree. */
async function show(host: Host, call: Call): Promise<Report> {
  const { watch = false, count = COUNT } = call.options as { watch?: boolean; count?: number };
  if (watch) return watched(host, call);
  const wiring = await wiringOf(host, { ...(count === 0 ? {} : { count }), switches: await shownSwitches() });
  return {
    value: treeOf(wiring).map((branch) => valueOf(wiring, branch)),
    text: (style) => showText(wiring, style),
  };
}

export const command: Command = alone({
  summary: "the whole host as a tree: links with what stands on them, ports, addresses, rates, who holds a TAP",
  operands: [],
  options: [words],
  run: show,
});
