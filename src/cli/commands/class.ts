import type { ClassSettings } from "../../host/traffic/classes.js";
import type { Host } from "../../host/host.js";
import type { TrafficHandle } from "../../rtnetlink/traffic/traffic-handle.js";
import type { TrafficClass } from "../../rtnetlink/traffic/traffic-requests.js";
import type { Call } from "../commands.js";
import type { Report } from "../io.js";
import { type Column, table } from "../print.js";
import { counterColumns, optionText } from "../traffic-text.js";

const COLUMNS: Column<TrafficClass>[] = [
  { title: "KIND", value: ({ kind }) => kind },
  { title: "HANDLE", value: ({ handle }) => handle },
  { title: "PARENT", value: ({ parent }) => parent },
  ...counterColumns,
  { title: "OPTIONS", value: ({ kind, options }) => optionText(kind, options) },
];

export async function list(host: Host, { links: [link = ""] }: Call): Promise<Report> {
  const classes = await host.classes.list({ link });
  return { value: classes, text: (style) => table(COLUMNS, classes, style) };
}

function settingsOf(handle: string, words: object): ClassSettings {
  const { parent, ...options } = words as { parent?: TrafficHandle };
  return { kind: "htb", handle: handle as TrafficHandle, parent, options };
}

export async function add(
  host: Host,
  { links: [link = ""], operands: [, handle = ""], options }: Call,
): Promise<Report> {
  return { value: await host.classes.add(link, settingsOf(handle, options)) };
}

export async function change(
  host: Host,
  { links: [link = ""], operands: [, handle = ""], options }: Call,
): Promise<Report> {
  return { value: await host.classes.change(link, settingsOf(handle, options)) };
}

export async function remove(host: Host, { links: [link = ""], operands: [, handle = ""] }: Call): Promise<Report> {
  await host.classes.remove(link, handle as TrafficHandle);
  return { value: {} };
}
