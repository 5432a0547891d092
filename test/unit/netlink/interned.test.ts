import { expect, test } from "vitest";
import { bytesOf } from "../../../src/netlink/codecs/bytes.js";
import { text } from "../../../src/netlink/codecs/codec.js";
import { mac } from "../../../src/netlink/codecs/internet.js";

/** More than are kept in mind: each place is taken several times. */
const MANY = 20_000;

test("texts and MACs that were read before are those that are read now, whichever share a place", () => {
  for (const again of [0, 1])
    for (let number = 0; number < MANY; number++) {
      const name = `tap${number * (1 + again)}`;
      const named = Buffer.from(`${name}\0`);
      expect(text().read(bytesOf(named), 0, named.length, {})).toBe(name);
      const bytes = Buffer.alloc(6);
      bytes.writeUIntBE(number * 0x1000003, 0, 6);
      expect(mac.read(bytesOf(bytes), 0, 6, {})).toBe(bytes.toString("hex").replace(/..(?=.)/g, "$&:"));
    }
});

test("a MAC of zeros, and an empty text, are read at first", () => {
  expect(mac.read(bytesOf(Buffer.alloc(6)), 0, 6, {})).toBe("00:00:00:00:00:00");
  expect(text().read(bytesOf(Buffer.alloc(1)), 0, 1, {})).toBe("");
});
