import { eachAttribute } from "../netlink/codecs/attributes.js";
import { align, bytesOf } from "../netlink/codecs/bytes.js";
import { HEADER_SIZE } from "../netlink/message.js";
import { RTM_NEWLINK } from "../rtnetlink/link/link.js";
import type { AnswerField } from "./answer-fields.js";
import type { Insertion } from "./plan.js";

/** Where the payload of an attribute of a link's message stands, by its path. */
function payloadAt(message: Uint8Array, path: readonly number[]): { offset: number; length: number } {
  const bytes = bytesOf(message);
  let found = { offset: HEADER_SIZE + align(RTM_NEWLINK.header.size), length: 0 };
  let end = message.length;
  for (const number of path) {
    eachAttribute(bytes, found.offset, end, (type, offset, length) => {
      if (type === number) found = { offset, length };
      return type !== number;
    });
    end = found.offset + found.length;
  }
  return found;
}

/** Puts a field of an answer into an attribute of a link's message: into as many of its last bytes as the field has. */
export function insertionInto(
  message: Uint8Array,
  path: readonly number[],
  field: (size: number) => AnswerField,
): Insertion {
  const { offset, length } = payloadAt(message, path);
  const filled = field(length);
  return { to: offset + length - filled.size, field: filled };
}
