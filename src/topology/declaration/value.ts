import { Writer } from "../../netlink/codecs/bytes.js";
import type { Codec } from "../../netlink/codecs/codec.js";
import { SPELLED_DURATION } from "../../netlink/codecs/duration.js";
import { InputError, quoted } from "../../base/errors.js";
import type { Shape } from "../../netlink/codecs/shape.js";

/** One property of a declaration: how its values are, and what it is. */
export type Field = readonly [codec: Codec<unknown>, description: string];
export type Fields = Readonly<Record<string, Field>>;

/** Whether a declaration is a file, whose durations have their units, or code, whose durations are milliseconds. */
export type Source = "file" | "code";

const QUANTITIES: Readonly<Record<string, { readonly pattern: string; readonly bare: object }>> = {
  DURATION: { pattern: `^${SPELLED_DURATION}$`, bare: { const: 0 } },
  "DURATION|forever": { pattern: `^(forever|${SPELLED_DURATION})$`, bare: { const: 0 } },
  RATE: { pattern: "^\\d+(\\.\\d+)?([kmgtKMGT]i?)?bit$", bare: { type: "integer", minimum: 0 } },
  SIZE: { pattern: "^\\d+(\\.\\d+)?([kKmMgG]?[bB]?)$", bare: { type: "integer", minimum: 0 } },
};

/** The JSON Schema of a codec's values, as a file has them. */
function schemaOf(
  { words, choices: all, offered: choices = all }: Codec<unknown>,
  description: string,
): Record<string, unknown> {
  const quantity = QUANTITIES[words];
  if (quantity !== undefined)
    return { anyOf: [{ type: "string", pattern: quantity.pattern }, quantity.bare], description };
  if (words === "on|off") return { type: "boolean", description };
  if (words === "on") return { const: true, description };
  if (choices !== undefined && words.endsWith(",…"))
    return {
      type: "array",
      items: { anyOf: [{ enum: choices }, { type: "string", pattern: "^bit\\d+$" }] },
      description,
    };
  if (choices !== undefined) return { anyOf: [{ enum: choices }, { type: "integer", minimum: 0 }], description };
  if (words === "N") return { type: "integer", description };
  const [, least, most] = /^(\d+)-(\d+)$/.exec(words) ?? [];
  if (least !== undefined) return { type: "integer", minimum: Number(least), maximum: Number(most), description };
  if (words.includes(",") || words === "") return { type: ["array", "object", "string"], description };
  return { type: ["string", "integer"], description };
}

function isWritable(codec: Codec<unknown>, value: unknown): boolean {
  try {
    codec.write(new Writer(), value, {});
    return true;
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}

/** A number is a value of its own; 64 bits of one are a bigint. */
function asBigint(codec: Codec<unknown>, value: unknown): unknown {
  return Number.isInteger(value) && isWritable(codec, BigInt(value as number)) ? BigInt(value as number) : value;
}

function readValue(codec: Codec<unknown>, given: unknown, source: Source): unknown {
  const { words } = codec;
  if (source === "file" && words.startsWith("DURATION") && typeof given === "number" && given !== 0)
    throw new InputError(`${given} needs its unit: ${given}s or ${given}ms`);
  const value = asBigint(codec, given);
  if (isWritable(codec, value)) return value;
  if (typeof value === "string") return codec.parse(value);
  if (typeof value === "number" && /^[A-Z]|^$/.test(words) && isWritable(codec, String(value))) return String(value);
  // The codec says what is wrong with it.
  codec.write(new Writer(), value, {});
  throw new InputError(`${quoted(value)} cannot be meant`);
}

/** The values of a codec: as the library takes them, or a word with its unit. */
export function valueOf(codec: Codec<unknown>, description: string, source: Source): Shape<unknown> {
  return { schema: schemaOf(codec, description), read: (value) => readValue(codec, value, source) };
}

/** The shapes of fields. */
export function shapesOf(fields: Fields, source: Source): Record<string, Shape<unknown>> {
  const shapes = Object.entries(fields).map(([name, [codec, description]]) => [
    name,
    valueOf(codec, description, source),
  ]);
  return Object.fromEntries(shapes) as Record<string, Shape<unknown>>;
}

function bytesOf(codec: Codec<unknown>, value: unknown): Buffer {
  const writer = new Writer();
  codec.write(writer, value, {});
  return writer.take();
}

/** Whether what is reported is what is wanted, in the kernel's units. What is changed bit by bit is compared so. */
export function isAsWanted(codec: Codec<unknown>, wanted: unknown, reported: unknown): boolean {
  if (reported === undefined) return false;
  if (codec.undo === undefined || typeof wanted !== "object" || wanted === null)
    return bytesOf(codec, wanted).equals(bytesOf(codec, reported));
  if (Array.isArray(wanted)) {
    const has = new Set((reported as readonly unknown[]).map((each) => JSON.stringify(each)));
    return wanted.every((each: { to?: unknown }) => each.to === 0 || has.has(JSON.stringify(each)));
  }
  const switches = reported as Readonly<Record<string, unknown>>;
  return Object.entries(wanted).every(([name, on]) => on === undefined || on === (switches[name] ?? false));
}
