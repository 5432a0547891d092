import { LITTLE_ENDIAN } from "../netlink/codecs/bytes.js";
import { FILTER, type FilterInstruction, filterProgram, WHOLE } from "../netlink/socket-filter.js";

/** Where a netlink message has its type, and the messages about something on a link that link's index. */
const TYPE_OFFSET = 4;
const INDEX_OFFSET = 20;

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
  const judged: readonly FilterInstruction[] =
    link === undefined
      ? []
      : [
          [FILTER.loadWord, 0, 0, INDEX_OFFSET],
          [FILTER.equals, 0, 1, seen(link, 4)],
          [FILTER.return, 0, 0, WHOLE],
          [FILTER.return, 0, 0, 0],
        ];
  const free = types.filter((type) => link === undefined || !onLink.includes(type));
  const bound = types.filter((type) => !free.includes(type));
  const tests = [...free, ...bound];
  const program: FilterInstruction[] = [[FILTER.loadHalf, 0, 0, TYPE_OFFSET]];
  for (const [place, type] of tests.entries()) {
    const past = tests.length - place - 1;
    // Behind the tests: refuse, let pass, and the link's four.
    program.push([FILTER.equals, past + (place < free.length ? 1 : 2), 0, seen(type, 2)]);
  }
  program.push([FILTER.return, 0, 0, 0], [FILTER.return, 0, 0, WHOLE], ...judged);
  return filterProgram(program);
}
