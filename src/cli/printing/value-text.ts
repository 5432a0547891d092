import { kebab } from "../../netlink/codecs/words.js";

/** Milliseconds as they are typed: "2s", "31.24s", "250ms". */
export function formatDuration(value: number): string {
  return value === 0 || value >= 1000 ? `${value / 1000}s` : `${value}ms`;
}

/** How long something has been or will be so, as people say it: "1.25s", "5m20s", "3h5m", "2d4h". */
export function formatAge(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (milliseconds < 60_000) return `${Number((milliseconds / 1000).toFixed(2))}s`;
  const two = (large: number, unit: string, small: number, smaller: string): string =>
    `${large}${unit}${small === 0 ? "" : `${small}${smaller}`}`;
  if (seconds < 3600) return two(Math.floor(seconds / 60), "m", seconds % 60, "s");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1440) return two(Math.floor(minutes / 60), "h", minutes % 60, "m");
  const hours = Math.floor(minutes / 60);
  return two(Math.floor(hours / 24), "d", hours % 24, "h");
}

/** A value as it is typed on a command line. */
export function formatValue(value: unknown, shape = ""): string {
  if (typeof value === "boolean") return value ? "on" : "off";
  if (typeof value === "number") return shape.startsWith("DURATION") ? formatDuration(value) : String(value);
  if (typeof value === "string") return shape.includes("|") ? kebab(value) : value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (Array.isArray(value)) return value.map((each) => formatValue(each, shape)).join(",");
  if (typeof value === "object" && value !== null)
    return Object.entries(value)
      .map(([name, each]) => `${kebab(name)}:${formatValue(each)}`)
      .join(",");
  return String(value);
}

/** Options that came as bytes, for no table is known for their kind. */
export function unknownOptions(kind: string, { length }: Uint8Array): string {
  return length === 0 ? "" : `(${length} bytes: the options of ${kind} are not known here)`;
}
