import { writeAttribute } from "../../../src/netlink/codecs/attributes.js";
import { raw } from "../../../src/netlink/codecs/codec.js";
import { Writer, bytesOf } from "../../../src/netlink/codecs/bytes.js";
import { readHeader, readMessage } from "../../../src/netlink/message.js";
import { messageTypes } from "../../../src/rtnetlink/messages.js";

/** Bytes that are written by hand in pieces: hexadecimal digits, with blanks to make them legible. */
export function bytes(...pieces: readonly string[]): Buffer {
  return Buffer.from(pieces.join("").replaceAll(" ", ""), "hex");
}

/** The message of a type whose body is written by hand, as it is read; lengths of attributes are among the bytes. */
export function received(type: number, ...pieces: readonly string[]): { header: object; attributes: object } {
  const body = bytes(...pieces);
  const writer = new Writer();
  writer.u32(16 + body.length);
  writer.u16(type);
  writer.u16(0);
  writer.u32(1);
  writer.u32(0);
  writer.raw(body);
  const whole = bytesOf(writer.take());
  const message = readMessage(whole, 0, readHeader(whole, 0)!, messageTypes.get(type)!);
  if (message === undefined) throw new Error("it is no message");
  return { header: message.header as object, attributes: message.attributes };
}

/** Attributes as given, whatever the tables say. */
export function rawAttributes(...list: (readonly [type: number, bytes: Uint8Array])[]): Buffer {
  const writer = new Writer();
  for (const [type, bytes] of list) writeAttribute(writer, type, raw, bytes);
  return writer.take();
}
