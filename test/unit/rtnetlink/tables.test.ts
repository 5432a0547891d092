import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AttributeTable } from "../../../src/netlink/codecs/attributes.js";
import { bytesOf, Writer } from "../../../src/netlink/codecs/bytes.js";
import type { Codec } from "../../../src/netlink/codecs/codec.js";
import { readHeader, readMessage, writeMessage } from "../../../src/netlink/message.js";
import { kebab } from "../../../src/netlink/codecs/words.js";
import { addressAttributes } from "../../../src/rtnetlink/address/address.js";
import { AF_BRIDGE } from "../../../src/rtnetlink/protocol/families.js";
import { bridge } from "../../../src/rtnetlink/link/kinds/bridge.js";
import { linkKinds, portKinds } from "../../../src/rtnetlink/link/kinds/index.js";
import { extMask, linkFlags, plainLink } from "../../../src/rtnetlink/link/link-attributes.js";
import { bridgeLink } from "../../../src/rtnetlink/bridge/bridge-link.js";
import { RTM_NEWLINK } from "../../../src/rtnetlink/link/link.js";
import { messages } from "../../../src/rtnetlink/messages.js";
import { describeTables, tables } from "../../../src/rtnetlink/tables.js";
import { linkHeaders, valuesOf, valuesOfTable } from "../netlink/arbitraries.js";
import { comparable } from "../netlink/comparable.js";
import { every } from "../netlink/every.js";
import { decode, encode } from "../netlink/fake-kernel.js";

const all = [...tables, plainLink as unknown as AttributeTable, bridgeLink as unknown as AttributeTable];
const named = all.map((table, place): [string, AttributeTable] => [
  place < tables.length ? table.space : `${table.space} ${place === tables.length ? "without a kind" : "of AF_BRIDGE"}`,
  table,
]);

/** What the attributes of a table are encoded with, each by itself. */
const codecsOf = (table: AttributeTable): [string, Codec<unknown>][] =>
  Object.entries(table.entries)
    .filter(([, [, codec]]) => !codec.silent && !codec.type.startsWith("nest by"))
    .map(([property, [, codec]]) => [table.kernelName(property), (codec.several ?? codec) as Codec<unknown>]);

const FROM_ZERO = [
  ...["IFLA_BRIDGE", "IFLA_VF_STATS", "BOND_3AD_STAT"],
  ...["IFLA_STATS", "IFLA_OFFLOAD_XSTATS", "MPLS_STATS"],
];

describe("each table", () => {
  test.for(named)(
    "%s: what is encoded is decoded again, all of it, and each attribute with nothing behind it",
    ([, table]) => {
      fc.assert(
        fc.property(valuesOfTable(table), (values) => {
          expect(comparable(decode(table, encode(table, values)))).toEqual(comparable(values));
        }),
      );
      every(codecsOf(table), (codec) => {
        fc.assert(
          fc.property(valuesOf(codec), fc.uint8Array({ maxLength: 8 }), (value, behind) => {
            const writer = new Writer();
            codec.write(writer, value, {});
            const size = writer.length;
            writer.raw(behind);
            expect(comparable(codec.read(bytesOf(writer.take()), 0, size, {}))).toEqual(comparable(value));
            if (codec.size !== undefined) expect(size).toBe(codec.size);
          }),
          { numRuns: 40 },
        );
      });
    },
  );

  test.for(named)(
    "%s: numbers, names and words are each there once, and what is undefined is not sent",
    ([, table]) => {
      const nothing = Object.fromEntries(Object.keys(table.entries).map((property) => [property, undefined]));
      expect(encode(table, { ...nothing, unknown: undefined })).toHaveLength(0);
      const numbers = Object.values(table.entries).map(([number]) => number);
      const properties = Object.keys(table.entries);
      for (const list of [numbers, properties.map(table.kernelName), properties.map(kebab)])
        expect(list).toHaveLength(new Set<number | string>(list).size);
      // Few spaces have an attribute, or padding, in the place where the others have none.
      const least = FROM_ZERO.includes(table.space) ? 0 : 1;
      for (const number of numbers) expect(number >= least && number < 0x4000, String(number)).toBe(true);
    },
  );
});

test("a whole message is read as it was written, header and attributes", () => {
  fc.assert(
    fc.property(linkHeaders, valuesOfTable(tables[0]!), (header, attributes) => {
      fc.pre((header as { family: number }).family !== AF_BRIDGE);
      const writer = new Writer();
      writeMessage(writer, RTM_NEWLINK, 7, { header: header as never, attributes });
      const bytes = bytesOf(writer.take());
      const read = readMessage(bytes, 0, readHeader(bytes, 0)!, RTM_NEWLINK);
      expect(read?.header).toEqual(header);
      expect(comparable(read?.attributes)).toEqual(comparable(attributes));
    }),
  );
});

test.for([
  ["links", linkFlags, 19],
  ["addresses", addressAttributes.entries.flags[1], 12],
  ["what else to report", extMask, 8],
] as const)("the flags of %s: each of their bits has a word", ([, codec, count]) => {
  const all = Buffer.alloc(4);
  all.writeUInt32LE(2 ** count - 1);
  const words = codec.read(bytesOf(all), 0, 4, {}) as readonly string[];
  expect(words).toHaveLength(count);
  expect(words.filter((word) => word.startsWith("bit"))).toEqual([]);
});

test("the spanning tree is off, run by the kernel, or by a program: 0, 1, 2", () => {
  const sent = (["off", "kernel", "user"] as const).map((stpState) => encode(bridge, { stpState }).readUInt32LE(4));
  expect(sent).toEqual([0, 1, 2]);
});

describe("the printed tables", () => {
  const printed = describeTables();

  function attribute(name: string): unknown {
    return printed.flatMap(({ attributes }) => attributes).find((each) => each.name === name);
  }

  test("have every table that a message reaches", () => {
    const spaces = new Set(printed.map(({ space }) => space));
    const inner = Object.values({ ...linkKinds, ...portKinds }).filter(
      (table) => Object.keys(table.entries).length > 0,
    );
    const reached = [...Object.values(messages).map(({ attributes }) => attributes), ...inner] as unknown as {
      space: string;
      entries?: AttributeTable["entries"];
    }[];
    for (const table of reached) {
      expect(spaces).toContain(table.space);
      for (const [, codec] of Object.values(table.entries ?? {})) {
        const nested = codec.nested?.({}) as (typeof reached)[number] | undefined;
        if (nested !== undefined && nested.space !== "" && !reached.includes(nested)) reached.push(nested);
      }
    }
    expect(spaces.size).toBe(printed.length);
  });

  test("say of each attribute its kernel name, number, wire type and property", () => {
    expect(attribute("IFLA_BR_FORWARD_DELAY")).toMatchObject({ number: 1, type: "u32", property: "forwardDelay" });
    expect(attribute("IFLA_BR_MCAST_QUERY_INTVL")).toMatchObject({ number: 33, type: "u64" });
    expect(attribute("IFLA_ALT_IFNAME")).toMatchObject({ number: 53, type: "string", property: "altIfname" });
    expect(attribute("IFLA_IFNAME")).toMatchObject({ number: 3, type: "string", property: "name" });
    expect(attribute("IFLA_BR_ROOT_ID")).toMatchObject({ readOnly: true });
    expect(attribute("IFLA_LINKINFO")).toMatchObject({ nests: "IFLA_INFO" });
  });

  test("have all 50 attributes of a bridge and all 45 of its ports", () => {
    const numbers = (space: string): number[] =>
      printed.find((table) => table.space === space)!.attributes.map(({ number }) => number);
    expect(numbers("IFLA_BR")).toEqual(Array.from({ length: 50 }, (_, place) => place + 1));
    expect(numbers("IFLA_BRPORT")).toEqual(Array.from({ length: 45 }, (_, place) => place + 1));
  });

  test("are plain data with a description of everything", () => {
    expect(JSON.parse(JSON.stringify(printed))).toEqual(printed);
    for (const { attributes } of printed)
      for (const { name, description, type } of attributes) {
        expect(name).toMatch(/^[A-Z0-9_]+$/);
        expect(description.length, name).toBeGreaterThan(2);
        expect(type.length, name).toBeGreaterThan(1);
      }
  });
});
