import { LITTLE_ENDIAN } from "../netlink/codecs/bytes.js";
import { FILTER, type FilterInstruction, filterProgram, WHOLE } from "../netlink/socket-filter.js";
import { AF_BRIDGE } from "../rtnetlink/protocol/families.js";

/** Where a netlink message has its type, and the messages about something on a link that link's index. */
const TYPE_OFFSET = 4;
const FAMILY_OFFSET = 16;
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

/** Messages that tell of two subjects, whose family says of which: only those of the bridge's, or only the others. */
export interface Shared {
  readonly types: readonly [told: number, gone: number];
  readonly ofBridge: boolean;
}

/** Refuses messages of the other subject; what passes goes on behind it. */
function judgeShared({ types: [told, gone], ofBridge }: Shared): FilterInstruction[] {
  return [
    [FILTER.loadHalf, 0, 0, TYPE_OFFSET],
    [FILTER.equals, 1, 0, seen(told, 2)],
    [FILTER.equals, 0, 3, seen(gone, 2)],
    [FILTER.loadByte, 0, 0, FAMILY_OFFSET],
    [FILTER.equals, ofBridge ? 1 : 0, ofBridge ? 0 : 1, AF_BRIDGE],
    [FILTER.return, 0, 0, 0],
  ];
}

/**
 * The socket filter that lets through messages of some types alone, or about one link alone, before they are queued: what is not
 * wanted takes no room in the socket's buffer. `onLink`: the types that have the link's index at its usual place; others pass.
 * `shared`: where only one of two subjects is wanted.
 */
export function socketFilter(
  types: readonly number[],
  onLink: readonly number[],
  link: number | undefined,
  shared?: Shared,
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
  const program: FilterInstruction[] = shared === undefined ? [] : judgeShared(shared);
  program.push([FILTER.loadHalf, 0, 0, TYPE_OFFSET]);
  for (const [place, type] of tests.entries()) {
    const past = tests.length - place - 1;
    // Behind the tests: refuse, let pass, and the link's four.
    program.push([FILTER.equals, past + (place < free.length ? 1 : 2), 0, seen(type, 2)]);
  }
  program.push([FILTER.return, 0, 0, 0], [FILTER.return, 0, 0, WHOLE], ...judged);
  return filterProgram(program);
}
