import { LITTLE_ENDIAN } from "../netlink/bytes.js";

/** Classic BPF (linux/filter.h): load a half word or a word, compare, return. */
const LOAD_HALF = 0x28;
const LOAD_WORD = 0x20;
const EQUALS = 0x15;
const RETURN = 0x06;

/** Where a netlink message has its type, and the messages about something on a link that link's index. */
const TYPE_OFFSET = 4;
const INDEX_OFFSET = 20;
const WHOLE = 0xffffffff;

type Instruction = readonly [code: number, whenTrue: number, whenFalse: number, operand: number];

/** What BPF, which reads in network order, sees of a number that a message has in the machine's. */
function seen(value: number, size: 2 | 4): number {
  const bytes = Buffer.alloc(4);
  if (LITTLE_ENDIAN) {
    bytes.writeUIntLE(value, 0, size);
    return bytes.readUIntBE(0, size);
  }
  return value;
}

/**
 * The socket filter that lets through messages of some types alone, or about one link alone, before they are queued: what is not
 * wanted takes no room in the socket's buffer. `onLink`: the types that have the link's index at its usual place; others pass.
 */
export function socketFilter(
  types: readonly number[],
  onLink: readonly number[],
  link: number | undefined,
): Uint8Array {
  const judged: readonly Instruction[] =
    link === undefined
      ? []
      : [
          [LOAD_WORD, 0, 0, INDEX_OFFSET],
          [EQUALS, 0, 1, seen(link, 4)],
          [RETURN, 0, 0, WHOLE],
          [RETURN, 0, 0, 0],
        ];
  const free = types.filter((type) => link === undefined || !onLink.includes(type));
  const bound = types.filter((type) => !free.includes(type));
  const tests = [...free, ...bound];
  const program: Instruction[] = [[LOAD_HALF, 0, 0, TYPE_OFFSET]];
  for (const [place, type] of tests.entries()) {
    const past = tests.length - place - 1;
    // Behind the tests: refuse, let pass, and the link's four.
    program.push([EQUALS, past + (place < free.length ? 1 : 2), 0, seen(type, 2)]);
  }
  program.push([RETURN, 0, 0, 0], [RETURN, 0, 0, WHOLE], ...judged);
  const bytes = Buffer.alloc(program.length * 8);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (const [place, [code, whenTrue, whenFalse, operand]] of program.entries()) {
    view.setUint16(place * 8, code, LITTLE_ENDIAN);
    view.setUint8(place * 8 + 2, whenTrue);
    view.setUint8(place * 8 + 3, whenFalse);
    view.setUint32(place * 8 + 4, operand, LITTLE_ENDIAN);
  }
  return bytes;
}
