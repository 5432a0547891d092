import { eachAttribute } from "../netlink/codecs/attributes.js";
import { align, bytesOf } from "../netlink/codecs/bytes.js";
import { HEADER_SIZE } from "../netlink/message.js";
import { RTM_NEWLINK } from "../rtnetlink/link/link.js";
import type { Part } from "./answer-fields.js";
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

/** The place of an attribute of a link's message: of as many of its last bytes as the part has. */
export function placeOf(message: Uint8Array, path: readonly number[], part: (size: number) => Part): Insertion {
  const { offset, length } = payloadAt(message, path);
  const filled = part(length);
  return { to: offset + length - filled.size, part: filled };
}
