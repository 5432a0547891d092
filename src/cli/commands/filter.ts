import type { Filter, FilterPlace, FilterSettings } from "../../host/traffic/filters.js";
import type { Host } from "../../host/host.js";
import { InputError } from "../../base/errors.js";
import type { Action } from "../../rtnetlink/traffic/actions/action.js";
import type { PoliceOptions } from "../../rtnetlink/traffic/actions/police.js";
import type { ActionResult } from "../../rtnetlink/traffic/actions/results.js";
import type { U32Selector } from "../../rtnetlink/traffic/filters/u32.js";
import type { Call } from "../commands.js";
import type { Report } from "../io.js";
import { type Column, table } from "../print.js";
import { optionText } from "../traffic-text.js";

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
