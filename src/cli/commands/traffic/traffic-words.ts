import type { Codec } from "../../../netlink/codecs/codec.js";
import type { OptionTable } from "../../../rtnetlink/traffic/options-by-kind.js";
import { type Option, wordOf } from "../../parsing/option.js";

/** How a value is spelled, and read. */
export type Spoken = Pick<Codec<unknown>, "words" | "parse">;

/** The words of options that stand in structures and not in a table. */
export function wordsOf(options: OptionTable): Option[] {
  return Object.entries(options)
    .filter(([, [codec]]) => codec.readOnly !== true && codec.words !== "")
    .map(([property, [codec, description]]) => wordOf(property, codec, description));
}
