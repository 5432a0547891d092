import { type Codec, text } from "../../../netlink/codecs/codec.js";
import { neighbourAttributes } from "../../../rtnetlink/neighbour/neighbour.js";
import { shaped, type Option, wordOf } from "../../parsing/option.js";

/** A link, by its name. */
export const linkName = shaped(text(), "LINK");

/** The word for an attribute that FDB entries share with neighbours. */
export function neighbourWord(property: keyof typeof neighbourAttributes.entries): Option {
  const [, codec, description] = neighbourAttributes.entries[property];
  return wordOf(property, codec, description);
}

/** Several of them, with commas between. */
export function listOf({ words: shape, parse }: Codec<unknown>): Pick<Codec<unknown>, "words" | "parse"> {
  return { words: `${shape},…`, parse: (word) => word.split(",").map((part) => parse(part)) };
}

export const via = wordOf("via", linkName, "the link that leads to a tunnel's far end");
export const bridge = wordOf("bridge", linkName, "of this bridge");
