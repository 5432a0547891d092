import { Writer } from "../../src/netlink/codecs/bytes.js";
import type { Codec } from "../../src/netlink/codecs/codec.js";

/** A constant of the headers, and the number that it has here. */
export interface Constant {
  /** The identifier that headers may lack. */
  readonly name: string;
  /** What C computes; the identifier itself where it is missing. */
  readonly expression: string;
  readonly value: number;
}

/** Constants that are numbered together. */
export interface Group {
  readonly title: string;
  readonly constants: readonly Constant[];
  /** The headers' own largest number. */
  readonly maximum?: string | undefined;
  /** Numbers are given out in no order: one that the headers lack may be smaller than one that they have. */
  readonly sparse?: true;
}

/** A constant by its name. */
export function constant(name: string, value: number, expression = name): Constant {
  return { name, value, expression };
}

/** What a codec puts on the wire, as a number. */
export function wireNumber<T>(codec: Codec<T>, value: T): number {
  const writer = new Writer();
  codec.write(writer, value, {});
  const bytes = writer.take();
  const big = /^s?be/.test(codec.type);
  if (codec.type.startsWith("s")) return big ? bytes.readIntBE(0, bytes.length) : bytes.readIntLE(0, bytes.length);
  return big ? bytes.readUIntBE(0, bytes.length) : bytes.readUIntLE(0, bytes.length);
}

/** A codec's words as they are spelled in a program. */
export function wordsOf(codec: Codec<unknown>): string[] {
  const spoken = codec.words.replace(/,…$|\|N$/, "").split("|");
  return spoken.map((word) => [codec.parse(word)].flat()[0] as string);
}

/** "egressRedir" to "EGRESS_REDIR". */
export function screaming(word: string): string {
  return word.replace(/[A-Z]/g, "_$&").toUpperCase();
}

/** The words of an enumeration or a set of bits; `names` where the kernel's differ. */
export function wordGroup(prefix: string, codec: unknown, names: Record<string, string> = {}): Group {
  const codecOfWords = codec as Codec<unknown>;
  const list = codecOfWords.words.endsWith(",…");
  return {
    title: `${prefix}*`,
    constants: wordsOf(codecOfWords).map((word) =>
      constant(names[word] ?? prefix + screaming(word), wireNumber(codecOfWords, list ? [word] : word)),
    ),
  };
}

/** The words of switches; `expressionOf` makes C's mask of the kernel's name. */
export function switchGroup(
  prefix: string,
  codec: Codec<object>,
  {
    names = {},
    expressionOf = (name) => name,
  }: { names?: Record<string, string>; expressionOf?: (name: string) => string } = {},
): Group {
  const words = Object.keys(codec.parse(codec.words.replaceAll("on|off", "on")));
  const constants = words.map((word) => {
    const writer = new Writer();
    codec.write(writer, { [word]: true }, {});
    const name = names[word] ?? prefix + screaming(word);
    return constant(name, writer.take().readUInt32LE(0), expressionOf(name));
  });
  return { title: `${prefix}*`, constants };
}
