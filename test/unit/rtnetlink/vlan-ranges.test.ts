import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compressVlans, expandVlans, formatVlans, parseVlans } from "../../../src/index.js";
import { type BridgeVlan, checkVlans } from "../../../src/rtnetlink/bridge/bridge-vlan-requests.js";
import { otherVlans } from "../../../src/rtnetlink/bridge/vlan-ranges.js";
import { refusal } from "../netlink/codecs.js";

const ids = fc.uniqueArray(fc.integer({ min: 1, max: 4094 }), { maxLength: 60 });
const close = fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { maxLength: 40 });
const vlans = fc
  .oneof(ids, close)
  .chain((list) =>
    fc.tuple(
      ...list.map((id) =>
        fc.record(
          { id: fc.constant(id), untagged: fc.constant(true), tunnel: fc.constantFrom(1000 + id, 5000) },
          { requiredKeys: ["id"] },
        ),
      ),
    ),
  );

test("VLANs as they are typed are ranges, and the other way round", () => {
  expect(parseVlans("10,20-30")).toEqual([{ id: 10 }, { id: 20, to: 30 }]);
  expect(parseVlans("1-4094")).toEqual([{ id: 1, to: 4094 }]);
  expect(parseVlans("7-7")).toEqual([{ id: 7 }]);
  expect(formatVlans([{ id: 10 }, { id: 20, to: 30 }])).toBe("10,20-30");
});

test.for([
  ["", '"" is no list of VLANs such as 10,20-30'],
  ["10,", '"10," is no list of VLANs such as 10,20-30'],
  ["10-", '"10-" is no list of VLANs such as 10,20-30'],
  ["ten", '"ten" is no list of VLANs such as 10,20-30'],
  ["0", "0 is not a VLAN from 1 to 4094"],
  ["4095", "4095 is not a VLAN from 1 to 4094"],
  ["30-20", "20 is below 30, where the range starts"],
] as const)("%j is refused as VLANs", ([text, words]) => {
  expect(refusal(() => parseVlans(text))).toBe(words);
});

test("neighbours that are alike become one range, and a range its VLANs, with nothing lost", () => {
  fc.assert(
    fc.property(vlans, (list) => {
      const sorted = [...list].sort((one, other) => one.id - other.id);
      const ranges = compressVlans(list as BridgeVlan[]);
      expect(expandVlans(ranges)).toEqual(sorted);
      expect(compressVlans(ranges)).toEqual(ranges);
      expect(parseVlans(formatVlans([{ id: 5 }, ...ranges])).slice(1)).toEqual(
        ranges.map(({ id, to }) => (to === undefined ? { id } : { id, to })),
      );
    }),
  );
});

test("a range's tunnels count up with its VLANs, and VLANs with a tunnel of their own stay apart", () => {
  expect(expandVlans([{ id: 10, to: 12, tunnel: 1010 }])).toEqual([
    { id: 10, tunnel: 1010 },
    { id: 11, tunnel: 1011 },
    { id: 12, tunnel: 1012 },
  ]);
  expect(
    compressVlans([{ id: 11, tunnel: 1011 }, { id: 10, tunnel: 1010 }, { id: 12, tunnel: 9 }, { id: 13 }]),
  ).toEqual([{ id: 10, to: 11, tunnel: 1010 }, { id: 12, tunnel: 9 }, { id: 13 }]);
});

test("a VLAN for what comes without a tag is never part of a range", () => {
  const single: BridgeVlan[] = [{ id: 1 }, { id: 2, pvid: true }, { id: 3 }, { id: 4, untagged: false }];
  expect(compressVlans(single)).toEqual([{ id: 1 }, { id: 2, pvid: true }, { id: 3, to: 4 }]);
});

test("the other VLANs are all those that are in no range", () => {
  expect(otherVlans([])).toEqual([{ id: 1, to: 4094 }]);
  expect(otherVlans([{ id: 1, to: 4094 }])).toEqual([]);
  expect(otherVlans([{ id: 30, to: 40 }, { id: 1 }, { id: 3 }])).toEqual([
    { id: 2 },
    { id: 4, to: 29 },
    { id: 41, to: 4094 },
  ]);
  fc.assert(
    fc.property(ids, (list) => {
      const both = [...list.map((id) => ({ id })), ...otherVlans(list.map((id) => ({ id })))];
      expect(expandVlans(both).length).toBe(4094);
      expect(compressVlans(both)).toEqual([{ id: 1, to: 4094 }]);
    }),
  );
});

describe("VLANs that cannot be meant are refused by name:", () => {
  test.for([
    [[{ id: 0 }], "vlans.0.id: 0 is not a VLAN from 1 to 4094"],
    [[{ id: 4095 }], "vlans.0.id: 4095 is not a VLAN from 1 to 4094"],
    [[{}], "vlans.0.id: undefined is not a VLAN from 1 to 4094"],
    [[{ id: 1 }, { id: 9, to: 4095 }], "vlans.1.to: 4095 is not a VLAN from 1 to 4094"],
    [[{ id: 9, to: 8 }], "vlans.0.to: 8 is below 9, where the range starts"],
    [[{ id: 9, to: 10, pvid: true }], "vlans.0.pvid: it is one VLAN, not a range"],
    [[{ id: 9, pvid: 1 }], "vlans.0.pvid: 1 is neither true nor false"],
    [
      [
        { id: 9, pvid: true },
        { id: 8, pvid: true },
      ],
      "vlans.1.pvid: VLAN 9 has it already",
    ],
    [[{ id: 9 }, { id: 5, to: 15 }], "vlans.1: VLAN 9 is given twice"],
    [[{ id: 9, untaged: true }], "vlans.0.untaged: no such property of a VLAN"],
    [[10], "vlans.0: an object is wanted, not 10"],
    ["10,20", 'vlans: a list is wanted, not "10,20"'],
  ] as const)("%j", ([list, words]) => {
    expect(
      refusal(() => {
        checkVlans(list as never);
      }),
    ).toBe(words);
  });
});
