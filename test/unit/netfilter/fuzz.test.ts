import fc, { type Arbitrary } from "fast-check";
import { describe, expect, test } from "vitest";
import { writeAttribute } from "../../../src/netlink/codecs/attributes.js";
import { bytesOf, Writer } from "../../../src/netlink/codecs/bytes.js";
import { raw } from "../../../src/netlink/codecs/codec.js";
import { InputError } from "../../../src/base/errors.js";
import { baseChainOf } from "../../../src/netfilter/chains/base-chains.js";
import { connectionOf } from "../../../src/netfilter/conntrack/connections.js";
import { elementsOf } from "../../../src/netfilter/sets/elements.js";
import { NFT_MSG_TRACE, readTrace } from "../../../src/netfilter/trace.js";
import {
  chainAttributes,
  elementAttributes,
  ruleAttributes,
  setAttributes,
} from "../../../src/netfilter/messages/nf-tables.js";
import { connectionAttributes } from "../../../src/netfilter/conntrack/conntrack.js";
import { dataTypes, fromBytes, spanOf, spanText, toBytes, type DataType } from "../../../src/netfilter/values/types.js";
import { commentIn, readUserdata, writeUserdata } from "../../../src/netfilter/messages/userdata.js";
import { unknownAttributes, valuesOf, valuesOfTable } from "../netlink/arbitraries.js";
import { comparable } from "../netlink/comparable.js";
import { anyMessage, decode, encode } from "../netlink/fake-kernel.js";
import { netfilterTables } from "./tables.js";

const named = netfilterTables.map((table) => [table.space, table] as const);

/** Attributes with low numbers, in which there may be more of them. */
function attributes(depth: number): Arbitrary<Buffer> {
  const inner =
    depth === 0 ? fc.uint8Array({ maxLength: 20 }) : fc.oneof(fc.uint8Array({ maxLength: 20 }), attributes(depth - 1));
  return fc.array(fc.tuple(fc.nat(30), fc.boolean(), inner), { maxLength: 6 }).map((list) => {
    const writer = new Writer();
    for (const [number, nested, bytes] of list) writeAttribute(writer, nested ? number | 0x8000 : number, raw, bytes);
    return writer.take();
  });
}

/** What a table's own encoding becomes with some of its bytes changed, and its end cut off. */
function mutated(values: Arbitrary<Record<string, unknown>>, write: (values: object) => Buffer): Arbitrary<Buffer> {
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 });
  return fc.tuple(values, changes, fc.nat()).map(([given, list, cut]) => {
    const bytes = Buffer.from(write(given));
    for (const [place, value] of list) if (bytes.length > 0) bytes[place % bytes.length] = value;
    return bytes.subarray(0, bytes.length - (cut % 8));
  });
}

const POISON = Buffer.from("08000100deadbeef".repeat(4), "hex");

describe("every table of netfilter", () => {
  test.for(named)(
    "%s gives back its values, and what else it decodes encodes again, or is refused in words",
    ([, table]) => {
      fc.assert(
        fc.property(valuesOfTable(table), (values) => {
          expect(comparable(decode(table, encode(table, values)))).toEqual(comparable(values));
        }),
        { numRuns: 40 },
      );
      fc.assert(
        fc.property(attributes(3), (buffer) => {
          const values = decode(table, buffer)!;
          try {
            expect(comparable(decode(table, encode(table, values)))).toEqual(comparable(values));
          } catch (error) {
            if (!(error instanceof InputError)) throw error;
          }
        }),
        { numRuns: 100 },
      );
    },
  );

  test.for(named)(
    "%s reads nothing outside of what it is given, whatever that is, and locates it the same",
    ([, table]) => {
      const hostile = fc.oneof(
        attributes(3),
        mutated(valuesOfTable(table), (values) => encode(table, values)),
        fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      );
      fc.assert(
        fc.property(hostile, fc.nat(300), (buffer, target) => {
          const large = Buffer.concat([POISON, buffer, POISON]);
          const [start, end] = [POISON.length, POISON.length + buffer.length];
          const inside = table.decode(bytesOf(large), start, end);
          const alone = Buffer.from(buffer);
          expect(comparable(inside)).toEqual(comparable(table.decode(bytesOf(alone), 0, alone.length)));
          const path = table.locate(bytesOf(large), start, end, start + target);
          expect(path).toBe(table.locate(bytesOf(alone), 0, alone.length, target));
        }),
        { numRuns: 100 },
      );
    },
  );

  test("keeps expressions that nobody knows here as they came", () => {
    const rule = { expressions: [{ other: "xfrm", data: Uint8Array.of(8, 0, 1, 0, 0, 0, 0, 1) }] };
    expect(comparable(decode(ruleAttributes, encode(ruleAttributes, rule)))).toEqual(comparable(rule));
    fc.assert(
      fc.property(unknownAttributes(ruleAttributes), (unknown) => {
        const kept = decode(ruleAttributes, encode(ruleAttributes, { unknown }));
        expect(comparable(kept)).toEqual(comparable({ unknown }));
      }),
    );
  });
});

describe("what is read in attributes", () => {
  test("is read of any that were decoded, or is undefined", () => {
    fc.assert(
      fc.property(attributes(4), fc.array(attributes(3), { maxLength: 4 }), (buffer, others) => {
        const set = decode(setAttributes, buffer)!;
        const elements = others.map((other) => decode(elementAttributes, other)!);
        expect(elementsOf(set, elements).length).toBeLessThanOrEqual(elements.length);
        connectionOf(decode(connectionAttributes, buffer)!);
        baseChainOf({ family: "inet", ...decode(chainAttributes, buffer) });
        expect(
          readTrace(anyMessage(0, NFT_MSG_TRACE.type, Buffer.concat([Buffer.alloc(4), buffer]))).length,
        ).toBeLessThan(2);
      }),
      { numRuns: 500 },
    );
  });

  test("of userdata is what was written, and nothing of other bytes", () => {
    const entries = fc.uniqueArray(fc.tuple(fc.nat(255), fc.uint8Array({ maxLength: 40 })), {
      selector: ([type]) => type,
    });
    fc.assert(
      fc.property(entries, (list) => {
        const written = writeUserdata(new Map(list));
        expect([...(written === undefined ? [] : readUserdata(written)!)]).toEqual(list);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        commentIn(bytes);
      }),
    );
    expect(readUserdata(Uint8Array.of(0, 5, 1))).toBeUndefined();
  });
});

describe("types of values", () => {
  test.for(Object.entries(dataTypes as Readonly<Record<string, DataType>>).filter(([name]) => name !== "ifname"))(
    "%s: bytes and values are the same, either way",
    ([, type]) => {
      fc.assert(
        fc.property(valuesOf(type.codec), (value) => {
          const bytes = toBytes(type, value);
          expect(bytes).toHaveLength(type.codec.size!);
          expect(fromBytes(type, bytes)).toEqual(value);
        }),
      );
    },
  );

  test("ifname: a name fills its 16 bytes with zeros", () => {
    expect(Buffer.from(toBytes(dataTypes.ifname, "br0")).toString("hex")).toBe("62723000".padEnd(32, "0"));
    expect(fromBytes(dataTypes.ifname, toBytes(dataTypes.ifname, "br0"))).toBe("br0");
    for (const name of ["", "sixteen-bytes-xx", "a\0b", 5])
      expect(() => toBytes(dataTypes.ifname, name)).toThrow(InputError);
  });

  test("networks and ranges are spelled as they were given", () => {
    for (const text of ["10.0.0.0/24", "10.0.0.1-10.0.0.9", "10.0.0.1", "0.0.0.0/0"])
      expect(spanText(dataTypes.ipv4Addr, spanOf(dataTypes.ipv4Addr, text))).toBe(text);
    for (const text of ["fd00::/64", "::/0", "fe80::1-fe80::9"])
      expect(spanText(dataTypes.ipv6Addr, spanOf(dataTypes.ipv6Addr, text))).toBe(text);
    expect(spanText(dataTypes.inetService, spanOf(dataTypes.inetService, "80-90"))).toBe("80-90");
  });

  test("a network with bits behind its length, and a range that ends before it starts, are refused in words", () => {
    expect(() => spanOf(dataTypes.ipv4Addr, "10.0.0.1/24")).toThrow("10.0.0.0/24?");
    expect(() => spanOf(dataTypes.ipv4Addr, "10.0.0.0/33")).toThrow("is not a network");
    expect(() => spanOf(dataTypes.ipv4Addr, "10.0.0.0/8/8")).toThrow("is not a network");
    expect(() => spanOf(dataTypes.inetService, "90-80")).toThrow("ends before it starts");
    expect(() => spanOf(dataTypes.inetService, "90-99999")).toThrow(InputError);
  });
});
