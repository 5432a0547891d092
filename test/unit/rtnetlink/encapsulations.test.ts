import { describe, expect, test } from "vitest";
import { encapsulationText } from "../../../src/cli/commands/ip/encapsulation-text.js";
import { encap } from "../../../src/cli/commands/ip/encapsulation-words.js";
import type { AttributeTable } from "../../../src/netlink/codecs/attributes.js";
import { bytesOf, Writer } from "../../../src/netlink/codecs/bytes.js";
import { type Encapsulation, encapsulations } from "../../../src/rtnetlink/route/encapsulation/encapsulation.js";
import { comparable } from "../netlink/comparable.js";

function tableOf(type: string): AttributeTable {
  return encapsulations[type as keyof typeof encapsulations] as AttributeTable;
}

function encoded(type: string, values: object): string {
  const writer = new Writer();
  tableOf(type).encode(writer, values);
  return Buffer.from(writer.bytes.buffer.subarray(0, writer.length)).toString("hex");
}

/** What routes are wrapped in by the kernels that few builds have, byte for byte: linux/rpl.h, linux/ioam6.h, linux/ila.h. */
test.for([
  [
    "rpl",
    { srh: ["fd00::7", "fd00::8"] },
    "2c000100" + // RPL_IPTUNNEL_SRH
      "0004030200000000" + // four units of 8 bytes, type 3, two segments left, nothing left out
      "fd000000000000000000000000000007" +
      "fd000000000000000000000000000008",
  ],
  [
    "ioam6",
    { mode: "encap", dst: "fd00::9", trace: { namespaceId: 123, size: 244, type: ["opaqueState", "links"] } },
    "0500010002000000" + // IOAM6_IPTUNNEL_MODE
      "14000200fd000000000000000000000000000009" + // IOAM6_IPTUNNEL_DST
      "0c000300" + // IOAM6_IPTUNNEL_TRACE
      "007b003d40000200", // the namespace, 61 units of 4 bytes, bits 1 and 22 from the left
  ],
  ["ioam6", { freqK: 1, freqN: 1000 }, "0800040001000000" + "08000500e8030000"],
  [
    "ila",
    { locator: "2001:db8:0:1", csumMode: "noAction", identType: "useFormat" },
    "0c00010020010db800000001" + "0500070002000000" + "0500080020000000",
  ],
  ["xfrm", { ifId: 7, link: 2 }, "0800010007000000" + "0800020002000000"],
  ["bpf", { xmit: { fd: 3 }, xmitHeadroom: 64 }, "0c0003800800010003000000" + "0800040040000000"],
  [
    "ip",
    { opts: { geneve: [{ class: 0x102, type: 0x80, data: Uint8Array.of(1, 2, 3, 4) }] } },
    "20000880" + "1c000180" + "0600010001020000" + "0500020080000000" + "0800030001020304",
  ],
] as const)("%s with %j is these bytes, which are read as the same", ([type, values, bytes]) => {
  expect(encoded(type, values)).toBe(bytes);
  const buffer = Buffer.from(bytes, "hex");
  expect(comparable(tableOf(type).decode(bytesOf(buffer), 0, buffer.length))).toEqual(comparable(values));
});

describe("what cannot be meant is refused", () => {
  test.for([
    ["rpl", { srh: [] }, "srh: not a list of 1 to 127 IPv6 addresses"],
    ["rpl", { srh: ["10.0.0.1"] }, 'srh: "10.0.0.1" is not an IPv6 address'],
    ["ioam6", { trace: { size: 10 } }, "trace.size: 10 is not a size up to 244 in whole 4 bytes"],
    ["ioam6", { trace: { size: 248 } }, "trace.size: 248 is not a size up to 244 in whole 4 bytes"],
    ["ioam6", { trace: { type: ["hops"] } }, /^trace.type: "hops" is none of opaqueState, /],
    ["ila", { locator: "2001:db8::1" }, 'locator: "2001:db8::1" is not half an IPv6 address such as 2001:db8:0:1'],
    ["ila", { identType: "mac" }, /^identType: "mac" is none of iid, luid, /],
  ] as const)("%s with %j: %s", ([type, values, message]) => {
    expect(() => encoded(type, values)).toThrow(message);
  });

  test.for([
    ["another routing header", "2c000100" + "0004040200000000"],
    ["one with shortened addresses", "2c000100" + "0004030210000000"],
    ["one with fewer segments left than it has", "2c000100" + "0004030100000000"],
  ])("%s is kept as bytes", ([, header]) => {
    const buffer = Buffer.from(`${header}${"fd000000000000000000000000000007".repeat(2)}`, "hex");
    expect(tableOf("rpl").decode(bytesOf(buffer), 0, buffer.length)).toEqual({
      unknown: [{ number: 1, bytes: buffer.subarray(4) }],
    });
  });
});

test.for([
  "mpls,dst=100,200,ttl=5",
  "ip,id=7,dst=192.0.2.7,flags=csum,key",
  "ip6,dst=2001:db8::7,opts.vxlan.gbp=9",
  "ila,locator=2001:0:87:0,csum-mode=no-action,ident-type=luid",
  "seg6,srh.mode=encap,srh.segments=fd00::7,fd00::8",
  "bpf,xmit.fd=3,xmit-headroom=64",
  "seg6-local,action=end-dt6,table=100",
  "seg6-local,action=end,flavors.operation=psp,usd",
  "rpl,srh=fd00::7,fd00::8",
  "ioam6,mode=inline,trace.namespace-id=1,trace.size=12,trace.type=links,hop-limit-and-node",
  "xfrm,if-id=7,link=2",
])("on a command line, %s is printed as it is typed", (word) => {
  const encapsulation = encap.parse(word) as Encapsulation;
  expect(encapsulationText(encapsulation)).toBe(word);
  const { type, ...values } = encapsulation;
  expect(encoded(String(type), values).length).toBeGreaterThan(0);
});

test("on a command line, a link inside an encapsulation is a name, unless it is a number", () => {
  expect(encap.parse("xfrm,if-id=7,link=eth0")).toEqual({ type: "xfrm", ifId: 7, link: "eth0" });
  expect(encap.parse("xfrm,if-id=7,link=2")).toEqual({ type: "xfrm", ifId: 7, link: 2 });
  expect(encap.parse("seg6-local,action=end-dx2,oif=eth0")).toEqual({
    type: "seg6Local",
    action: "endDx2",
    oif: "eth0",
  });
  expect(() => encap.parse("xfrm,if-id=eth0")).toThrow('"eth0"');
});
