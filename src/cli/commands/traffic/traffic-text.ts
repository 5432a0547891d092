import { formatRate, formatSize } from "../../../netlink/codecs/quantities.js";
import { kebab } from "../../../netlink/codecs/words.js";
import type { TrafficStatistics } from "../../../rtnetlink/traffic/traffic-statistics.js";
import { formatValue, unknownOptions } from "../../printing/value-text.js";
import type { Column } from "../../printing/layout.js";

const RATES = ["rate", "ceil", "peakrate"];
const SIZES = ["burst", "cburst", "pburst"];

function valueText(name: string, value: unknown): string {
  if (typeof value === "number" && RATES.includes(name)) return formatRate(value);
  if (typeof value === "number" && SIZES.includes(name)) return formatSize(value);
  if (name === "actions" && Array.isArray(value))
    return (value as { kind: string; options?: object }[])
      .map(({ kind, options }) => `${kind}(${optionText(kind, options)})`)
      .join(",");
  return formatValue(value);
}

/** Options of a kind as they are typed; times are left out. */
export function optionText(kind: string, options: object | undefined): string {
  if (options === undefined) return "";
  if (options instanceof Uint8Array) return unknownOptions(kind, options);
  return Object.entries(options)
    .filter(([name, value]) => value !== undefined && name !== "tm")
    .map(([name, value]) => `${kebab(name)}=${valueText(name, value)}`)
    .join(" ");
}

function counter(title: string, name: "bytes" | "packets" | "drops" | "overlimits" | "backlog"): Column<Counted> {
  return { title, value: ({ statistics }) => String(statistics?.[name] ?? "-"), right: true };
}

interface Counted {
  readonly statistics?: TrafficStatistics | undefined;
}

/** What has passed, been dropped and waits. */
export const counterColumns: Column<Counted>[] = [
  counter("BYTES", "bytes"),
  counter("PACKETS", "packets"),
  counter("DROPS", "drops"),
  counter("OVERLIMITS", "overlimits"),
  counter("BACKLOG", "backlog"),
];
