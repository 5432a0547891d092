import { notOvsdb } from "./error.js";
import { type Json, parseExactly } from "./exact-json.js";

/** How much a message may take. */
export interface MessageLimits {
  /** Bytes of one message, 256 MiB unless given. */
  readonly maxMessageBytes?: number | undefined;
  /** Arrays and objects within each other, 1000 unless given, which is what Open vSwitch itself reads. */
  readonly maxDepth?: number | undefined;
}

/** Reads messages that follow each other without a delimiter (RFC 7047, section 4). */
export interface JsonStream {
  /**
   * Takes bytes as they come, and calls `onMessage` for each message that they complete. Throws OvsdbError ("EPROTO") for what is
   * no JSON, or beyond the limits; the stream is of no use afterwards.
   */
  push(bytes: Uint8Array): void;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const [ZERO, NINE] = [0x30, 0x39];
/** Integers of as many digits fit into a number. */
const SAFE_DIGITS = 15;
const KEPT_BYTES = 64 * 1024;
const MEBIBYTE = 1024 * 1024;

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function parse(text: string, exact: boolean): Json {
  try {
    return exact ? parseExactly(text) : (JSON.parse(text) as Json);
  } catch (error) {
    throw notOvsdb(`the server sent what is no JSON: ${(error as Error).message}`);
  }
}

/** Makes a reader of messages. */
export function jsonStream(onMessage: (message: Json) => void, limits: MessageLimits = {}): JsonStream {
  const { maxMessageBytes = 256 * MEBIBYTE, maxDepth = 1000 } = limits;
  /** The beginning of a message whose end has not come: the first `length` bytes. */
  let held = Buffer.alloc(0);
  let length = 0;
  let depth = 0;
  let inString = false;
  let escaped = false;
  let digits = 0;
  let hasLongInteger = false;

  const checkSize = (bytes: number): void => {
    if (bytes > maxMessageBytes) throw notOvsdb(`the server sent a message of more than ${maxMessageBytes} bytes`);
  };

  const hold = (bytes: Buffer): void => {
    checkSize(length + bytes.length);
    if (length + bytes.length > held.length) {
      const grown = Buffer.allocUnsafe(Math.min(maxMessageBytes, Math.max(KEPT_BYTES, 2 * (length + bytes.length))));
      held.copy(grown, 0, 0, length);
      held = grown;
    }
    bytes.copy(held, length);
    length += bytes.length;
  };

  const complete = (end: Buffer): void => {
    checkSize(length + end.length);
    let text = end.toString("utf8");
    if (length > 0) {
      hold(end);
      text = held.toString("utf8", 0, length);
      length = 0;
      if (held.length > MEBIBYTE) held = Buffer.alloc(0);
    }
    const exact = hasLongInteger;
    hasLongInteger = false;
    onMessage(parse(text, exact));
  };

  const open = (): void => {
    depth += 1;
    if (depth > maxDepth) throw notOvsdb(`the server sent a message nested more than ${maxDepth} deep`);
  };

  return {
    push(given) {
      const bytes = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
      let start = 0;
      for (let i = 0; i < bytes.length; i += 1) {
        const byte = bytes[i]!;
        if (inString) {
          if (escaped) escaped = false;
          else if (byte === BACKSLASH) escaped = true;
          else if (byte === QUOTE) inString = false;
          continue;
        }
        if (byte >= ZERO && byte <= NINE) {
          digits += 1;
          if (digits > SAFE_DIGITS) hasLongInteger = true;
          if (depth > 0) continue;
        } else digits = 0;
        if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) open();
        else if (depth === 0) {
          if (!isSpace(byte)) throw notOvsdb("the server sent what is no message of JSON-RPC");
          start = i + 1;
        } else if (byte === QUOTE) inString = true;
        else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
          depth -= 1;
          if (depth > 0) continue;
          complete(bytes.subarray(start, i + 1));
          start = i + 1;
        }
      }
      if (start < bytes.length) hold(bytes.subarray(start));
    },
  };
}
