import { describe, expect, test } from "vitest";
import { bytesOf, Writer } from "../../../src/netlink/codecs/bytes.js";
import type { AttributeTable } from "../../../src/netlink/codecs/attributes.js";
import { linkKinds } from "../../../src/rtnetlink/link/kinds/index.js";
import { bytes, received } from "./vectors.js";

const [NEWPREFIX, NEWNEIGHTBL, NEWNETCONF, NEWNSID, NEWSTATS, GETSTATS] = [52, 64, 80, 88, 92, 94];
const hex = (text: string): string => Buffer.from(text).toString("hex");

/** Numbers of 64 bits from one on, as a struct of counters holds them. */
function counters(first: number, count: number): string {
  return Array.from({ length: count }, (_, place) => {
    const number = Buffer.alloc(8);
    number.writeUInt32LE(first + place);
    return number.toString("hex");
  }).join(" ");
}

describe("counters of a link (RTM_NEWSTATS)", () => {
  const header = "00 000000 07000000 02000000"; // if_stats_msg: index 7, LINK_XSTATS

  test("of every link", () => {
    const message = received(NEWSTATS, "00 000000 07000000 01000000", `cc00 0100 ${counters(1, 25)}`);
    expect(message.header).toEqual({ family: 0, index: 7, filterMask: ["link64"] });
    expect(message.attributes).toMatchObject({
      link64: { rxPackets: 1, txPackets: 2, rxBytes: 3, collisions: 10, rxOtherhostDropped: 25 },
    });
  });

  test("of a bridge: its VLANs, multicast, and the spanning tree of a port", () => {
    const { attributes } = received(
      NEWSTATS,
      header,
      "9001 0200", // IFLA_STATS_LINK_XSTATS
      "8c01 0100", // LINK_XSTATS_TYPE_BRIDGE
      `2c00 0100 ${counters(1, 4)} 0100 0600 00000000`,
      `2c00 0100 ${counters(11, 4)} 0a00 0000 00000000`,
      "0400 0300", // BRIDGE_XSTATS_PAD
      `f400 0200 ${counters(21, 30)}`,
      "0400 0300",
      `3400 0400 ${counters(61, 6)}`,
    );
    expect(attributes).toEqual({
      linkXstats: {
        bridge: {
          vlan: [
            { rxBytes: 1, rxPackets: 2, txBytes: 3, txPackets: 4, vid: 1, flags: ["pvid", "untagged"] },
            { rxBytes: 11, rxPackets: 12, txBytes: 13, txPackets: 14, vid: 10, flags: [] },
          ],
          mcast: expect.objectContaining({
            igmpV1queries: { rx: 21, tx: 22 },
            igmpParseErrors: 35,
            mldV1queries: { rx: 36, tx: 37 },
            mldParseErrors: 46,
            mcastBytes: { rx: 47, tx: 48 },
            mcastPackets: { rx: 49, tx: 50 },
          }) as object,
          stp: { transitionBlk: 61, transitionFwd: 62, rxBpdu: 63, txBpdu: 64, rxTcn: 65, txTcn: 66 },
        },
      },
    });
  });

  test("of a bond's port, whose attributes are numbered from 0", () => {
    const { attributes } = received(
      NEWSTATS,
      "00 000000 07000000 04000000",
      "2400 0300 2000 0200 1c00 0100", // LINK_XSTATS_SLAVE, TYPE_BOND, BOND_XSTATS_3AD
      `0c00 0000 ${counters(5, 1)} 0c00 0100 ${counters(6, 1)}`,
    );
    expect(attributes).toEqual({ linkXstatsPort: { bond: { "3ad": { lacpduRx: 5, lacpduTx: 6 } } } });
  });

  test("of hardware, and of MPLS", () => {
    const { attributes } = received(
      NEWSTATS,
      "00 000000 07000000 18000000",
      "6800 0400", // IFLA_STATS_LINK_OFFLOAD_XSTATS
      "1800 0200 1400 0300 0500 0100 01 000000 0500 0200 00 000000", // HW_S_INFO of the third
      `4c00 0300 ${counters(1, 9)}`, // L3_STATS
      // IFLA_STATS_AF_SPEC, AF_MPLS, MPLS_STATS_LINK
      `5400 0500 5000 1c00 4c00 0100 ${counters(31, 9)}`,
    );
    expect(attributes).toMatchObject({
      linkOffloadXstats: {
        hwSInfo: { l3Stats: { request: true, used: false } },
        l3Stats: { rxPackets: 1, txDropped: 8, multicast: 9 },
      },
      afSpec: { mpls: { link: { rxPackets: 31, rxNoroute: 39 } } },
    });
  });

  test("are asked for, a group by its own filter", () => {
    const { header, attributes } = received(
      GETSTATS,
      "00 000000 07000000 08000000",
      "0c00 0180 0800 0400 04000000", // IFLA_STATS_GET_FILTERS: l3Stats
    );
    expect(header).toMatchObject({ filterMask: ["linkOffloadXstats"] });
    expect(attributes).toEqual({ getFilters: { linkOffloadXstats: ["l3Stats"] } });
  });
});

test("the id of a namespace", () => {
  expect(received(NEWNSID, "00 000000", "0800 0100 ffffffff", "0800 0500 03000000")).toEqual({
    header: { family: 0 },
    attributes: { nsid: -1, currentNsid: 3 },
  });
});

test("a table of neighbours, with what holds by default", () => {
  const { header, attributes } = received(
    NEWNEIGHTBL,
    "02 00 0000",
    `0e00 0100 ${hex("arp_cache\0")} 0000`,
    "0800 0200 80000000 0800 0300 00020000 0800 0400 00040000",
    `0c00 0800 3075000000000000`, // NDTA_GC_INTERVAL
    "2400 0500 0400 6801 03000000 e8030000 d0070000 01000000 0f000000 00000000 02000000",
    `5c00 0700 ${counters(1, 11)}`,
    "2c00 0600", // NDTA_PARMS
    "0800 0200 01000000", // NDTPA_REFCNT
    "0c00 0300 1027000000000000",
    "0400 1200", // NDTPA_PAD
    "0c00 1300 8813000000000000", // NDTPA_INTERVAL_PROBE_TIME_MS
    "0400 1200",
  );
  expect(header).toEqual({ family: 2 });
  expect(attributes).toEqual({
    name: "arp_cache",
    ...{ thresh1: 128, thresh2: 512, thresh3: 1024, gcInterval: 30_000 },
    config: {
      ...{ keyLen: 4, entrySize: 360, entries: 3, lastFlush: 1000, lastRand: 2000 },
      ...{ hashRnd: 1, hashMask: 15, hashChainGc: 0, proxyQlen: 2 },
    },
    stats: expect.objectContaining({ allocs: 1, rcvProbesUcast: 8, tableFulls: 11 }) as object,
    parms: { refcnt: 1, reachableTime: 10_000, intervalProbeTime: 5000 },
  });
});

test("a prefix that a router advertises", () => {
  const message = received(
    NEWPREFIX,
    "0a 00 0000 05000000 03 40 03 00", // prefixmsg
    "1400 0100 20010db8000000000000000000000000",
    "0c00 0200 100e0000 ffffffff",
  );
  expect(message).toEqual({
    header: { family: 10, index: 5, type: 3, length: 64, flags: ["onlink", "autoconf"] },
    attributes: { address: "2001:db8::", cacheinfo: { preferred: 3_600_000, valid: "forever" } },
  });
});

test("settings that are told of: of a link, of all, and by default", () => {
  const said = (owner: string): object =>
    received(NEWNETCONF, "02 000000", `0800 0100 ${owner}`, "0800 0200 01000000", "0800 0300 02000000").attributes;
  expect(said("05000000")).toEqual({ ifindex: 5, forwarding: 1, rpFilter: "loose" });
  expect(said("ffffffff")).toMatchObject({ ifindex: "all" });
  expect(said("feffffff")).toMatchObject({ ifindex: "default" });
});

describe("the options of a kind of link, which are read and written alike", () => {
  test.for([
    [
      "bareudp",
      "0600 0100 19eb 0000 0600 0200 8847 0000 0600 0300 00f0 0000 0400 0400",
      { port: 6635, ethertype: "mpls", srcportMin: 0xf000, multiprotoMode: true },
    ],
    [
      "macsec",
      "0c00 0100 5254001234560001 0500 0300 10 000000 0c00 0400 0400000100c28000" +
        "0500 0700 01 000000 0500 0d00 02 000000 0500 0f00 00 000000",
      {
        ...{ sci: "5254001234560001", icvLen: 16, cipherSuite: "gcmAesXpn256" },
        ...{ encrypt: true, validation: "strict", offload: "off" },
      },
    ],
    ["xfrm", "0800 0100 02000000 0800 0200 07000000 0400 0300", { link: 2, ifId: 7, collectMetadata: true }],
    [
      "vxcan",
      "2000 0180 00 00 0000 00000000 01000000 01000000 0900 0300 63616e3100 000000",
      { peer: { name: "can1", up: true } },
    ],
    [
      "gtp",
      "0800 0300 00040000 0800 0400 01000000 0500 0500 01 000000 0800 0700 0a000001",
      { pdpHashsize: 1024, role: "sgsn", createSockets: true, local: "10.0.0.1" },
    ],
    [
      "hsr",
      "0800 0100 02000000 0800 0200 03000000 0a00 0400 01154e000100 0000" +
        "0600 0500 0700 0000 0500 0600 01 000000 0500 0700 00 000000",
      { port1: 2, port2: 3, supervisionAddr: "01:15:4e:00:01:00", seqNr: 7, version: 1, protocol: "hsr" },
    ],
  ] as const)("%s", ([kind, text, values]) => {
    const table = linkKinds[kind] as unknown as AttributeTable;
    const options = bytes(text);
    expect(table.decode(bytesOf(options), 0, options.length)).toEqual(values);
    const writer = new Writer();
    table.encode(writer, values);
    expect(writer.take()).toEqual(options);
  });

  test("a macsec's cipher has a former number, too", () => {
    const options = bytes("0c00 0400 0100000100028000");
    expect(linkKinds.macsec.decode(bytesOf(options), 0, options.length)).toEqual({ cipherSuite: "gcmAes128" });
  });
});
