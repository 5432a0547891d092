import type { Filter, FilterPlace } from "../../host/filters.js";
import type { Host } from "../../host/host.js";
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
  { title: "OPTIONS", value: ({ options }) => optionText(options) },
];

export async function list(host: Host, { operands: [link = ""], options }: Call): Promise<Report> {
  const filters = await host.filters.list({ ...(options as FilterPlace), link });
  return { value: filters, text: (style) => table(COLUMNS, filters, style) };
}

export async function remove(host: Host, { operands: [link = ""], options }: Call): Promise<Report> {
  await host.filters.remove(link, options);
  return { value: {} };
}
