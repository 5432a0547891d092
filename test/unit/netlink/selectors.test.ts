import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AttributeTable } from "../../../src/netlink/codecs/attributes.js";
import { Writer } from "../../../src/netlink/codecs/bytes.js";
import { bridgeLink } from "../../../src/rtnetlink/bridge/bridge-link.js";
import { linkInfo } from "../../../src/rtnetlink/link/link.js";
import { pathAttributes } from "../../../src/rtnetlink/route/path-attributes.js";
import { routeAttributes } from "../../../src/rtnetlink/route/route.js";
import { tables } from "../../../src/rtnetlink/tables.js";
import { classAttributes, filterAttributes, qdiscAttributes } from "../../../src/rtnetlink/traffic/traffic-control.js";
import { valuesOfTable } from "./arbitraries.js";
import { comparable } from "./comparable.js";
import { decode, encode } from "./fake-kernel.js";
import { rawAttributes } from "../rtnetlink/vectors.js";

/** The same attributes, the last one first. */
function reversed(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = (bytes.readUInt16LE(at) + 3) & ~3;
    parts.unshift(bytes.subarray(at, at + size));
    at += size;
  }
  return Buffer.concat(parts);
}

const KINDS_OF: Record<string, readonly string[]> = {
  IFLA_INFO: ["bridge", "vlan", "nonesuch"],
  RTA: ["mpls", "ip", "none"],
  NHA: ["mpls", "ip", "none"],
  TCA: ["fq_codel", "htb", "flower", "matchall", "nonesuch"],
  TCA_ACT: ["gact", "mirred", "nonesuch"],
};

describe("what an attribute beside it says how to read", () => {
  const selecting = [...tables, qdiscAttributes, classAttributes, filterAttributes, pathAttributes, bridgeLink]
    .map((table) => table as unknown as AttributeTable)
    .flatMap((table) =>
      Object.values(table.entries)
        .filter(([, { selector }]) => selector !== undefined)
        .map(([number, codec]): [string, AttributeTable, number, string] => [
          `${table.space} ${number}`,
          table,
          number,
          codec.selector!,
        ]),
    );

  test("is in these places", () => {
    expect(new Set(selecting.map(([name]) => name))).toEqual(
      new Set(["IFLA_INFO 2", "IFLA_INFO 5", "RTA 22", "NHA 8", "TCA 2", "TCA 4", "TCA_ACT 2"]),
    );
    const named = Object.values(tables).flatMap(({ entries }) => Object.values(entries));
    for (const [, { type, selector }] of named) expect(/^nest by /.test(type)).toBe(selector !== undefined);
  });

  test.for(selecting)("%s is read alike before and behind it", ([, table, number, selector]) => {
    const [selects, codec] = table.entries[selector]!;
    const words = KINDS_OF[table.space]!;
    for (const word of words) {
      const kind = new Writer();
      codec.write(kind, word, {});
      const say = [selects, kind.take()] as const;
      const options = [number, Buffer.alloc(0)] as const;
      const before = decode(table, rawAttributes(say, options));
      expect(comparable(decode(table, rawAttributes(options, say)))).toEqual(comparable(before));
      expect((before as Record<string, unknown>)[selector]).toBe(word);
    }
  });

  test.for([
    ["links", linkInfo as unknown as AttributeTable],
    ["routes", routeAttributes as unknown as AttributeTable],
  ] as const)("of %s is read with all others in any order", ([, table]) => {
    const known = valuesOfTable(table).filter(({ unknown }) => unknown === undefined);
    fc.assert(
      fc.property(known, (values) => {
        const turned = reversed(encode(table, values));
        expect(comparable(decode(table, turned))).toEqual(comparable(values));
      }),
    );
  });
});
