import { type Codec, text } from "./codec.js";
import { InputError } from "../../base/errors.js";
import { nameBytes, spelledName } from "../../base/name-bytes.js";

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
      return spelledName(end < 0 ? all : all.subarray(0, end));
    },
    parse(word) {
      if (nameBytes(word).length > most) plain.parse(word);
      return word;
    },
  };
}
