import { LITTLE_ENDIAN } from "../netlink/codecs/bytes.js";
import {
  FILTER,
  type FilterInstruction,
  filterProgram,
  FIND_ATTRIBUTE,
  FIND_NESTED,
  WHOLE,
} from "../netlink/socket-filter.js";
import { linkAttributes, linkInfo } from "../rtnetlink/link/link.js";
import { AF_BRIDGE } from "../rtnetlink/protocol/families.js";

/** Where a netlink message has its type, and the messages about something on a link that link's index. */
const TYPE_OFFSET = 4;
const FAMILY_OFFSET = 16;
const INDEX_OFFSET = 20;
/** Where those about links have attributes. */
const ATTRIBUTES_OFFSET = 32;
const ATTRIBUTE_HEADER = 4;

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

/** What alone is watched: the link with an index, or links of a kind. */
export interface Only {
  readonly link?: number | undefined;
  readonly kind?: string | undefined;
}

const REFUSE: FilterInstruction = [FILTER.return, 0, 0, 0];
const PASS: FilterInstruction = [FILTER.return, 0, 0, WHOLE];

/** Where a test leads: to the next, or to the end. */
type Goal = "on" | "pass" | "refuse";

/** What is loaded, and where it leads when it is the value, and when it is another. */
interface Test {
  readonly load: readonly FilterInstruction[];
  readonly value: number;
  readonly same: Goal;
  readonly other: Goal;
}

/** A program of tests; what comes through all of them passes. */
function judging(tests: readonly Test[]): FilterInstruction[] {
  let left = tests.reduce((sum, { load }) => sum + load.length + 1, 0);
  const program: FilterInstruction[] = [];
  for (const { load, value, same, other } of tests) {
    left -= load.length + 1;
    const skips = { on: 0, pass: left, refuse: left + 1 };
    program.push(...load, [FILTER.equals, skips[same], skips[other], value]);
  }
  return [...program, PASS, REFUSE];
}

/** Bytes from an offset on behind the index register, as many at once as can be. */
function comparing(bytes: Buffer, offset: number): Test[] {
  if (bytes.length === 0) return [];
  const [code, size, value] =
    bytes.length >= 4
      ? ([FILTER.loadWordIndexed, 4, bytes.readUInt32BE(0)] as const)
      : bytes.length >= 2
        ? ([FILTER.loadHalfIndexed, 2, bytes.readUInt16BE(0)] as const)
        : ([FILTER.loadByteIndexed, 1, bytes[0]!] as const);
  const test: Test = { load: [[code, 0, 0, offset]], value, same: "on", other: "refuse" };
  return [test, ...comparing(bytes.subarray(size), offset + size)];
}

/** The attribute of a type is there. */
const isThere = (type: number, ...load: readonly FilterInstruction[]): Test => ({
  load: [[FILTER.loadIndex, 0, 0, type], ...load],
  value: 0,
  same: "refuse",
  other: "on",
});

function judgeLink(link: number): FilterInstruction[] {
  return judging([
    { load: [[FILTER.loadWord, 0, 0, INDEX_OFFSET]], value: seen(link, 4), same: "on", other: "refuse" },
  ]);
}

/** Passes links of a kind, and what is told of a bridge's port in the bridge's family, where no kind is said. */
function judgeKind(kind: string): FilterInstruction[] {
  const word = Buffer.from(`${kind}\0`);
  const size: FilterInstruction[] = [
    [FILTER.toIndex, 0, 0, 0],
    [FILTER.loadHalfIndexed, 0, 0, 0],
  ];
  return judging([
    { load: [[FILTER.loadByte, 0, 0, FAMILY_OFFSET]], value: AF_BRIDGE, same: "pass", other: "on" },
    isThere(linkAttributes.entries.linkInfo[0], [FILTER.load, 0, 0, ATTRIBUTES_OFFSET], FIND_ATTRIBUTE),
    isThere(linkInfo.entries.kind[0], FIND_NESTED),
    { load: size, value: seen(ATTRIBUTE_HEADER + word.length, 2), same: "on", other: "refuse" },
    ...comparing(word, ATTRIBUTE_HEADER),
  ]);
}

/**
 * The socket filter that lets through messages of some types alone, or about one link or one kind of them alone, before they are queued: what is not
 * wanted takes no room in the socket's buffer. `onLink`: the types that have the link's index at its usual place; others pass.
 * `shared`: where only one of two subjects is wanted.
 */
export function socketFilter(
  types: readonly number[],
  onLink: readonly number[],
  { link, kind }: Only,
  shared?: Shared,
): Uint8Array {
  const judged = kind !== undefined ? judgeKind(kind) : link !== undefined ? judgeLink(link) : [];
  const free = types.filter((type) => judged.length === 0 || !onLink.includes(type));
  const bound = types.filter((type) => !free.includes(type));
  const tests = [...free, ...bound];
  const program: FilterInstruction[] = shared === undefined ? [] : judgeShared(shared);
  program.push([FILTER.loadHalf, 0, 0, TYPE_OFFSET]);
  for (const [place, type] of tests.entries()) {
    const past = tests.length - place - 1;
    // Behind the tests: refuse, let pass, and what judges further.
    program.push([FILTER.equals, past + (place < free.length ? 1 : 2), 0, seen(type, 2)]);
  }
  program.push(REFUSE, PASS, ...judged);
  return filterProgram(program);
}
