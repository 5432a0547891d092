import { align, type Bytes, bytesOf, LITTLE_ENDIAN, Writer } from "../netlink/codecs/bytes.js";
import { type Codec, unspoken } from "../netlink/codecs/codec.js";
import { InputError } from "../base/errors.js";
import { u16, u32, u64 } from "../netlink/codecs/numbers.js";
import { struct } from "../netlink/codecs/struct.js";
import { bits, words } from "../netlink/codecs/words.js";

// The plans that the programs in C take the steps of: native/runner reads what is written here; docs/plans.md describes it.

/** Cases in which a step is left out; the last two are none: its failure is no matter, or may mean that it is so already. */
const CASES = {
  ifup: 1,
  ifdown: 2,
  helper: 4,
  root: 8,
  user: 16,
  port: 32,
  noPort: 64,
  doing: 128,
  undoing: 256,
  mayFail: 512,
  mayBeSo: 1024,
} as const;
export type Case = keyof typeof CASES;

const cases = bits(u32, CASES);

/** Each of some cases once, in the order in which a plan says them. */
export function sortedCases(some: readonly Case[]): Case[] {
  return (Object.keys(CASES) as Case[]).filter((each) => some.includes(each));
}

const KINDS = {
  ask: 1,
  check: 2,
  allow: 3,
  do: 4,
  batch: 5,
  read: 6,
  write: 7,
  tap: 8,
  endsIf: 9,
  endsUnless: 10,
  enter: 11,
  name: 12,
  inquire: 13,
  transact: 14,
} as const;

/**
 * A field of an answer: `size` bytes, `from` a place behind the header and the attributes of a path; all of it when
 * there is no header. Size 0 is the whole of it.
 */
export interface AnswerField<A extends string = string> {
  readonly answer: A;
  readonly header: number;
  readonly path: readonly number[];
  readonly from: number;
  readonly size: number;
}

/** A place in a message: an offset in bytes, and the field of an answer that belongs there. */
export interface Insertion<A extends string = string> {
  readonly to: number;
  readonly field: AnswerField<A>;
}

/**
 * A step of a plan. "ask" and "do" send the message, with the object behind it when that is an attribute; "check" compares
 * the object with the message; "allow" has bridge.conf allow the object; "batch" sends messages to a protocol; "read" and
 * "write" are a setting's, "tap" makes one; "endsIf" ends the operation, with nothing said, when the object is its message, or
 * is not there and the message empty; "endsUnless" when it is not so; "enter" goes to a namespace for the rest of the operation, "name" gives
 * one a name, or takes that; "inquire" asks Open vSwitch's database by its message and keeps the
 * first UUID of the answer, "transact" changes it, and does so, too. `text` follows what it is about in errors.
 */
export interface PlanStep<A extends string = string> {
  readonly kind: keyof typeof KINDS;
  readonly text: string;
  readonly message: Uint8Array;
  readonly skip: readonly Case[];
  readonly places: readonly Insertion<A>[];
  readonly answer?: A | undefined;
  readonly object?: AnswerField<A> | undefined;
  /** Of netlink, for a batch. */
  readonly protocol?: number | undefined;
}

/** One behind the other, each with its length in 32 bits, padded to 4. */
export function parts<T>(codec: Codec<T>): Codec<readonly T[]> {
  return {
    type: "parts",
    words: "",
    write(writer, list) {
      for (const each of list) {
        const body = new Writer();
        codec.write(body, each, {});
        const bytes = body.take();
        writer.u32(bytes.length + 4);
        writer.raw(bytes);
        writer.pad();
      }
    },
    read(bytes, offset, length) {
      const list: T[] = [];
      const end = offset + length;
      for (let at = offset; at < end;) {
        const size = end - at < 4 ? 0 : bytes.view.getUint32(at, LITTLE_ENDIAN);
        const part = size < 4 || size > end - at ? undefined : codec.read(bytes, at + 4, size - 4, {});
        if (part === undefined) return undefined;
        list.push(part);
        at += align(size);
      }
      return list;
    },
    parse: unspoken("parts"),
  };
}

/** Text in a field of a struct, with a NUL at its end. */
export function chars(size: number): Codec<string> {
  return {
    type: "char []",
    words: "",
    size,
    write(writer, value) {
      const bytes = Buffer.from(value);
      if (bytes.length >= size) throw new InputError(`${JSON.stringify(value)} has more than ${size - 1} bytes`);
      writer.raw(bytes);
      writer.zeros(size - bytes.length);
    },
    read: ({ buffer }, offset) => buffer.toString("utf8", offset, buffer.indexOf(0, offset)),
    parse: unspoken("text"),
  };
}

/** Steps, with the numbers of their answers: struct place and struct step of native/runner. */
export function stepsWith<A extends string>(answers: Readonly<Record<A, number>>): Codec<readonly PlanStep<A>[]> {
  const answer = words(u16, answers);
  const fields = { answer, header: u16, path0: u16, path1: u16, path2: u16, from: u16, to: u16, size: u16 };
  const placeStruct = struct("place", fields);
  const stepStruct = struct("step", {
    skip: cases,
    length: u32,
    kind: words(u16, KINDS),
    answer,
    places: u16,
    protocol: u16,
    object: placeStruct,
  });
  const [nobody] = Object.keys(answers) as A[];
  type WirePlace = Parameters<typeof placeStruct.writePartial>[1];
  const toWire = (
    { path: [path0 = 0, path1 = 0, path2 = 0], ...field }: AnswerField<A>,
    to: number,
  ): Required<WirePlace> => ({ ...field, path0, path1, path2, to });
  const fromWire = ({ answer: of, header, path0, path1, path2, from, size }: Required<WirePlace>): AnswerField<A> => ({
    answer: of as A,
    header,
    path: [path0, path1, path2].filter((type) => type !== 0),
    from,
    size,
  });
  return parts<PlanStep<A>>({
    type: "struct step",
    words: "",
    write(writer, { kind, text, message, skip, places, answer: of = nobody!, object, protocol = 0 }) {
      const counts = { places: places.length, length: message.length, protocol };
      const wire = object === undefined ? {} : { object: toWire(object, 0) };
      stepStruct.writePartial(writer, { skip, kind, answer: of, ...counts, ...wire });
      for (const { to, field } of places) placeStruct.write(writer, toWire(field, to), {});
      writer.raw(message);
      writer.raw(Buffer.from(`${text}\0`));
    },
    read(bytes, offset, length) {
      const end = offset + length;
      const head = stepStruct.read(bytes, offset, length, {});
      if (head === undefined) return undefined;
      const start = offset + stepStruct.size + head.places * placeStruct.size;
      const text = start + head.length;
      if (text >= end || bytes.buffer[end - 1] !== 0) return undefined;
      const places = Array.from({ length: head.places }, (_, i): Insertion<A> => {
        const place = placeStruct.readAt(bytes, offset + stepStruct.size + i * placeStruct.size);
        return { to: place.to, field: fromWire(place) };
      });
      return {
        kind: head.kind as PlanStep["kind"],
        text: bytes.buffer.toString("utf8", text, end - 1),
        message: bytes.buffer.subarray(start, text),
        skip: head.skip as Case[],
        places,
        ...(head.answer === nobody ? {} : { answer: head.answer as A }),
        ...(head.object.header === 0 && head.object.from === 0 ? {} : { object: fromWire(head.object) }),
        ...(head.protocol === 0 ? {} : { protocol: head.protocol }),
      };
    },
    parse: unspoken("steps"),
  });
}

const header = struct("plan_header", { magic: u64, version: u32, length: u32, checksum: u64, policy: u64 });
/** The bytes before a plan's body. */
export const HEADER = header.size;

/** "LWQPLAN\n", as the number that these bytes are. */
const MAGIC = bytesOf(Buffer.from("LWQPLAN\n")).view.getBigUint64(0, LITTLE_ENDIAN);
const VERSION = 3;

/** FNV-1a, 64 bits. */
export function checksum(bytes: Uint8Array): bigint {
  // Two halves of 32 bits: numbers of 64 take a hundred times as long.
  let [high, low] = [0xcbf29ce4, 0x84222325];
  for (const byte of bytes) {
    low = (low ^ byte) >>> 0;
    // Times 2^40 + 0x1b3.
    const product = low * 0x1b3;
    high = (Math.imul(high, 0x1b3) + Math.floor(product / 0x100000000) + (low << 8)) >>> 0;
    low = product >>> 0;
  }
  return (BigInt(high) << 32n) | BigInt(low);
}

/** A body with its header. `policy`: the checksum of what it was made from. */
export function encodeWhole(body: Uint8Array, policy = 0n): Buffer {
  const whole = new Writer();
  const length = header.size + body.length;
  header.write(whole, { magic: MAGIC, version: VERSION, length, checksum: checksum(body), policy }, {});
  whole.raw(body);
  return whole.take();
}

/** The body of a plan, and the checksum of what it was made from. Throws InputError for what is none, of another version, or damaged. */
export function decodeWhole(file: Uint8Array): { readonly bytes: Bytes; readonly policy: bigint } {
  const bytes: Bytes = bytesOf(file);
  const { magic, version, length, checksum: sum, policy } = header.read(bytes, 0, file.length, {}) ?? {};
  if (magic !== MAGIC) throw new InputError("it is no plan");
  if (version !== VERSION) throw new InputError(`it is of version ${version}, not ${VERSION}`);
  if (length !== file.length || sum !== checksum(file.subarray(header.size)))
    throw new InputError("it is damaged: its length or its checksum is wrong");
  return { bytes, policy: policy! };
}
