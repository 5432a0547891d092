import { LITTLE_ENDIAN } from "./codecs/bytes.js";

/** An instruction of classic BPF (struct sock_filter, linux/filter.h): what it does, how many to skip, and its operand. */
export type FilterInstruction = readonly [code: number, whenTrue: number, whenFalse: number, operand: number];

/** Codes of instructions (linux/bpf_common.h): loads of a byte, a half word and a word, jumps, and the end. */
export const FILTER = {
  loadByte: 0x30,
  loadHalf: 0x28,
  loadWord: 0x20,
  /** The same, so far behind the index register. */
  loadByteIndexed: 0x50,
  loadHalfIndexed: 0x48,
  loadWordIndexed: 0x40,
  /** The operand itself, and the same into the index register. */
  load: 0x00,
  loadIndex: 0x01,
  /** What was loaded, into the index register. */
  toIndex: 0x07,
  /** Into the index register: four times the lower half of a byte, which is how long an IPv4 header is. */
  loadHeaderLength: 0xb1,
  equals: 0x15,
  anyBit: 0x45,
  return: 0x06,
} as const;

/**
 * Loads where an attribute is, 0 for nowhere (SKF_AD_OFF + SKF_AD_NLATTR and SKF_AD_NLATTR_NEST, linux/filter.h): of the type in the index register,
 * among those from the offset that was loaded before on, or inside the attribute that is there.
 */
export const FIND_ATTRIBUTE: FilterInstruction = [FILTER.loadWord, 0, 0, (-0x1000 + 12) >>> 0];
export const FIND_NESTED: FilterInstruction = [FILTER.loadWord, 0, 0, (-0x1000 + 16) >>> 0];

/** What a filter returns to let all of a datagram through. */
export const WHOLE = 0xffffffff;

/** The bytes of a filter, as a socket takes it. */
export function filterProgram(instructions: readonly FilterInstruction[]): Uint8Array {
  const bytes = Buffer.alloc(instructions.length * 8);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (const [place, [code, whenTrue, whenFalse, operand]] of instructions.entries()) {
    view.setUint16(place * 8, code, LITTLE_ENDIAN);
    view.setUint8(place * 8 + 2, whenTrue);
    view.setUint8(place * 8 + 3, whenFalse);
    view.setUint32(place * 8 + 4, operand, LITTLE_ENDIAN);
  }
  return bytes;
}
