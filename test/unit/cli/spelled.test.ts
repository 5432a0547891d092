import { expect, test } from "vitest";
import { InputError } from "../../../src/base/errors.js";
import { addressText, kindText, linkTable } from "../../../src/cli/printing/link-table.js";
import { PLAIN } from "../../../src/cli/io.js";
import { spelledMessage } from "../../../src/cli/printing/spelling.js";
import { formatAge } from "../../../src/cli/printing/value-text.js";
import { NetlinkError } from "../../../src/kernel/error.js";
import type { Link } from "../../../src/rtnetlink/link/link.js";

test("an error on the command line has its words, not the library's", () => {
  const refusal = { errno: 34, syscall: "RTM_NEWLINK", subject: "br0", kernelMessage: "Invalid VLAN id" };
  const attribute = "linkInfo.data.vlanDefaultPvid";
  const hint = "a port that joins gets the bridge's vlanDefaultPvid";
  expect(spelledMessage(new NetlinkError({ ...refusal, attribute, hint }))).toBe(
    "br0: the kernel refused vlan-default-pvid of RTM_NEWLINK: Invalid VLAN id (ERANGE); " +
      "a port that joins gets the bridge's vlan-default-pvid",
  );
  expect(
    spelledMessage(new NetlinkError({ errno: 101, syscall: "RTM_NEWROUTE", subject: "10.9.0.0/16 gateway=10.0.0.2" })),
  ).toContain("10.9.0.0/16 via=10.0.0.2: ");
  expect(spelledMessage(new InputError('"x" is no mode', "linkInfo.data.mode"))).toBe('mode: "x" is no mode');
  expect(spelledMessage(new InputError("it is a port of brLan", "link"))).toBe("link: it is a port of brLan");
});

test.each([
  [250, "0.25s"],
  [1234, "1.23s"],
  [320_000, "5m20s"],
  [3_600_000, "1h"],
  [11_100_000, "3h5m"],
  [187_200_000, "2d4h"],
])("%i ms are read as %s", (milliseconds, text) => {
  expect(formatAge(milliseconds)).toBe(text);
});

test("a GRE's addresses are those of IP, and a TAP is called so", () => {
  const link = (type: string, address: string): Link => ({ type, address }) as unknown as Link;
  expect(addressText(link("ipgre", "0a:00:00:01"))).toBe("10.0.0.1");
  expect(addressText(link("ip6gre", "fd:00:00:00:00:00:00:00:00:00:00:00:00:00:00:01"))).toBe("fd00::1");
  expect(addressText(link("ether", "52:54:00:12:34:56"))).toBe("52:54:00:12:34:56");
  expect(kindText({ linkInfo: { kind: "tun", data: { type: "tap" } } } as unknown as Link)).toBe("tap");
});

test("a list of links stays within 80 columns: without MACs, where they do not fit", () => {
  const link = {
    index: 7,
    name: "a-name-of-15-by",
    up: true,
    address: "52:54:00:12:34:56",
    master: 8,
  } as unknown as Link;
  const list = (address: string): string =>
    linkTable([link], new Map([[8, "br-of-15-bytes-"]]), [{ index: 7, address }], PLAIN);
  expect(list("10.0.0.1/24")).toContain("52:54:00:12:34:56");
  const long = list("fd00:1111:2222:3333:4444:5555/64");
  expect(long).not.toContain("52:54:00");
  expect(long).toContain("br-of-15-bytes-");
  for (const line of long.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
});
