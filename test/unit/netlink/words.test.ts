import { describe, expect, test } from "vitest";
import { u32, u8 } from "../../../src/netlink/codecs/numbers.js";
import { bits, giving, kebab, words } from "../../../src/netlink/codecs/words.js";
import { read, refusal, written } from "./codecs.js";

describe("enumerations", () => {
  const state = words(u8, { off: 0, kernel: 1, stablePrivacy: 7, "802.1Q": 9 });

  test("are words, spelled as in programs or as on a command line", () => {
    expect(state.words).toBe("off|kernel|stable-privacy|802.1Q");
    for (const [word, value] of [
      ["off", "off"],
      ["stablePrivacy", "stablePrivacy"],
      ["stable-privacy", "stablePrivacy"],
      ["STABLE-PRIVACY", "stablePrivacy"],
      ["802.1Q", "802.1Q"],
      ["802.1q", "802.1Q"],
    ] as const)
      expect(state.parse(word)).toBe(value);
  });

  test("a number without a word is taken, and kept; but not from who types it", () => {
    expect(refusal(() => state.parse("5"))).toBe('"5" is none of off|kernel|stable-privacy|802.1Q');
    expect(state.parse("1")).toBe("kernel");
    expect(read(state, written(state, 5))).toBe(5);
    expect(read(state, written(state, 7))).toBe("stablePrivacy");
  });

  test("another word is refused, and so is a number that does not fit", () => {
    expect(refusal(() => written(state, "on" as never))).toBe('"on" is none of off, kernel, stablePrivacy, 802.1Q');
    expect(refusal(() => state.parse("on"))).toBe('"on" is none of off|kernel|stable-privacy|802.1Q');
    expect(refusal(() => written(state, 256))).toContain("256 is not an integer from 0 to 255");
    expect(refusal(() => state.parse("256"))).toContain('"256" is none of off|');
    for (const word of ["constructor", "__proto__", "toString"])
      expect(refusal(() => written(state, word as never))).toContain("is none of");
  });
});

describe("sets of bits", () => {
  const flags = bits(u32, { up: 0x1, lowerUp: 0x10000, last: 0x80000000 });

  test("are lists of words, lowest bit first; a bit without a word keeps its number", () => {
    expect(read(flags, written(flags, ["last", "up", "lowerUp", "bit3"]))).toEqual(["up", "bit3", "lowerUp", "last"]);
    expect(written(flags, ["last", "bit31"]).readUInt32LE()).toBe(0x80000000);
    expect(read(flags, written(flags, []))).toEqual([]);
  });

  test("are spoken with commas", () => {
    expect(flags.parse("up,lower-up,bit3")).toEqual(["up", "lowerUp", "bit3"]);
    expect(flags.parse("lowerUp")).toEqual(["lowerUp"]);
    expect(flags.parse("")).toEqual([]);
  });

  test("another word is refused, and so is a bit that does not fit", () => {
    for (const word of ["down", "bit32", "bit-1", "bit", "toString", "up,,last"])
      expect(refusal(() => flags.parse(word))).toContain("is none of up, lowerUp, last");
    expect(refusal(() => written(flags, ["down" as never]))).toBe('"down" is none of up, lowerUp, last');
    expect(refusal(() => written(bits(u8, {}), ["bit8"]))).toContain("256 is not an integer from 0 to 255");
  });

  test("where some are only reported, another word is refused with those that can be given", () => {
    const given = giving(flags, ["lowerUp"]);
    expect(given.parse("up")).toEqual(["up"]);
    expect(given.words).toBe("lower-up,…");
    expect(refusal(() => given.parse("down"))).toBe('"down" is none of lower-up');
  });

  test("what is read cannot be changed under others' feet", () => {
    const list = read(flags, written(flags, ["up"])) as string[];
    expect(() => list.push("down")).toThrow(TypeError);
    expect(read(flags, written(flags, ["up"]))).toEqual(["up"]);
  });
});

test("a word's spelling on the command line comes from its name in programs", () => {
  expect(["stpState", "gsoIpv4MaxSize", "fdbLocalVlan0", "mtu", "802.1Q", "nfCallIp6tables"].map(kebab)).toEqual([
    "stp-state",
    "gso-ipv4-max-size",
    "fdb-local-vlan0",
    "mtu",
    "802.1Q",
    "nf-call-ip6tables",
  ]);
});
