import { setFlagsFromString } from "node:v8";
import { runInThisContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AttributeTable, attributes, checkWritable } from "../../../src/netlink/codecs/attributes.js";
import { bytesOf, Writer } from "../../../src/netlink/codecs/bytes.js";
import { type Codec, raw, text } from "../../../src/netlink/codecs/codec.js";
import { indexed, nest, repeated } from "../../../src/netlink/codecs/nests.js";
import { u16, u32, u8 } from "../../../src/netlink/codecs/numbers.js";
import { struct } from "../../../src/netlink/codecs/struct.js";
import { addressAttributes } from "../../../src/rtnetlink/address/address.js";
import { bridge } from "../../../src/rtnetlink/link/kinds/bridge.js";
import { linkAttributes, linkInfo } from "../../../src/rtnetlink/link/link.js";
import { tables } from "../../../src/rtnetlink/tables.js";
import { byteStrings, unknownAttributes, valuesOfTable } from "./arbitraries.js";
import { comparable } from "./comparable.js";
import { inputError as refusal } from "./codecs.js";
import { decode, encode } from "./fake-kernel.js";
import { rawAttributes } from "../rtnetlink/vectors.js";

const tablesWithUnknown = fc
  .constantFrom(...tables)
  .chain((table) => fc.tuple(fc.constant(table), unknownAttributes(table)));

describe("what no table knows", () => {
  test("survives under its number, nested or not, and is sent again as it came", () => {
    fc.assert(
      fc.property(tablesWithUnknown, ([table, unknown]) => {
        const bytes = encode(table, { unknown });
        const decoded = decode(table, bytes)!;
        expect(comparable(decoded)).toEqual(comparable({ unknown }));
        expect(encode(table, decoded)).toEqual(bytes);
      }),
    );
  });

  test("is told apart from the flags in the high bits of its number", () => {
    const bytes = rawAttributes([0x8000 | 200, Buffer.from("ab")], [0x4000 | 201, Buffer.from("cd")]);
    expect(comparable(decode(bridge, bytes))).toEqual({
      unknown: [
        { number: 200, nested: true, bytes: "bytes 6162" },
        { number: 201, bytes: "bytes 6364" },
      ],
    });
  });

  test("in a kind that no table is known for stays raw as a whole", () => {
    const inner = rawAttributes([1, Buffer.from("abc")]);
    const bytes = encode(linkInfo, { kind: "nonesuch", data: inner });
    expect(comparable(decode(linkInfo, bytes))).toEqual({ kind: "nonesuch", data: `bytes ${inner.toString("hex")}` });
    expect(encode(linkInfo, decode(linkInfo, bytes)!)).toEqual(bytes);
  });

  test("in a kind without a table stays raw where the kind comes behind it, too", () => {
    const bytes = rawAttributes([2, rawAttributes([1, Buffer.alloc(4)])], [1, Buffer.from("nonesuch\0")]);
    expect(decode(linkInfo, bytes)).toMatchObject({ kind: "nonesuch", data: expect.any(Uint8Array) as unknown });
    expect(decode(linkInfo, rawAttributes([2, Buffer.alloc(3)]))).toMatchObject({
      data: expect.any(Uint8Array) as unknown,
    });
  });
});

describe("what has not the form that its table says", () => {
  test("is kept raw under its number, and sent again as it came", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), byteStrings, (number, bytes) => {
        const codec = Object.values(bridge.entries).find((entry) => entry[0] === number)![1] as Codec<unknown>;
        const sent = rawAttributes([number, bytes]);
        const decoded = decode(bridge, sent)!;
        const taken = codec.read(bytesOf(bytes), 0, bytes.length, {}) !== undefined;
        fc.pre(!taken && codec.silent !== true);
        expect(comparable(decoded)).toEqual(comparable({ unknown: [{ number, bytes }] }));
        expect(encode(bridge, decoded)).toEqual(sent);
      }),
    );
  });

  test("leaves its neighbours as they are", () => {
    const bytes = rawAttributes([1, Buffer.alloc(3)], [6, Buffer.from([1, 0])], [7, Buffer.alloc(2)]);
    const decoded = decode(bridge, bytes)!;
    expect(comparable(decoded)).toEqual({
      priority: 1,
      unknown: [
        { number: 1, bytes: "bytes 000000" },
        { number: 7, bytes: "bytes 0000" },
      ],
    });
  });

  test("makes a nest raw, not the attributes around it", () => {
    const wrong = Buffer.from("0300010000000000", "hex");
    const bytes = rawAttributes([26, wrong], [4, Buffer.from([220, 5, 0, 0])]);
    expect(comparable(decode(linkAttributes, bytes))).toEqual({
      mtu: 1500,
      unknown: [{ number: 26, bytes: `bytes ${wrong.toString("hex")}` }],
    });
  });

  test("a second attribute of one number is kept beside the first", () => {
    const bytes = rawAttributes([6, Buffer.from([1, 0])], [6, Buffer.from([2, 0])]);
    const decoded = decode(bridge, bytes)!;
    expect(comparable(decoded)).toEqual({ priority: 1, unknown: [{ number: 6, bytes: "bytes 0200" }] });
    expect(encode(bridge, decoded)).toEqual(bytes);
  });

  test("padding and what others say better are skipped", () => {
    expect(decode(bridge, rawAttributes([40, Buffer.alloc(0)], [40, Buffer.alloc(4)]))).toEqual({});
    expect(decode(linkAttributes, rawAttributes([7, Buffer.alloc(96)]))).toEqual({});
  });
});

describe("lengths", () => {
  test.for([0, 1, 2, 3])("an attribute of %i bytes is none: nothing is decoded", (length) => {
    const bytes = Buffer.from([length, 0, 6, 0, 1, 0, 0, 0]);
    expect(decode(bridge, bytes)).toBeUndefined();
  });

  test("one that reaches past the end is none", () => {
    for (const length of [9, 10, 255, 65535]) {
      const bytes = Buffer.alloc(8);
      bytes.writeUInt16LE(length, 0);
      expect(decode(bridge, bytes)).toBeUndefined();
    }
  });

  test("fewer bytes than a header at the end are no attribute", () => {
    const whole = rawAttributes([6, Buffer.from([1, 0])]);
    for (let cut = 1; cut < 4; cut++) expect(decode(bridge, Buffer.concat([whole, Buffer.alloc(cut)]))).toBeUndefined();
    expect(decode(bridge, whole.subarray(0, 6))).toEqual({ priority: 1 });
    expect(decode(bridge, Buffer.alloc(0))).toEqual({});
  });

  test("what does not fit into 65535 bytes is refused by its name", () => {
    const table = attributes("T", () => ({ bytes: [1, raw, "any"], rest: [2, u8, "more"] }));
    expect(encode(table, { bytes: new Uint8Array(65531) })).toHaveLength(65536);
    const error = refusal(() => encode(table, { bytes: new Uint8Array(65532) }));
    expect(error.message).toBe("bytes: 65536 bytes; an attribute holds at most 65535");
  });
});

describe("what cannot be meant", () => {
  test.for([
    ["linkInfo.data.forwardDelay", { linkInfo: { kind: "bridge", data: { forwardDelay: -1 } } }],
    ["linkInfo.data.forwardDelai", { linkInfo: { kind: "bridge", data: { forwardDelai: 1 } } }],
    ["linkInfo.data.multiBoolopt.mst", { linkInfo: { kind: "bridge", data: { multiBoolopt: { mst: true } } } }],
    ["linkInfo.data.peer.mtu", { linkInfo: { kind: "veth", data: { peer: { mtu: 2 ** 32 } } } }],
    ["linkInfo.data", { linkInfo: { kind: "nonesuch", data: { id: 1 } } }],
    ["linkInfo.slaveData.cost", { linkInfo: { slaveKind: "bridge", slaveData: { cost: 0.5 } } }],
    ["stats64.rxPackets", { stats64: { rxPackets: -1 } }],
    ["afSpec.inet6.token", { afSpec: { inet6: { token: "10.0.0.1" } } }],
    ["altnames.0", { altnames: ["x".repeat(128)] }],
    ["name", { name: "x".repeat(16) }],
    ["kind", { kind: "bridge" }],
  ])("is refused by its path: %s", ([path, values]) => {
    const error = refusal(() => encode(linkAttributes, values as never));
    expect(error.path).toBe(path);
    expect(error.message.startsWith(`${path}: `)).toBe(true);
    expect(error.code).toBe("ERR_LINKWRIGHT_INPUT");
  });

  test("says what would be right", () => {
    const message = (values: object): string => refusal(() => encode(linkAttributes, values)).message;
    expect(message({ mtu: "1500" })).toBe('mtu: "1500" is not an integer from 0 to 4294967295');
    expect(message({ operstate: "gone" })).toBe(
      'operstate: "gone" is none of unknown, notpresent, down, lowerlayerdown, testing, dormant, up',
    );
    expect(message({ mtuu: 1 })).toBe('mtuu: no such option; did you mean "mtu"?');
    expect(message({ linkInfo: { data: { mtu: 1 } } })).toBe(
      "linkInfo.data: the kind undefined has no options known here",
    );
    expect(
      refusal(() => encode(addressAttributes, { cacheinfo: { preferred: -1, valid: 0, created: 0, updated: 0 } }))
        .message,
    ).toBe("cacheinfo.preferred: -1 is not a lifetime in milliseconds");
  });

  test("properties of every object are no attributes", () => {
    for (const name of ["toString", "constructor", "hasOwnProperty"])
      expect(refusal(() => encode(bridge, { [name]: 1 })).path).toBe(name);
  });

  test("what only the kernel sets is named", () => {
    expect(
      refusal(() => checkWritable(bridge as unknown as AttributeTable, { rootId: "8000.020000000001" })).path,
    ).toBe("rootId");
    checkWritable(bridge, { rootId: undefined, priority: 1 });
  });
});

describe("lists", () => {
  const table = attributes("T", () => ({
    names: [1, repeated(7, text(15)), "one attribute again and again"],
    numbers: [2, indexed(u16, 1), "numbered from 1"],
    nests: [3, indexed(nest(attributes("INNER", () => ({ value: [1, u32, "a value"] })))), "nests numbered from 0"],
  }));

  test("are nests whose attributes have one number, or count", () => {
    const values = { names: ["a", "ü", "c"], numbers: [5, 6], nests: [{ value: 1 }, {}] };
    const bytes = encode(table, values);
    expect(decode(table, bytes)).toEqual(values);
    expect(bytes.readUInt16LE(2)).toBe(0x8001);
    expect(encode(table, { numbers: [5, 6] }).toString("hex")).toBe(
      `${"14000280"}${"0600010005000000"}${"0600020006000000"}`,
    );
    expect(decode(table, encode(table, { names: [] }))).toEqual({ names: [] });
  });

  test("count from wherever the kernel does, with places left out", () => {
    const inner = (...places: number[]): Buffer =>
      rawAttributes(...places.map((place) => [place, Buffer.from([place, 0])] as const));
    for (const places of [
      [0, 1, 2],
      [1, 2],
      [2, 5, 9],
    ])
      expect(decode(table, rawAttributes([2, inner(...places)]))).toEqual({ numbers: places });
  });

  test("that do not count, or hold something else, are kept raw", () => {
    const twice = rawAttributes([1, Buffer.alloc(2)], [1, Buffer.alloc(2)]);
    const backwards = rawAttributes([2, Buffer.alloc(2)], [1, Buffer.alloc(2)]);
    for (const inner of [twice, backwards, rawAttributes([1, Buffer.alloc(3)]), Buffer.alloc(2)])
      expect(decode(table, rawAttributes([2, inner]))?.unknown).toHaveLength(1);
    expect(decode(table, rawAttributes([1, rawAttributes([8, Buffer.from("a\0")])]))?.unknown).toHaveLength(1);
  });
});

test("a struct takes what is given, zeros for the rest, and may lack its last fields when it is read", () => {
  const pair = struct("pair", { one: u8, two: u32, three: u16 }, { gaps: { two: 3 }, optional: 1 });
  const writer = new Writer();
  pair.writePartial(writer, { two: 5 });
  const bytes = writer.take();
  expect(pair.size).toBe(10);
  expect(bytes.toString("hex")).toBe("00000000050000000000");
  const read = (size: number): unknown => pair.read(bytesOf(Buffer.concat([bytes, bytes])), 0, size, {});
  expect(read(10)).toEqual({ one: 0, two: 5, three: 0 });
  expect(read(12)).toEqual({ one: 0, two: 5, three: 0 });
  expect(read(8)).toEqual({ one: 0, two: 5 });
  expect(read(7)).toBeUndefined();
});

test("attributes keep the table's order, whatever order they are given in", () => {
  fc.assert(
    fc.property(valuesOfTable(bridge as unknown as AttributeTable), (values) => {
      const turned = Object.fromEntries(Object.entries(values).reverse());
      expect(encode(bridge, turned)).toEqual(encode(bridge, values));
    }),
  );
});

test("what is decoded is a plain object of V8's fast kind, however many properties it has", () => {
  setFlagsFromString("--allow-natives-syntax");
  const isFast = runInThisContext("(object) => %HasFastProperties(object)") as (object: object) => boolean;
  const names = Array.from({ length: 60 }, (_, i) => `property${i}`);
  for (const count of [1, 16, 17, 40, 60]) {
    const table = attributes("X", () => Object.fromEntries(names.map((name, i) => [name, [i + 1, u32, ""] as const])));
    const values = Object.fromEntries(names.slice(0, count).map((name, i) => [name, i]));
    const bytes = encode(table, values);
    for (let time = 0; time < 3; time++) {
      const decoded = decode(table, bytes)!;
      expect(decoded).toStrictEqual(values);
      expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
      // The first of a kind teaches the shape.
      if (time > 0) expect(isFast(decoded)).toBe(true);
    }
  }
  setFlagsFromString("--no-allow-natives-syntax");
});
