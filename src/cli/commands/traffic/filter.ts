import { wordsOf } from "./traffic-words.js";
import type { Filter, FilterPlace, FilterSettings } from "../../../host/traffic/filters.js";
import type { Host } from "../../../host/host.js";
import { InputError } from "../../../base/errors.js";
import type { Action } from "../../../rtnetlink/traffic/actions/action.js";
import { type PoliceOptions, policeOptions } from "../../../rtnetlink/traffic/actions/police.js";
import { type ActionResult, actionResult } from "../../../rtnetlink/traffic/actions/results.js";
import type { U32Selector } from "../../../rtnetlink/traffic/filters/u32.js";
import type { Call, Command, Operand } from "../../command.js";
import type { Report } from "../../io.js";
import { type Column, table } from "../../printing/layout.js";
import { optionText } from "./traffic-text.js";
import { text } from "../../../netlink/codecs/codec.js";
import { u16, u32 } from "../../../netlink/codecs/numbers.js";
import { gactOptions } from "../../../rtnetlink/traffic/actions/gact.js";
import { etherType, flower } from "../../../rtnetlink/traffic/filters/flower.js";
import { trafficHandle } from "../../../rtnetlink/traffic/traffic-handle.js";
import { type Section, tableWords, wordOf } from "../../parsing/option.js";
import type { Spoken } from "./traffic-words.js";

const LINK: Operand = { name: "LINK", choices: "link" };

const POLICE: readonly string[] = ["rate", "burst", "exceed", "conform", "mtu", "peakrate"];

/** "0x0a000000/0xff000000@12": a value, its mask, and where. */
function parseMatch(word: string): U32Selector["keys"][number] {
  const [, val, mask = "0xffffffff", off = "0"] = /^(\w+)(?:\/(\w+))?(?:@(\d+))?$/.exec(word) ?? [];
  if (val === undefined)
    throw new InputError(
      `${JSON.stringify(word)} is not a value, a mask and an offset such as 0x0a000000/0xff000000@12`,
    );
  return { val: u32.parse(val), mask: u32.parse(mask), off: u32.parse(off) };
}

const matches: Spoken = { words: "VALUE/MASK@OFFSET,…", parse: (word) => word.split(",").map(parseMatch) };
const filterHandle: Spoken = {
  words: "N|TABLE:BUCKET:N",
  parse: (word) => (word.includes(":") ? word : u32.parse(word)),
};

const sections = {
  filterPlace: {
    title: "Which filters",
    words: [
      wordOf("parent", trafficHandle, "their place: root unless given, ingress, egress, or a class"),
      wordOf("protocol", etherType, "what the frames carry"),
      wordOf("priority", u16, "their priority"),
      wordOf("chain", u32, "number of their chain"),
    ],
  },
  filter: {
    title: "A filter",
    words: [wordOf("kind", { words: "matchall|flower|u32", parse: text(15).parse }, "the kind")],
  },
  filterHandle: { title: "Its number", words: [wordOf("handle", filterHandle, "of a u32 filter such as 800::800")] },
  filterAction: {
    title: "What is done with packets, in this order",
    words: [
      ...wordsOf(policeOptions).filter(({ property }) => POLICE.includes(property)),
      wordOf("mirror", { words: "LINK", parse: text().parse }, "copies of them leave by this link"),
      wordOf("redirect", { words: "LINK", parse: text().parse }, "they leave by this link instead"),
      wordOf("action", actionResult, gactOptions.action[1]),
    ],
  },
  u32: {
    title: "kind=u32",
    words: [wordOf("match", matches, "32 bits each that packets must have, at an offset from the network header")],
  },
  flower: { title: "kind=flower; classid= and flags= of the others, too", words: tableWords(flower) },
} satisfies Record<string, Section>;

const COLUMNS: Column<Filter>[] = [
  { title: "PARENT", value: ({ parent }) => parent },
  { title: "PRIORITY", value: ({ priority }) => String(priority), right: true },
  { title: "PROTOCOL", value: ({ protocol }) => String(protocol) },
  { title: "KIND", value: ({ kind }) => kind },
  { title: "HANDLE", value: ({ handle }) => String(handle) },
  { title: "OPTIONS", value: ({ kind, options }) => optionText(kind, options) },
];

export async function list(host: Host, { links: [link = ""], options }: Call): Promise<Report> {
  const filters = await host.filters.list({ ...(options as FilterPlace), link });
  return { value: filters, text: (style) => table(COLUMNS, filters, style) };
}

interface ActionWords extends PoliceOptions {
  readonly mirror?: string | undefined;
  readonly redirect?: string | undefined;
  readonly action?: ActionResult | undefined;
}

type Words = FilterPlace &
  ActionWords &
  Pick<FilterSettings, "handle"> & { kind?: string; match?: U32Selector["keys"] };

/** Without what is not given. */
function given<T extends object>(values: T): T | undefined {
  return Object.values(values).some((value) => value !== undefined) ? values : undefined;
}

async function actionsOf(host: Host, words: ActionWords): Promise<Action[]> {
  const { mirror, redirect, action, ...policing } = words;
  const actions: Action[] = [];
  const police = given(policing);
  if (police !== undefined) actions.push({ kind: "police", options: police });
  for (const [link, eaction] of [
    [mirror, "egressMirror"],
    [redirect, "egressRedir"],
  ] as const)
    if (link !== undefined)
      actions.push({ kind: "mirred", options: { eaction, ifindex: (await host.link(link)).index } });
  if (action !== undefined) actions.push({ kind: "gact", options: { action } });
  return actions;
}

async function settingsOf(host: Host, words: Words): Promise<FilterSettings> {
  const { kind, parent, protocol, priority, chain, handle, match, ...rest } = words;
  const { rate, burst, exceed, conform, mtu, peakrate, mirror, redirect, action, ...compared } = rest;
  if (kind === undefined) throw new InputError("it must be said what to create, as in kind=matchall", "kind");
  const actions = await actionsOf(host, { rate, burst, exceed, conform, mtu, peakrate, mirror, redirect, action });
  const options = {
    ...compared,
    ...(match === undefined ? {} : { sel: { keys: match } }),
    ...(actions.length === 0 ? {} : { actions }),
  };
  return { kind, parent, protocol, priority, chain, handle, options } as FilterSettings;
}

export async function add(host: Host, { links: [link = ""], options }: Call): Promise<Report> {
  return { value: await host.filters.add(link, await settingsOf(host, options)) };
}

export async function replace(host: Host, { links: [link = ""], options }: Call): Promise<Report> {
  return { value: await host.filters.replace(link, await settingsOf(host, options)) };
}

export async function remove(host: Host, { links: [link = ""], options }: Call): Promise<Report> {
  await host.filters.remove(link, options);
  return { value: {} };
}

export const command: Command = {
  actions: {
    list: {
      summary: "list the filters in a place of a link",
      operands: [LINK],
      options: [sections.filterPlace],
      run: list,
    },
    add: {
      summary: "add a filter, and say what is done with the packets that match",
      operands: [LINK],
      options: [
        sections.filter,
        sections.filterHandle,
        sections.filterPlace,
        sections.filterAction,
        sections.u32,
        sections.flower,
      ],
      needsOption: true,
      run: add,
    },
    replace: {
      summary: "add a filter in the place of the one with its priority and handle",
      operands: [LINK],
      options: [
        sections.filter,
        sections.filterHandle,
        sections.filterPlace,
        sections.filterAction,
        sections.u32,
        sections.flower,
      ],
      needsOption: true,
      run: replace,
    },
    delete: {
      summary: "remove the filters in a place, or those of one priority",
      operands: [LINK],
      options: [sections.filterPlace, sections.filterHandle],
      run: remove,
    },
  },
};
