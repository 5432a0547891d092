import type { Host } from "../../host/host.js";
import type { QdiscSettings } from "../../host/traffic/qdiscs.js";
import { InputError } from "../../base/errors.js";
import type { Qdisc } from "../../rtnetlink/traffic/traffic-requests.js";
import type { TrafficHandle } from "../../rtnetlink/traffic/traffic-handle.js";
import type { Call } from "../commands.js";
import type { Report } from "../io.js";
import { namesOf } from "../link-table.js";
import { counterColumns, optionText } from "../traffic-text.js";
import { type Column, table } from "../print.js";

export async function list(host: Host, { links: [link] }: Call): Promise<Report> {
  const qdiscs = await host.qdiscs.list({ link });
  const names = await namesOf(
    host,
    qdiscs.map(({ index }) => index),
  );
  const columns: Column<Qdisc>[] = [
    {
      title: "LINK",
      value: ({ index }) => names.get(index) ?? String(index),
      paint: (text, _qdisc, style) => style.cyan(text),
    },
    { title: "KIND", value: ({ kind }) => kind },
    { title: "HANDLE", value: ({ handle }) => handle },
    { title: "PARENT", value: ({ parent }) => parent },
    ...counterColumns,
    { title: "OPTIONS", value: ({ kind, options }) => optionText(kind, options) },
  ];
  return { value: qdiscs, text: (style) => table(columns, qdiscs, style) };
}

type Words = { readonly kind?: string; readonly parent?: TrafficHandle; readonly handle?: TrafficHandle };

function settingsOf(words: object): QdiscSettings {
  const { kind, parent, handle, ...options } = words as Words;
  if (kind === undefined) throw new InputError("it must be said what to create, as in kind=tbf", "kind");
  return { kind, parent, handle, ...(Object.keys(options).length > 0 ? { options } : {}) } as QdiscSettings;
}

export async function add(host: Host, { links: [link = ""], options }: Call): Promise<Report> {
  return { value: await host.qdiscs.add(link, settingsOf(options)) };
}

export async function replace(host: Host, { links: [link = ""], options }: Call): Promise<Report> {
  return { value: await host.qdiscs.replace(link, settingsOf(options)) };
}

export async function remove(host: Host, { links: [link = ""], options }: Call): Promise<Report> {
  await host.qdiscs.remove(link, options);
  return { value: {} };
}
