import { type Codec, parseSwitch } from "./codec.js";
import { InputError, quoted } from "../../base/errors.js";
import { checkObject } from "../../base/input.js";
import { u32 } from "./numbers.js";
import { kebab } from "./words.js";

/** Each switch that is named is set; the others stay as they are. A bit without a name here is "bit7". */
export type Switches<W extends string> = { readonly [K in W | `bit${number}`]?: boolean | undefined };

/**
 * Bits that are switched one by one, as two 32-bit numbers: their values, and a mask of those that are meant. `table` gives
 * each word's bit as a mask.
 */
export function switches<const W extends Record<string, number>>(
  type: string,
  table: W,
): Codec<Switches<keyof W & string>> {
  const names = Object.keys(table) as (keyof W & string)[];
  const nameOf = new Map(names.map((name) => [table[name]!, name]));

  function maskOf(name: string): number {
    if (Object.hasOwn(table, name)) return table[name]!;
    const found = /^bit(\d|[12]\d|3[01])$/.exec(name);
    if (found === null) throw new InputError(`it is none of ${names.join(", ")}`, name);
    return 2 ** Number(found[1]);
  }

  function parseOne(part: string): [name: string, on: boolean] {
    const [typed = "", value = "on"] = part.split(":");
    const name = names.find((each) => kebab(each) === typed || each === typed);
    if (name === undefined) throw new InputError(`${JSON.stringify(typed)} is none of ${names.map(kebab).join(", ")}`);
    return [name, parseSwitch(value)];
  }

  return {
    type,
    words: names.map((name) => `${kebab(name)}:on|off`).join(","),
    size: 8,
    write(writer, values) {
      checkObject(values);
      let value = 0;
      let mask = 0;
      for (const [name, on] of Object.entries(values)) {
        if (on === undefined) continue;
        if (typeof on !== "boolean") throw new InputError(`${quoted(on)} is neither true nor false`, name);
        mask |= maskOf(name);
        if (on) value |= maskOf(name);
      }
      writer.u32(value >>> 0);
      writer.u32(mask >>> 0);
    },
    read(bytes, offset, length, siblings) {
      if (length !== 8) return undefined;
      const value = u32.read(bytes, offset, 4, siblings)!;
      const mask = u32.read(bytes, offset + 4, 4, siblings)!;
      const found: Record<string, boolean> = {};
      for (let bit = 0; bit < 32; bit++) {
        const name = nameOf.get(2 ** bit);
        const on = (value & (1 << bit)) !== 0;
        if ((mask & (1 << bit)) !== 0 && (on || name !== undefined)) found[name ?? `bit${bit}`] = on;
      }
      return found as Switches<keyof W & string>;
    },
    parse: (word) => Object.fromEntries(word.split(",").map(parseOne)) as Switches<keyof W & string>,
    // Where all are off, there may be no report of them.
    undo: (before, change) =>
      Object.fromEntries(
        Object.keys(change).map((name) => [name, before?.[name as keyof W & string] ?? false]),
      ) as Switches<keyof W & string>,
  };
}
