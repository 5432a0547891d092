import { expect, test } from "vitest";
import { InputError } from "../../../src/base/errors.js";
import { addressText, linkTable, withAddressText } from "../../../src/cli/printing/link-table.js";
import { named } from "../../../src/cli/printing/link-names.js";
import { describeLink } from "../../../src/cli/printing/link-text.js";
import { typeText } from "../../../src/cli/printing/link-type.js";
import { kindText } from "../../../src/wiring/link-text.js";
import { PLAIN } from "../../../src/cli/io.js";
import { spelledMessage } from "../../../src/cli/printing/spelling.js";
import { formatAge } from "../../../src/netlink/codecs/duration.js";
import { refuse } from "../../../src/host/hints/own-refusals.js";
import { DeclarationError } from "../../../src/topology/declaration/declaration-error.js";
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
  const own = refuse(
    "EINVAL",
    "br0",
    "it does not filter by VLAN",
    "set vlanFiltering, or ask for it with withoutFiltering",
  );
  expect(spelledMessage(own)).toBe(
    "br0: it does not filter by VLAN (EINVAL); set vlan-filtering, or ask for it with without-filtering",
  );
  expect(spelledMessage(new InputError('"x" is no mode', "linkInfo.data.mode"))).toBe('mode: "x" is no mode');
  expect(spelledMessage(new InputError("it is a port of brLan", "link"))).toBe("link: it is a port of brLan");
  const inFile = new DeclarationError(
    "host.yaml",
    { line: 4, column: 5 },
    "600 needs its unit",
    "links.br0.ageingTime",
  );
  expect(spelledMessage(inFile)).toBe("host.yaml:4:5: links.br0.ageingTime: 600 needs its unit");
  const inPolicy = new InputError("rules.0.port.fastLeave: 7 is neither", "/etc/linkwright/qemu.json");
  expect(spelledMessage(inPolicy)).toBe("/etc/linkwright/qemu.json: rules.0.port.fastLeave: 7 is neither");
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
  const [ether, gre, gre6] = [1, 778, 823];
  expect(addressText({ type: gre, address: "0a:00:00:01" })).toBe("10.0.0.1");
  expect(addressText({ type: gre6, address: "fd:00:00:00:00:00:00:00:00:00:00:00:00:00:00:01" })).toBe("fd00::1");
  expect(addressText({ type: ether, address: "52:54:00:12:34:56" })).toBe("52:54:00:12:34:56");
  expect(withAddressText({ type: gre, address: "0a:00:00:01", broadcast: "0a:00:00:09" })).toEqual({
    type: gre,
    address: "10.0.0.1",
    broadcast: "10.0.0.9",
  });
  const other = { type: ether, address: "52:54:00:12:34:56", broadcast: "ff:ff:ff:ff:ff:ff" };
  expect(withAddressText(other)).toBe(other);
  expect([typeText(ether), typeText(gre), typeText(4711)]).toEqual(["ether", "gre", "4711"]);
  expect(kindText({ linkInfo: { kind: "tun", data: { type: "tap" } } } as unknown as Link)).toBe("tap");
});

test("of a link, times that run, flags, ports' ids and types are what people read; what can be set is as it is typed", () => {
  const link = {
    ...{ index: 2, name: "br0", type: 1, flags: ["up", "lowerUp"], up: true, kind: "bridge" },
    afSpec: { inet6: { flags: ["raRcvd", "ready"] } },
    linkInfo: {
      kind: "bridge",
      data: { mcastStartupQueryIntvl: 31_240, gcTimer: 599_160, ageingTime: 600_000 },
      slaveKind: "bridge",
      slaveData: { id: 0x8001, designatedPort: 0x8002, forwardDelayTimer: 1230 },
    },
  } as unknown as Link;
  const text = describeLink(link, new Map(), PLAIN);
  for (const [word, value] of [
    ["type", "ether"],
    ["flags", "up,lower-up"],
    ["af-spec.inet6.flags", "ra-rcvd,ready"],
    ["mcast-startup-query-intvl", "31.24s"],
    ["gc-timer", "9m59s"],
    ["ageing-time", "600s"],
    ["id", "8001"],
    ["designated-port", "8002"],
    ["forward-delay-timer", "1.23s"],
  ] as const)
    expect(text).toMatch(new RegExp(`^  ${word.replaceAll(".", "[.]")} +${value}$`, "m"));
});

test("names stand beside the indexes of links, and beside no other number that counts something", () => {
  const names = new Map([
    [1, "lo"],
    [2, "br0"],
  ]);
  expect(named({ index: 2, address: "10.0.0.1/24" }, names)).toMatchObject({ linkName: "br0" });
  expect(named([{ link: 1, nexthops: [{ link: 2 }] }], names)).toEqual([
    { link: 1, linkName: "lo", nexthops: [{ link: 2, linkName: "br0" }] },
  ]);
  expect(named({ mcastQuerierState: { ipPort: 2 } }, names)).toMatchObject({
    mcastQuerierState: { ipPortName: "br0" },
  });
  const counted = [
    { name: "br0", index: 2 },
    { index: 1, address: "52:54:00:12:34:56", trust: undefined },
    { index: 1, device: "0000:01:10.0", links: [] },
    { id: 9, index: 1, nhId: 2, idleTime: 0 },
    { actions: [{ kind: "gact", options: { index: 1, bindcnt: 1 } }] },
    { link: 2, linkNetnsid: 0 },
  ];
  expect(named(counted, names)).toEqual(counted);
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
