import { bytesOf, Writer } from "../../netlink/codecs/bytes.js";
import type { Codec } from "../../netlink/codecs/codec.js";
import { InputError } from "../../base/errors.js";

/** One line of a table of options: code, codec, what it is. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a codec both takes and gives its type
export type OptionEntry<T = any> = readonly [code: number, codec: Codec<T>, description: string];
export type OptionEntries = Readonly<Record<string, OptionEntry>>;

/** An option that no table knows, or whose bytes have not the form that the table says: kept as it came. */
export interface RawOption {
  readonly code: number;
  readonly bytes: Uint8Array;
}

/** The values of a table: every option may be left out. */
export type OptionValues<E extends OptionEntries> = {
  -readonly [K in keyof E]?: (E[K] extends OptionEntry<infer T> ? T : never) | undefined;
} & { unknown?: readonly RawOption[] | undefined };

/** A table of options: one option space of a protocol. How they are framed is the protocol's. */
export interface OptionTable<E extends OptionEntries> {
  /** What messages call the space, such as "DHCPv4". */
  readonly space: string;
  readonly entries: E;
  /** The payloads of the values that are given, in the table's order, those that no table knows last. */
  payloads(values: OptionValues<E>): RawOption[];
  /** What payloads mean. The last of a code counts, unless `several` collects them. */
  values(payloads: Iterable<RawOption>): OptionValues<E>;
  /** The code of an option. */
  code(property: keyof E & string): number;
}

/** Makes a table: `optionTable("DHCPv4", { subnetMask: [1, ipv4, "…"], … })`. */
export function optionTable<const E extends OptionEntries>(space: string, entries: E): OptionTable<E> {
  const lines = (Object.entries(entries) as [string, OptionEntry<unknown>][]).map(([property, [code, codec]]) => ({
    property,
    code,
    codec,
  }));
  const byCode = new Map(lines.map((line) => [line.code, line]));
  const writer = new Writer();

  function payload(property: string, code: number, codec: Codec<unknown>, value: unknown): RawOption {
    try {
      codec.write(writer, value, {});
      return { code, bytes: writer.take() };
    } catch (error) {
      writer.take();
      throw error instanceof InputError ? error.under(property) : error;
    }
  }

  return {
    space,
    entries,
    code: (property) => (entries[property] as OptionEntry<unknown>)[0],
    payloads(values) {
      const given = values as Record<string, unknown>;
      const stray = Object.keys(given).find((name) => name !== "unknown" && !Object.hasOwn(entries, name));
      if (stray !== undefined) throw new InputError(`no such option of ${space}`, stray);
      const payloads: RawOption[] = [];
      for (const { property, code, codec } of lines) {
        const value = given[property];
        if (value === undefined) continue;
        if (codec.several === undefined) payloads.push(payload(property, code, codec, value));
        else for (const each of value as unknown[]) payloads.push(payload(property, code, codec.several, each));
      }
      return [...payloads, ...(values.unknown ?? [])];
    },
    values(payloads) {
      const values: Record<string, unknown> = {};
      const unknown: RawOption[] = [];
      for (const option of payloads) {
        const line = byCode.get(option.code);
        const value = line?.codec.read(bytesOf(option.bytes), 0, option.bytes.length, {});
        if (line === undefined || value === undefined) unknown.push(option);
        else if (line.codec.several !== undefined && values[line.property] !== undefined)
          (values[line.property] as unknown[]).push(...(value as unknown[]));
        else values[line.property] = value;
      }
      if (unknown.length > 0) values.unknown = unknown;
      return values as OptionValues<E>;
    },
  };
}
