import { formatDuration } from "../../netlink/codecs/duration.js";
import { kebab } from "../../netlink/codecs/words.js";

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
