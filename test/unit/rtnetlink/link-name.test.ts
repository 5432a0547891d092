import fc from "fast-check";
import { expect, test } from "vitest";
import { bytesOf, Writer } from "../../../src/netlink/codecs/bytes.js";
import { nameBytes } from "../../../src/base/name-bytes.js";
import { dataType } from "../../../src/netfilter/values/types.js";
import { nameText } from "../../../src/netlink/codecs/link-name.js";

const name = nameText(15);

function read(bytes: Buffer): string | undefined {
  return name.read(bytesOf(bytes), 0, bytes.length, {});
}

function written(value: string): string {
  const writer = new Writer();
  name.write(writer, value, {});
  return writer.take().toString("latin1");
}

test.each([
  ["tap0", "tap0"],
  ["tap\xff", "tap%ff"],
  ["\xfe\x80a", "%fe%80a"],
  ["\xc3\xbc\xc3", "ü%c3"],
  ["100%", "100%"],
  ["a%ff", "a%25ff"],
  ["a%25\xff", "a%2525%ff"],
])("the bytes of a name (%j) are spelled %s, and back", (bytes, spelled) => {
  const buffer = Buffer.from(bytes, "latin1");
  expect(read(Buffer.concat([buffer, Buffer.alloc(1)]))).toBe(spelled);
  expect(read(buffer)).toBe(spelled);
  expect(written(spelled)).toBe(`${bytes}\0`);
  expect(nameBytes(spelled)).toEqual(buffer);
});

test("any bytes are the same after they were spelled, and no two names are spelled alike", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 15, min: 1 }), (bytes: Uint8Array) => {
      const buffer = Buffer.from(bytes.map((byte) => byte || 0x25));
      expect(nameBytes(read(buffer)!)).toEqual(buffer);
    }),
  );
});

test("a firewall's rules have a link's name in the same spelling", () => {
  const { codec } = dataType("ifname");
  const writer = new Writer();
  codec.write(writer, "tap%ff", {});
  const bytes = writer.take();
  expect(bytes.toString("latin1")).toBe("tap\xff".padEnd(16, "\0"));
  expect(codec.read(bytesOf(bytes), 0, 16, {})).toBe("tap%ff");
});

test("a name that is spelled so has as many bytes as it stands for", () => {
  expect(written("%ff".repeat(15))).toBe("\xff".repeat(15) + "\0");
  expect(() => written("%ff".repeat(16))).toThrow("16 bytes; at most 15 fit");
  expect(() => written("a%00")).toThrow("NUL");
});
