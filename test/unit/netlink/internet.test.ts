import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hardwareAddress, internetAddress, ipv4, ipv6, mac } from "../../../src/netlink/codecs/internet.js";
import { read, refusal, written } from "./codecs.js";

describe("addresses", () => {
  test("IPv6 is spelled as RFC 5952 wants it, however it was given", () => {
    for (const [given, spelled] of [
      ["0:0:0:0:0:0:0:0", "::"],
      ["2001:DB8::1", "2001:db8::1"],
      ["1:0:0:2:0:0:0:3", "1:0:0:2::3"],
      ["1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"],
      ["::ffff:10.0.0.1", "::ffff:a00:1"],
      ["1::", "1::"],
    ] as const)
      expect(read(ipv6, written(ipv6, given))).toBe(spelled);
    fc.assert(
      fc.property(fc.ipV6(), (given) => {
        expect(read(ipv6, written(ipv6, given))).toBe(new URL(`http://[${given}]`).hostname.slice(1, -1));
      }),
    );
  });

  test("IPv4 is four bytes in the network's order", () => {
    expect(written(ipv4, "10.0.0.1")).toEqual(Buffer.from([10, 0, 0, 1]));
    fc.assert(
      fc.property(fc.ipV4(), (given) => {
        expect(read(ipv4, written(ipv4, given))).toBe(given);
      }),
    );
  });

  test("what is none is refused", () => {
    for (const value of [
      "",
      "10.0.0",
      "10.0.0.256",
      "10.0.0.1/24",
      "fe80::1%eth0",
      "::1::",
      "localhost",
      "1:2:3:4:5:6:7:8:9",
    ])
      for (const codec of [ipv4, ipv6, internetAddress]) {
        expect(refusal(() => written(codec, value))).toContain(JSON.stringify(value));
        expect(refusal(() => codec.parse(value))).toContain(JSON.stringify(value));
      }
    expect(refusal(() => written(ipv4, "::1"))).toBe('"::1" is not an IPv4 address');
    expect(refusal(() => written(ipv6, "10.0.0.1"))).toBe('"10.0.0.1" is not an IPv6 address');
    for (const size of [0, 3, 5, 15, 17]) expect(read(internetAddress, Buffer.alloc(size))).toBeUndefined();
  });

  test("a MAC has six bytes, a link-layer address any number", () => {
    expect(mac.parse("52:54:00:AB:CD:EF")).toBe("52:54:00:ab:cd:ef");
    expect(read(hardwareAddress, Buffer.alloc(20, 0xab))).toBe(Array(20).fill("ab").join(":"));
    expect(read(mac, Buffer.alloc(5))).toBeUndefined();
    expect(read(hardwareAddress, Buffer.alloc(0))).toBeUndefined();
    for (const value of ["", "52:54:00:12:34", "52-54-00-12-34-56", "52:54:00:12:34:5g", "5:54:00:12:34:56", 5])
      expect(refusal(() => written(mac, value as never))).toContain("is not a MAC such as 52:54:00:12:34:56");
  });
});
