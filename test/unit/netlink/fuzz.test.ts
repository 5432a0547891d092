import fc, { type Arbitrary } from "fast-check";
import { describe, expect, test } from "vitest";
import { readAcknowledgement } from "../../../src/netlink/acknowledgement.js";
import { writeAttribute } from "../../../src/netlink/codecs/attributes.js";
import { align, bytesOf, Writer } from "../../../src/netlink/codecs/bytes.js";
import { raw } from "../../../src/netlink/codecs/codec.js";
import { connect } from "../../../src/netlink/connection.js";
import { describeMessages } from "../../../src/netlink/describe-messages.js";
import { InputError } from "../../../src/base/errors.js";
import { NetlinkError } from "../../../src/kernel/error.js";
import { HEADER_SIZE, NLMSG_DONE, NLMSG_ERROR, readHeader, readMessage } from "../../../src/netlink/message.js";
import { RTM_GETADDR } from "../../../src/rtnetlink/address/address.js";
import { linkFrom, RTM_GETLINK } from "../../../src/rtnetlink/link/link.js";
import { RTM_GETMDB } from "../../../src/rtnetlink/bridge/mdb.js";
import { messageTypes } from "../../../src/rtnetlink/messages.js";
import { tables } from "../../../src/rtnetlink/tables.js";
import { comparable } from "./comparable.js";
import { type Dump, messagesOf, realDumps, samples } from "./dumps.js";
import { acknowledge, anyMessage, decode, done, encode, fakeKernel } from "./fake-kernel.js";

const dumps: Dump[] = [...samples];
try {
  dumps.push(...(await realDumps()));
} catch (error) {
  console.log(`skipped: dumps of this kernel: ${(error as Error).message}`);
}
const messages = dumps.flatMap(messagesOf);

/** Everything that a buffer of messages says, read as the connection reads it. */
function decodeAll(buffer: Uint8Array): unknown[] {
  const bytes = bytesOf(buffer);
  const found: unknown[] = [];
  let offset = 0;
  while (offset < buffer.length) {
    const header = readHeader(bytes, offset);
    if (header === undefined) break;
    const { type, length } = header;
    const messageType = messageTypes.get(type);
    found.push(header, readAcknowledgement(bytes, offset, header));
    if (messageType !== undefined && type !== NLMSG_ERROR && type !== NLMSG_DONE)
      found.push(readMessage(bytes, offset, header, messageType));
    expect(align(length)).toBeGreaterThanOrEqual(HEADER_SIZE);
    offset += align(length);
  }
  expect(describeMessages(messageTypes, Buffer.from(buffer)).length).toBeLessThanOrEqual(
    buffer.length / HEADER_SIZE + 1,
  );
  return found;
}

/** Bytes that would be read as attributes and messages if anybody looked behind the end. */
const POISON = Buffer.from("08000100deadbeef".repeat(4), "hex");

function poisoned(buffer: Uint8Array): { large: Buffer; start: number; end: number } {
  return {
    large: Buffer.concat([POISON, buffer, POISON]),
    start: POISON.length,
    end: POISON.length + buffer.length,
  };
}

function staysInside(buffer: Uint8Array): void {
  const { large, start, end } = poisoned(buffer);
  const inside = decodeAll(large.subarray(start, end));
  expect(comparable(inside)).toEqual(comparable(decodeAll(Uint8Array.from(buffer))));
}

/** Real messages with some bytes replaced, cut off, or with bits turned. */
const mutated: Arbitrary<Buffer> = fc
  .tuple(
    fc.constantFrom(...messages),
    fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.boolean()), { minLength: 1, maxLength: 12 }),
    fc.option(fc.nat()),
    fc.boolean(),
  )
  .map(([message, changes, cut, mend]) => {
    const bytes = Buffer.from(message);
    for (const [place, value, turn] of changes) {
      const at = place % bytes.length;
      bytes[at] = turn ? bytes[at]! ^ (1 << (value & 7)) : value;
    }
    const kept = cut === null ? bytes : bytes.subarray(0, cut % (bytes.length + 1));
    // Most changes of the header would end the decoding there; what is behind it has to be reached, too.
    if (mend && kept.length >= HEADER_SIZE) {
      kept.writeUInt32LE(kept.length, 0);
      message.copy(kept, 4, 4, 6);
    }
    return kept;
  });

const random: Arbitrary<Buffer> = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes));

/** Attributes of right lengths and low numbers, with anything in them. */
const wellFormed: Arbitrary<Buffer> = fc
  .array(
    fc.tuple(
      fc.nat(70),
      fc.boolean(),
      fc.oneof(
        fc.uint8Array({ maxLength: 20 }),
        fc.constantFrom(4, 8, 1).map((size) => new Uint8Array(size)),
      ),
    ),
    { maxLength: 20 },
  )
  .map((list) => {
    const writer = new Writer();
    for (const [number, nested, bytes] of list) writeAttribute(writer, nested ? number | 0x8000 : number, raw, bytes);
    return writer.take();
  });

/** Attributes behind a whole header of a known message. */
const randomAttributes: Arbitrary<Buffer> = fc
  .tuple(fc.constantFrom(...messages), fc.oneof(random, wellFormed))
  .map(([message, attributes]) =>
    anyMessage(1, message.readUInt16LE(4), Buffer.concat([message.subarray(16, 32), attributes])),
  );

const hostile = fc.oneof({ weight: 3, arbitrary: mutated }, random, randomAttributes);

describe("bad bytes", () => {
  test.for(dumps.map((dump) => [dump.name, dump] as const))("are not what a real dump is: %s", ([, dump]) => {
    expect(decodeAll(dump.bytes).length).toBeGreaterThan(4);
    for (const message of messagesOf(dump).slice(0, -1)) {
      const [, , body] = decodeAll(message);
      expect(body).toBeDefined();
      // A kernel that is newer than the samples may have more attributes than the tables.
      if (samples.includes(dump)) expect(JSON.stringify(body)).not.toContain('"unknown":');
    }
  });

  test("are decoded or refused, and nothing outside them is read", () => {
    fc.assert(fc.property(hostile, staysInside), { numRuns: 1500 });
  });

  test("cut off anywhere are decoded or refused", () => {
    for (const message of messages) {
      for (let size = 0; size < message.length; size++) {
        const cut = Buffer.from(message.subarray(0, size));
        expect(decodeAll(cut)).toEqual([]);
        if (size < HEADER_SIZE) continue;
        cut.writeUInt32LE(size, 0);
        decodeAll(cut);
      }
    }
  });

  test.for(tables.map((table) => [table.space, table] as const))(
    "%s: attributes end where their nest ends, and what was decoded encodes again, or is refused in words",
    ([, table]) => {
      fc.assert(
        fc.property(fc.oneof(random, wellFormed), fc.nat(600), (buffer, target) => {
          const { large, start, end } = poisoned(buffer);
          const inside = table.decode(bytesOf(large), start, end);
          expect(comparable(inside)).toEqual(comparable(table.decode(bytesOf(buffer), 0, buffer.length)));
          const path = table.locate(bytesOf(large), start, end, start + target);
          expect(path).toBe(table.locate(bytesOf(buffer), 0, buffer.length, target));
        }),
      );
      fc.assert(
        fc.property(wellFormed, (buffer) => {
          const values = table.decode(bytesOf(buffer), 0, buffer.length);
          expect(values).toBeDefined();
          try {
            expect(comparable(decode(table, encode(table, values!)))).toEqual(comparable(values));
          } catch (error) {
            if (!(error instanceof InputError)) throw error;
            expect(error.path).not.toBe("");
          }
        }),
      );
    },
  );

  test("nested without end are read as deep as the tables go", () => {
    for (const number of [18, 26, 43, 52, 55, 2]) {
      const deep = Buffer.alloc(65532);
      for (let offset = 0; offset < deep.length; offset += 4) {
        deep.writeUInt16LE(deep.length - offset, offset);
        deep.writeUInt16LE(0x8000 | number, offset + 2);
      }
      staysInside(anyMessage(1, 16, Buffer.concat([Buffer.alloc(16), deep])));
      for (const table of tables) table.decode(bytesOf(deep), 0, deep.length);
    }
  });

  test("that are thousands of empty attributes take no time", () => {
    const many = Buffer.from("04000000".repeat(16000), "hex");
    const values = tables[0]!.decode(bytesOf(many), 0, many.length);
    expect(values?.unknown).toHaveLength(16000);
  });

  test.for([0, 1, 15, 17, 0x7fffffff, 0xfffffff0, 0xffffffff])("a message of %i bytes is none", (length) => {
    const bytes = Buffer.alloc(16);
    bytes.writeUInt32LE(length, 0);
    expect(decodeAll(bytes)).toEqual([]);
    expect(describeMessages(messageTypes, bytes)).toEqual([`16 bytes that are no message: ${bytes.toString("hex")}`]);
  });
});

describe("a connection that gets bad bytes", () => {
  async function outcome(bytes: Buffer, dump: boolean): Promise<unknown> {
    const { socket } = fakeKernel(([sent]) => {
      const answer = Buffer.from(bytes);
      if (answer.length >= 12) answer.writeUInt32LE(sent!.header.sequence, 8);
      const end = Buffer.concat([
        Buffer.alloc(align(answer.length) - answer.length),
        dump ? done(sent!) : acknowledge(sent!),
      ]);
      return { pieces: [Buffer.concat([answer, end])] };
    });
    const connection = connect(socket, messageTypes);
    try {
      return dump
        ? await connection.dump(RTM_GETADDR, {})
        : await connection.request(RTM_GETLINK, {}, { into: linkFrom });
    } catch (error) {
      return error;
    }
  }

  test("always settles: with replies, or with a NetlinkError", async () => {
    await fc.assert(
      fc.asyncProperty(hostile, fc.boolean(), async (bytes, dump) => {
        const settled = await outcome(bytes, dump);
        if (!Array.isArray(settled)) expect(settled).toBeInstanceOf(NetlinkError);
      }),
      { numRuns: 1000 },
    );
  });

  test("decodes a reply with another header than the request's without the object that was wanted", async () => {
    const bytes = Buffer.alloc(24);
    bytes.writeUInt32LE(24, 0);
    bytes.writeUInt16LE(RTM_GETMDB.type, 4);
    expect(await outcome(bytes, false)).toMatchObject([{ name: "RTM_GETMDB", header: { index: 0 }, attributes: {} }]);
  });

  test.for([0, 1, 15, 0xffffffff])("says EBADMSG when a reply claims to have %i bytes", async (length) => {
    const bytes = Buffer.from(messages[0]!);
    bytes.writeUInt32LE(length, 0);
    expect(await outcome(bytes, false)).toMatchObject({
      code: "EBADMSG",
      syscall: "RTM_GETLINK",
      kernelMessage: expect.stringContaining("a wrong length") as unknown,
    });
  });

  test.for([0, 1, 3, 65535])("says EBADMSG when an attribute of a reply claims to have %i bytes", async (length) => {
    const bytes = Buffer.from(messages[0]!);
    bytes.writeUInt16LE(length, 32);
    expect(await outcome(bytes, false)).toMatchObject({
      code: "EBADMSG",
      kernelMessage: expect.stringContaining("an RTM_NEWLINK in the reply cannot be read") as unknown,
    });
  });
});
