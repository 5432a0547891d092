import { describe, expect, test } from "vitest";
import { routeOf } from "../../../src/rtnetlink/route/route-message.js";
import { received } from "./vectors.js";

const [NEWROUTE, NEWADDR, NEWLINK, NEWACTION, NEWTFILTER, NEWQDISC, NEWNEXTHOP] = [24, 20, 16, 48, 44, 36, 104];
const hex = (text: string): string => Buffer.from(text).toString("hex");

describe("lists of actions", () => {
  const kind = `0900 0100 ${hex("gact\0")} 000000`;
  const options = (index: string): string => `1c00 0280 1800 0200 ${index}000000 00000000 02000000 01000000 00000000`;
  const drop = (index: number): object => ({ kind: "gact", options: { index, action: "drop", refcnt: 1, bindcnt: 0 } });

  test("a dump of actions numbers them from 0", () => {
    const { attributes } = received(
      NEWACTION,
      "00 00 0000", // tcamsg
      "5c00 0180", // TCA_ACT_TAB: two of 44 bytes
      `2c00 0080 ${kind} ${options("05")}`,
      `2c00 0180 ${kind} ${options("06")}`,
      "0800 0300 02000000", // TCA_ROOT_COUNT
    );
    expect(attributes).toMatchObject({ tab: [drop(5), drop(6)], count: 2 });
    expect(attributes).not.toHaveProperty("unknown");
  });

  test("filters number them from 1, and may leave numbers out", () => {
    const { attributes } = received(
      NEWTFILTER,
      "00 000000 02000000 01000000 f2ffffff 0003 00c0", // tcmsg
      `0d00 0100 ${hex("matchall\0")} 000000`,
      "6000 0280", // TCA_OPTIONS
      "5c00 0280", // TCA_MATCHALL_ACT
      `2c00 0180 ${kind} ${options("01")}`,
      `2c00 0380 ${kind} ${options("02")}`,
    );
    expect(attributes).toMatchObject({ options: { actions: [drop(1), drop(2)] } });
  });

  test("a bond's targets are numbered from 0, those that are not set left out", () => {
    const { attributes } = received(
      NEWLINK,
      "00 00 0100 02000000 00000000 00000000", // ifinfomsg
      "2800 1280", // IFLA_LINKINFO
      `0900 0100 ${hex("bond\0")} 000000`,
      "1800 0280", // IFLA_INFO_DATA
      "1400 0880 0800 0000 0a000001 0800 0300 0a000002", // IFLA_BOND_ARP_IP_TARGET
    );
    expect(attributes).toMatchObject({ linkInfo: { data: { arpIpTarget: ["10.0.0.1", "10.0.0.2"] } } });
  });
});

describe("flags that depend on others", () => {
  const rtmsg = (flags: string): string => `02 20 00 00 fe 00 00 05 ${flags}`;

  test.for([
    ["00020020", ["cloned", "multicast"]],
    ["00020090", ["cloned", "broadcast", "local"]],
    ["00020184", ["cloned", "rtNotify", "directsrc", "local"]],
    ["00020001", ["cloned", "doredirect"]],
    ["00030140", ["notify", "cloned", "rtNotify", "reject"]],
    ["00000020", ["rtOffloadFailed"]],
    ["00400020", ["rtOffload", "rtOffloadFailed"]],
    ["10000080", ["linkdown", "bit31"]],
  ] as const)("a route's %s are %j", ([flags, words]) => {
    expect(received(NEWROUTE, rtmsg(flags)).header).toMatchObject({ flags: words });
  });

  test("a look-up of a multicast address says that it is one", () => {
    const message = received(NEWROUTE, rtmsg("00020020"), "0800 0100 e0000005", "0800 0400 02000000");
    const route = routeOf({ name: "RTM_NEWROUTE", flags: 0, ...message } as never);
    expect(route).toMatchObject({ destination: "224.0.0.5/32", flags: ["cloned", "multicast"] });
  });

  test.for([
    ["02", "secondary"],
    ["0a", "temporary"],
  ] as const)("the first flag of an address of family %s is %s, in the header and beside it", ([family, word]) => {
    const { header, attributes } = received(NEWADDR, `${family} 40 81 00 02000000`, "0800 0800 81010000");
    expect(header).toMatchObject({ flags: [word, "permanent"] });
    expect(attributes).toEqual({ flags: [word, "permanent", "managetempaddr"] });
  });
});

describe("attributes whose meaning is said behind them", () => {
  const mpls = "0800 0100 00064100"; // MPLS_IPTUNNEL_DST: label 100, the last
  const wrapped = { encapType: "mpls", encap: { dst: [100] } };

  test("RTA_ENCAP before RTA_ENCAP_TYPE, in a route and in each of its ways", () => {
    const { attributes } = received(
      NEWROUTE,
      "02 00 00 00 fe 04 00 01 00000000",
      `0c00 1680 ${mpls} 0600 1500 0100 0000`,
      "2000 0900", // RTA_MULTIPATH
      `1c00 00 00 02000000 0c00 1680 ${mpls} 0600 1500 0100 0000`,
    );
    expect(attributes).toMatchObject({ ...wrapped, multipath: [{ index: 2, ...wrapped }] });
    const route = routeOf({ name: "RTM_NEWROUTE", flags: 0, header: { family: 2 }, attributes } as never);
    expect(route).toMatchObject({ encapsulation: { type: "mpls", dst: [100] } });
  });

  test("NHA_ENCAP before NHA_ENCAP_TYPE", () => {
    const nexthop = received(NEWNEXTHOP, "02 00 04 00 00000000", `0c00 0880 ${mpls} 0600 0700 0100 0000`);
    expect(nexthop.attributes).toMatchObject(wrapped);
  });

  test("an encapsulation that has not the form of its type is bytes", () => {
    const { attributes } = received(
      NEWROUTE,
      "02 00 00 00 fe 04 00 01 00000000",
      "0700 1680 0300 01 00 0600 1500 0100 0000",
    );
    const route = routeOf({ name: "RTM_NEWROUTE", flags: 0, header: { family: 2 }, attributes } as never);
    expect(route?.encapsulation).toEqual({ type: "mpls", raw: Buffer.from("030001", "hex") });
  });

  test("IFLA_INFO_DATA before IFLA_INFO_KIND, IFLA_INFO_SLAVE_DATA before IFLA_INFO_SLAVE_KIND", () => {
    const { attributes } = received(
      NEWLINK,
      "00 00 0100 02000000 00000000 00000000",
      "3400 1280", // IFLA_LINKINFO
      "0c00 0280 0600 0100 0500 0000", // IFLA_VLAN_ID
      `0900 0100 ${hex("vlan\0")} 000000`,
      "0c00 0580 0500 0100 03 000000", // IFLA_BRPORT_STATE
      `0b00 0400 ${hex("bridge\0")} 00`,
    );
    expect(attributes).toMatchObject({
      linkInfo: { kind: "vlan", data: { id: 5 }, slaveKind: "bridge", slaveData: { state: "forwarding" } },
    });
  });

  test("TCA_OPTIONS before TCA_KIND, of a qdisc, a filter and an action", () => {
    const fifo = received(
      NEWQDISC,
      "00 000000 02000000 00000100 ffffffff 01000000",
      "0800 0200 07000000",
      `0a00 0100 ${hex("pfifo\0")} 0000`,
    );
    expect(fifo.attributes).toMatchObject({ kind: "pfifo", options: { limit: 7 } });
    const matchall = received(
      NEWTFILTER,
      "00 000000 02000000 01000000 f2ffffff 0003 00c0",
      "3400 0280", // TCA_OPTIONS
      "3000 0280", // TCA_MATCHALL_ACT
      "2c00 0180", // the first
      "1c00 0280 1800 0200 01000000 00000000 02000000 01000000 00000000", // TCA_ACT_OPTIONS
      `0900 0100 ${hex("gact\0")} 000000`,
      `0d00 0100 ${hex("matchall\0")} 000000`,
    );
    expect(matchall.attributes).toMatchObject({
      kind: "matchall",
      options: { actions: [{ kind: "gact", options: { action: "drop", index: 1 } }] },
    });
  });
});
