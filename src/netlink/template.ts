import type { Entries } from "./codecs/attributes.js";
import { LITTLE_ENDIAN, Writer } from "./codecs/bytes.js";
import { type MessageContent, type MessageType, writeMessage } from "./message.js";

/** A message as a template gave it: struct nlmsghdr and all behind it in 32-bit words. */
export interface Written {
  readonly words: readonly number[];
  /** The content of the message that the template was made of: the same but for its open numbers. */
  readonly like: MessageContent<never, Entries>;
}

/** Gives a message with these numbers in its open places. */
export type Template = (...numbers: readonly number[]) => Written;

/** Stands for an open number while the template is made; nothing else in a message is like it. */
const MARK = 0x6d61726b;
/** Where the sequence number stands, in words. */
const SEQUENCE = 2;

function wordsOf(writer: Writer): number[] {
  const words: number[] = [];
  for (let offset = 0; offset < writer.length; offset += 4) words.push(writer.view.getUint32(offset, LITTLE_ENDIAN));
  return words;
}

/**
 * Writes a message once by its table, with `open` numbers of 32 bits left open: the next ones are copies with other numbers,
 * at a tenth of the cost. Made at first use.
 */
export function template<H, E extends Entries>(
  messageType: MessageType<H, E>,
  flag: number,
  open: number,
  contentWith: (...numbers: readonly number[]) => MessageContent<H, E>,
): Template {
  let words: number[] | undefined;
  let places: number[] = [];
  let like!: Written["like"];

  function make(): number[] {
    const marks = Array.from({ length: open }, (_, place) => MARK + place);
    const content = contentWith(...marks);
    const writer = new Writer();
    writeMessage(writer, messageType, 0, content, flag);
    like = content as Written["like"];
    const made = wordsOf(writer);
    places = marks.map((mark) => made.indexOf(mark));
    return made;
  }

  return (...numbers) => {
    words ??= make();
    const copy = words.slice();
    for (let place = 0; place < places.length; place++) copy[places[place]!] = numbers[place]!;
    return { words: copy, like };
  };
}

/** Appends a message that a template gave. */
export function writeWords(writer: Writer, { words }: Written, sequence: number): void {
  const start = writer.reserve(4 * words.length);
  const { view } = writer;
  for (let place = 0; place < words.length; place++) view.setUint32(start + 4 * place, words[place]!, LITTLE_ENDIAN);
  view.setUint32(start + 4 * SEQUENCE, sequence, LITTLE_ENDIAN);
}
