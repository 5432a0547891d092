import { mapped, text } from "../../../netlink/codecs/codec.js";

/** A namespace, by name or path. */
export const namespace = mapped(text(), {
  words: "NAME|PATH",
  toWire: (value: { name: string }) => value.name,
  fromWire: (wire) => ({ name: wire }),
  parse: (word) => ({ name: word }),
});
