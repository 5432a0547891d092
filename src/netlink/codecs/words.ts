import { checkSettable, type Codec, mapped, type Siblings } from "./codec.js";
import { InputError, quoted } from "../../base/errors.js";

/**
 * "stpState" to "stp-state", as words are spelled on a command line; "802.1Q" stays. A loop over what makes no garbage, for
 * this is done for every word when the package is loaded.
 */
export function kebab(word: string): string {
  let spelled = "";
  let done = 0;
  let inWord = false;
  for (let place = 0; place < word.length; place++) {
    const code = word.charCodeAt(place);
    const isCapital = code >= 65 && code <= 90;
    if (isCapital && inWord) {
      spelled += `${word.slice(done, place)}-${word[place]!.toLowerCase()}`;
      done = place + 1;
    }
    const isLetter = isCapital || (code >= 97 && code <= 122);
    inWord = isLetter || (inWord && code >= 48 && code <= 57);
  }
  return done === 0 ? word : spelled + word.slice(done);
}

const NUMBER = /^(\d+|0x[0-9a-f]+)$/i;

/**
 * An enumeration as words. A number that has no word here is kept, and taken, as a number: a newer kernel's
 * values are not lost. On a command line such a number is a mistake.
 */
export function words<const W extends Record<string, number>>(
  codec: Codec<number>,
  table: W,
): Codec<(keyof W & string) | number> {
  type Word = (keyof W & string) | number;
  const names = Object.keys(table) as (keyof W & string)[];
  let byNumber: Map<number, keyof W & string> | undefined;
  const list = names.map(kebab).join("|");
  const plain = mapped<number, Word>(codec, {
    words: list,
    toWire(value) {
      if (typeof value === "number") return value;
      const number = typeof value === "string" && Object.hasOwn(table, value) ? table[value] : undefined;
      if (number === undefined) throw new InputError(`${quoted(value)} is none of ${names.join(", ")}`);
      return number;
    },
    fromWire(wire) {
      byNumber ??= new Map(names.map((name) => [table[name]!, name]));
      return byNumber.get(wire) ?? wire;
    },
    parse(word) {
      const name = names.find((each) => each === word || kebab(each).toLowerCase() === word.toLowerCase());
      if (name !== undefined) return name;
      const number = NUMBER.test(word) ? Number(word) : undefined;
      const known = names.find((each) => table[each] === number);
      if (known === undefined) throw new InputError(`${JSON.stringify(word)} is none of ${list}`);
      return known;
    },
  });
  return { ...plain, choices: names };
}

/** Numbers of which some have names, as routing tables do: whoever has another one may say it, on a command line, too. */
export function namedNumbers<const W extends Record<string, number>>(
  codec: Codec<number>,
  table: W,
): Codec<(keyof W & string) | number> {
  const named = words(codec, table);
  const isOther = (word: string): boolean => NUMBER.test(word) && !Object.values(table).includes(Number(word));
  return {
    ...named,
    words: `${named.words}|N`,
    parse: (word) => (isOther(word) ? codec.parse(word) : parseAmong(named, `${named.words}, and no number`, word)),
  };
}

/** The value of a word; where there is none, the error names those words alone that can be given. */
function parseAmong<T>(codec: Codec<T>, list: string, word: string): T {
  try {
    return codec.parse(word);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`${JSON.stringify(word)} is none of ${list}`);
  }
}

/** The same, with words that are taken for others where they are typed, and listed. */
export function alsoTyped<T extends string | number>(codec: Codec<T>, others: Readonly<Record<string, T>>): Codec<T> {
  const list = [codec.words, ...Object.keys(others)].join("|");
  const parse = (word: string): T => (Object.hasOwn(others, word) ? others[word]! : parseAmong(codec, list, word));
  return { ...codec, words: list, parse };
}

/** An enumeration of whose words only some can be set: the kernel only reports the others. See checkWritable. */
export function settable<T extends string | number>(codec: Codec<T>, choice: readonly NoInfer<T>[]): Codec<T> {
  const list = choice.map((word) => kebab(String(word))).join("|");
  return {
    ...codec,
    words: list,
    settable: choice,
    choices: choice.map(String),
    parse(word) {
      const value = parseAmong(codec, list, word);
      checkSettable(choice, value);
      return value;
    },
  };
}

/** What bits mean by `table` where `holds` says so, by other bits of them or by what stands beside them. */
export interface OtherMeaning<W> {
  readonly table: W;
  readonly holds: (value: number, siblings: Siblings) => boolean;
}

/** The words of numbers by a table of their masks, lowest bit first; those that were asked for are kept. */
function wordLists<Word extends string>(
  table: Readonly<Record<string, number>>,
): (value: number) => readonly (Word | `bit${number}`)[] {
  const names = new Map(Object.entries(table).map(([name, mask]) => [mask, name as Word]));
  const seen = new Map<number, readonly (Word | `bit${number}`)[]>();

  function list(value: number): readonly (Word | `bit${number}`)[] {
    const found: (Word | `bit${number}`)[] = [];
    for (let bit = 0; bit < 32; bit++) {
      const mask = 2 ** bit;
      if ((value & mask) !== 0) found.push(names.get(mask) ?? `bit${bit}`);
    }
    return Object.freeze(found);
  }

  return (value) => {
    let words = seen.get(value);
    if (words === undefined) {
      words = list(value);
      if (seen.size < 256) seen.set(value, words);
    }
    return words;
  };
}

/**
 * A set of bits as a list of words, lowest bit first. A bit that has no word here is kept as "bit7". `table` gives
 * each word's mask. Where some bits have another meaning at times, the words of both are taken.
 */
export function bits<
  const W extends Record<string, number>,
  const V extends Record<string, number> = Record<never, number>,
>(
  codec: Codec<number>,
  table: W,
  other?: OtherMeaning<V>,
): Codec<readonly ((keyof W & string) | (keyof V & string) | `bit${number}`)[]> {
  type Word = (keyof W & string) | (keyof V & string) | `bit${number}`;
  const all: Readonly<Record<string, number>> = { ...other?.table, ...table };
  const usual = wordLists<Word>(table);

  function maskOf(word: Word): number {
    if (typeof word === "string" && Object.hasOwn(all, word)) return all[word]!;
    const bit = typeof word === "string" ? /^bit(\d|[12]\d|3[01])$/.exec(word) : null;
    if (bit === null) throw new InputError(`${quoted(word)} is none of ${Object.keys(table).join(", ")}`);
    return 2 ** Number(bit[1]);
  }

  const names = Object.keys(all) as Word[];
  const list = mapped<number, readonly Word[]>(codec, {
    words: `${Object.keys(table).map(kebab).join("|")},…`,
    toWire(value) {
      if (!Array.isArray(value)) throw new InputError(`${quoted(value)} is not a list of words`);
      return value.reduce<number>((sum, word) => (sum | maskOf(word as Word)) >>> 0, 0);
    },
    fromWire: usual,
    parse: (word) =>
      word === ""
        ? []
        : word.split(",").map((part) => {
            const name = names.find((each) => each === part || kebab(each) === part);
            maskOf(name ?? part);
            return name ?? part;
          }),
  });
  const plain = { ...list, choices: names };
  if (other === undefined) return plain;
  const atTimes = wordLists<Word>(other.table);
  return {
    ...plain,
    read(bytes, offset, length, siblings) {
      const value = codec.read(bytes, offset, length, siblings);
      if (value === undefined) return undefined;
      return other.holds(value, siblings) ? atTimes(value) : usual(value);
    },
  };
}

/** A set of bits of which only some can be given; the kernel finds the others out, and reports them. */
export function giving<T extends string>(
  codec: Codec<readonly T[]>,
  choice: readonly NoInfer<T>[],
): Codec<readonly T[]> {
  const list = choice.map(kebab).join("|");
  return { ...codec, words: `${list},…`, offered: choice, parse: (word) => parseAmong(codec, list, word) };
}
