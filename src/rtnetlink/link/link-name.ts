import { type Codec, text } from "../../netlink/codecs/codec.js";
import { InputError } from "../../base/errors.js";

const ESCAPE = /%([0-9a-f]{2})/gi;

/** Whether bytes are text in UTF-8. */
function isText(bytes: Buffer): boolean {
  return Buffer.from(bytes.toString("utf8")).equals(bytes);
}

/** Whether what stands at an offset would be read as a byte. */
function isEscape(bytes: Buffer, offset: number): boolean {
  return /^%[0-9a-f]{2}$/i.test(bytes.toString("latin1", offset, offset + 3));
}

/** How many bytes the character at an offset has; 0 when it is none. */
function characterAt(bytes: Buffer, offset: number): number {
  for (let size = 1; size <= 4 && offset + size <= bytes.length; size++)
    if (isText(bytes.subarray(offset, offset + size))) return size;
  return 0;
}

/** A name's bytes as text: each that is no UTF-8 as "%ff" is, and a "%" that would be read as such as "%25". */
function spelled(bytes: Buffer): string {
  let name = "";
  for (let offset = 0; offset < bytes.length;) {
    const size = characterAt(bytes, offset);
    if (size > 0) name += isEscape(bytes, offset) ? "%25" : bytes.toString("utf8", offset, offset + size);
    else name += `%${bytes[offset]!.toString(16)}`;
    offset += size || 1;
  }
  return name;
}

/** The bytes of a name that is spelled so. */
export function nameBytes(name: string): Buffer {
  if (!name.includes("%")) return Buffer.from(name);
  const parts = name.split(ESCAPE);
  return Buffer.concat(parts.map((part, place) => Buffer.from(part, place % 2 === 0 ? "utf8" : "hex")));
}

/**
 * A link's name, or an alternative one, of at most `most` bytes. The kernel takes any bytes; those that are no UTF-8 are
 * spelled in hexadecimal behind a "%", which is in no link's name: "tap%ff". In an alternative name, which may have a "%",
 * one with two hexadecimal digits behind it is spelled "%25".
 */
export function nameText(most: number): Codec<string> {
  const plain = text(most);
  return {
    ...plain,
    write(writer, value, siblings) {
      if (typeof value !== "string" || !value.includes("%")) return plain.write(writer, value, siblings);
      const bytes = nameBytes(value);
      if (bytes.includes(0)) throw new InputError(`${JSON.stringify(value)} has a NUL in it`);
      if (bytes.length > most)
        throw new InputError(`${JSON.stringify(value)} has ${bytes.length} bytes; at most ${most} fit`);
      writer.raw(bytes);
      writer.u8(0);
    },
    read(bytes, offset, length, siblings) {
      const value = plain.read(bytes, offset, length, siblings);
      if (value !== undefined && !value.includes("%")) return value;
      const all = bytes.buffer.subarray(offset, offset + length);
      const end = all.indexOf(0);
      return spelled(end < 0 ? all : all.subarray(0, end));
    },
    parse(word) {
      if (nameBytes(word).length > most) plain.parse(word);
      return word;
    },
  };
}
