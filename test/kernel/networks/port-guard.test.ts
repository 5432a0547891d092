import { expect, test } from "vitest";
import { guardedPorts, guardPort, releasePort } from "../../../src/networks/index.js";
import { removeRule } from "../../../src/netfilter/index.js";
import type { NetlinkError } from "../../../src/index.js";
import { etherTypes, frame, scene, type Scene } from "../../../src/testing/index.js";

const MAC = "52:54:00:00:00:0a";
const OTHER = "52:54:00:00:00:0b";
const OWN4 = "10.0.0.10";
const OTHER4 = "10.0.0.11";
const OWN6 = "fe80::5054:ff:fe00:a";
const GLOBAL6 = "fd00::a";
const OTHER6 = "fd00::b";
const RARP = 0x8035;

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/[^\da-f]/gi, ""), "hex");
const four = (address: string): Buffer => Buffer.from(address.split(".").map(Number));
const u16 = (number: number): Buffer => Buffer.from([number >> 8, number & 0xff]);

function six(address: string): Buffer {
  const [before = "", after = ""] = address.split("::");
  const words = (text: string): Buffer[] =>
    text === "" ? [] : text.split(":").map((word) => u16(Number.parseInt(word, 16)));
  const [first, last] = [Buffer.concat(words(before)), Buffer.concat(words(after))];
  return Buffer.concat([first, Buffer.alloc(16 - first.length - last.length), last]);
}

interface Ends {
  readonly from?: string;
  readonly source?: string;
  readonly to?: string;
}

function arp(operation: number, sender: string, senderMac = MAC, { from = MAC }: Ends = {}): Buffer {
  const payload = Buffer.concat([
    hex("0001080006 04"),
    u16(operation),
    hex(senderMac),
    four(sender),
    hex("00".repeat(6)),
    four("10.0.0.1"),
  ]);
  return frame({ from, type: etherTypes.arp, payload });
}

/** A packet of IPv4: `part` is what its header says of fragments. */
function ip4(
  protocol: number,
  body: Buffer,
  { from = MAC, source = OWN4, to = "10.0.0.1" }: Ends = {},
  part = 0,
): Buffer {
  const header = Buffer.concat([
    hex("4500"),
    u16(20 + body.length),
    hex("0001"),
    u16(part),
    Buffer.from([64, protocol]),
    hex("0000"),
    four(source),
    four(to),
  ]);
  return frame({ from, type: etherTypes.ipv4, payload: Buffer.concat([header, body]) });
}

const udp = (source: number, destination: number, body = Buffer.alloc(8)): Buffer =>
  Buffer.concat([u16(source), u16(destination), u16(8 + body.length), u16(0), body]);

/** A DISCOVER, as far as anybody looks. */
const discover = (chaddr = MAC): Buffer =>
  udp(68, 67, Buffer.concat([hex("01010600 11223344 00000000"), Buffer.alloc(16), hex(chaddr), Buffer.alloc(210)]));
const NOBODY = { source: "0.0.0.0", to: "255.255.255.255" };

function ip6(next: number, body: Buffer, { from = MAC, source = OWN6, to = "ff02::1" }: Ends = {}): Buffer {
  const header = Buffer.concat([hex("60000000"), u16(body.length), Buffer.from([next, 255]), six(source), six(to)]);
  return frame({ from, type: etherTypes.ipv6, payload: Buffer.concat([header, body]) });
}

const ICMP6 = 58;
const icmp6 = (type: number, body: Buffer): Buffer => Buffer.concat([Buffer.from([type, 0, 0, 0]), body]);
/** Neighbour solicitation 135, advertisement 136: a target, and an option. */
const nd = (type: number, target: string, option = ""): Buffer =>
  icmp6(type, Buffer.concat([hex("00000000"), six(target), hex(option)]));
const advertisement = icmp6(134, Buffer.concat([hex("40080708 00000000 00000000"), hex(`0101${MAC}`)]));
const rs = (option = ""): Buffer => icmp6(133, Buffer.concat([hex("00000000"), hex(option)]));
/** Hop by hop with the router alert of MLD, in front of something. */
const behindHopByHop = (next: number, body: Buffer): Buffer =>
  Buffer.concat([Buffer.from([next, 0]), hex("0502 0000 0100"), body]);
const report = icmp6(143, hex("00000001 04000000 ff020000000000000000000000000016"));
const inFragment = (next: number, offset: number, more: boolean, body: Buffer): Buffer =>
  Buffer.concat([Buffer.from([next, 0]), u16((offset << 3) | Number(more)), hex("00000001"), body]);
const MORE = 0x2000;

/** What a guest may not send, by the way in which it would be somebody else. */
const spoofs: readonly [way: string, ...frames: Buffer[]][] = [
  [
    "another's MAC",
    frame({ from: OTHER, type: etherTypes.ipv4, payload: ip4(17, udp(1, 2)).subarray(14) }),
    arp(1, OWN4, MAC, { from: OTHER }),
    ip6(ICMP6, rs(), { from: OTHER }),
  ],
  [
    "another's IPv4",
    ip4(17, udp(1, 2), { source: OTHER4 }),
    ip4(6, Buffer.alloc(20), { source: "10.0.0.1" }),
    ip4(17, udp(1, 2), NOBODY),
    ip4(6, Buffer.alloc(20), NOBODY),
    ip4(2, Buffer.alloc(8), NOBODY, 2),
    ip4(17, discover(), { ...NOBODY, to: "10.0.0.1" }),
  ],
  ["another as the sender of ARP", arp(1, OTHER4), arp(1, OWN4, OTHER), arp(2, "10.0.0.1")],
  ["a gratuitous ARP for another", arp(2, OTHER4), arp(1, OTHER4)],
  [
    "ARP of another form",
    ...["0006080006 04", "0001080106 04", "0001080007 04", "0001080006 10"].map((form) => {
      const bytes = arp(2, OWN4);
      hex(form).copy(bytes, 14);
      return bytes;
    }),
    arp(8, OWN4),
  ],
  [
    "another's IPv6",
    ip6(17, udp(1, 2), { source: OTHER6 }),
    ip6(17, udp(1, 2), { source: "fe80::1" }),
    ip6(17, udp(1, 2), { source: "::" }),
    ip6(ICMP6, icmp6(128, Buffer.alloc(4)), { source: "::" }),
    ip6(44, inFragment(ICMP6, 2, false, Buffer.alloc(16)), { source: "::" }),
  ],
  [
    "a neighbour advertisement for another",
    ip6(ICMP6, nd(136, OTHER6)),
    ip6(ICMP6, nd(136, OWN6, `0201${OTHER}`)),
    ip6(ICMP6, nd(136, OWN6, `0e01000000000000 0201${OTHER}`)),
    ip6(ICMP6, nd(136, OWN6, `0301${MAC}`)),
  ],
  [
    "a neighbour solicitation of another",
    ip6(ICMP6, nd(135, OTHER6, `0101${OTHER}`)),
    ip6(ICMP6, nd(135, OTHER6), { source: "::" }),
    ip6(ICMP6, rs(`0101${OTHER}`)),
    ip6(ICMP6, rs(`0e01${MAC}`)),
    ip6(ICMP6, rs(`0101${MAC} 0101${OTHER}`)),
  ],
  [
    "a router advertisement",
    ip6(ICMP6, advertisement),
    ip6(ICMP6, icmp6(137, Buffer.alloc(36))),
    ip6(ICMP6, icmp6(130, Buffer.alloc(20))),
  ],
  [
    "a DHCP server's answer",
    ip4(17, udp(67, 68)),
    ip4(17, udp(67, 1000)),
    ip4(17, udp(1000, 68)),
    ip6(17, udp(547, 546)),
    ip6(17, udp(547, 1000)),
  ],
  ["DHCP exhaustion", ip4(17, discover("52:54:00:ff:00:01"), NOBODY), ip4(17, discover(OTHER))],
  ["RARP", frame({ from: MAC, type: RARP, payload: arp(3, OWN4).subarray(14) }), arp(3, OWN4), arp(4, OWN4)],
  [
    "a VLAN tag",
    frame({ from: MAC, vlan: 10, type: etherTypes.ipv4, payload: ip4(17, udp(1, 2)).subarray(14) }),
    frame({ from: MAC, vlan: 0, type: etherTypes.arp, payload: arp(1, OWN4).subarray(14) }),
    frame({ from: MAC, type: 0x88a8, payload: Buffer.concat([hex("000a 0800"), ip4(17, udp(1, 2)).subarray(14)]) }),
  ],
  [
    "hop by hop before ICMPv6",
    ip6(0, behindHopByHop(ICMP6, advertisement)),
    ip6(0, behindHopByHop(ICMP6, nd(136, OTHER6))),
    ip6(0, behindHopByHop(17, udp(547, 546))),
    ip6(0, behindHopByHop(17, udp(1, 2))),
    ip6(0, behindHopByHop(ICMP6, icmp6(128, Buffer.alloc(4)))),
    ip6(60, behindHopByHop(17, udp(1, 2))),
    ip6(60, behindHopByHop(ICMP6, advertisement)),
  ],
  [
    "fragments",
    ip6(44, inFragment(ICMP6, 0, true, advertisement)),
    ip6(44, inFragment(60, 0, true, behindHopByHop(ICMP6, advertisement).subarray(0, 8))),
    ip6(0, behindHopByHop(44, inFragment(ICMP6, 0, false, advertisement))),
    ip6(44, inFragment(ICMP6, 0, false, nd(136, OTHER6))),
    ip6(44, inFragment(ICMP6, 0, false, nd(136, OWN6))),
    ip4(17, discover(OTHER).subarray(0, 16), NOBODY, MORE),
    ip4(17, discover(OTHER).subarray(0, 24), {}, MORE),
    ip4(17, discover(OTHER).subarray(24), NOBODY, 3),
    ip4(17, udp(67, 68), {}, MORE),
  ],
  [
    "another's lease",
    ip4(17, udp(1, 2), { source: OTHER4 }),
    ip4(17, discover(OTHER), { source: OTHER4 }),
    arp(1, OTHER4),
  ],
  [
    "neither IP nor ARP",
    frame({ from: MAC }),
    frame({ from: MAC, type: 46, payload: hex("424203 00000000") }),
    frame({ from: MAC, type: 0x8863, payload: Buffer.alloc(46) }),
  ],
];

/** What it may. */
const honest: readonly [what: string, ...frames: Buffer[]][] = [
  ["a DHCP discover without an address", ip4(17, discover(), NOBODY)],
  ["a DHCP request with one", ip4(17, discover())],
  ["ARP: a request, an answer, a probe, an announcement", arp(1, OWN4), arp(2, OWN4), arp(1, "0.0.0.0")],
  [
    "IGMP before there is an address",
    ip4(2, hex("22000000 00000001 04000000 e00000fb"), { source: "0.0.0.0", to: "224.0.0.22" }),
  ],
  [
    "IPv4, whole and in fragments",
    ip4(17, udp(40000, 53)),
    ip4(6, Buffer.alloc(20)),
    ip4(17, udp(40000, 53), {}, MORE),
    ip4(17, udp(67, 68), {}, 2),
  ],
  [
    "duplicate address detection, with and without a nonce",
    ip6(ICMP6, nd(135, OWN6), { source: "::" }),
    ip6(ICMP6, nd(135, GLOBAL6, "0e01 112233445566"), { source: "::" }),
  ],
  [
    "neighbour solicitations and advertisements",
    ip6(ICMP6, nd(135, OTHER6, `0101${MAC}`)),
    ip6(ICMP6, nd(135, OTHER6)),
    ip6(ICMP6, nd(136, OWN6, `0201${MAC}`)),
    ip6(ICMP6, nd(136, GLOBAL6), { source: GLOBAL6 }),
  ],
  ["router solicitations", ip6(ICMP6, rs(), { source: "::" }), ip6(ICMP6, rs(`0101${MAC}`))],
  ["MLD", ip6(0, behindHopByHop(ICMP6, report)), ip6(0, behindHopByHop(ICMP6, report), { source: "::" })],
  [
    "IPv6, whole and in fragments",
    ip6(17, udp(40000, 53), { source: GLOBAL6 }),
    ip6(ICMP6, icmp6(128, Buffer.alloc(4))),
    ip6(44, inFragment(17, 0, true, udp(40000, 53))),
    ip6(44, inFragment(ICMP6, 0, true, icmp6(128, Buffer.alloc(20)))),
    ip6(44, inFragment(17, 2, false, udp(67, 68))),
    ip6(44, inFragment(ICMP6, 2, false, Buffer.alloc(16))),
  ],
  ["DHCPv6 as a client", ip6(17, udp(546, 547), { to: "ff02::1:2" })],
];

/** A bridge with a guest's port and another. */
async function twoPorts(): Promise<Scene<"here">> {
  const there = await scene({
    hosts: {
      here: {
        bridges: { br0: { mcastSnooping: false } },
        taps: { tap1: { bridge: "br0" }, tap2: { bridge: "br0" } },
      },
    },
  });
  // Where bridges hand their frames to the firewall of IP, that looks at them as well, and drops what is no whole packet.
  for (const what of ["iptables", "ip6tables", "arptables"])
    await there.hosts.here.setSysctl(`net/bridge/bridge-nf-call-${what}`, 0).catch((error: NetlinkError) => {
      if (error.code !== "ENOENT") throw error;
    });
  return there;
}

/** Which of these frames a guest's port lets pass, by their places. What came is known when one behind them has. */
async function passing(there: Scene<"here">, frames: readonly Buffer[]): Promise<number[]> {
  const [guest, other] = [there.tap("here:tap1"), there.tap("here:tap2")];
  const count = (): number[] => frames.map((each) => other.seen(each).length);
  const before = count();
  const last = arp(1, "0.0.0.0");
  last.writeUInt16BE(++lasts, 40);
  for (const each of frames) await guest.send(each);
  await guest.send(last);
  await other.expect(last);
  const after = count();
  return places(frames).filter((place) => after[place] !== before[place]);
}
let lasts = 0;

const places = (frames: readonly Buffer[]): number[] => [...frames.keys()];
const GUEST = { link: "tap1", mac: MAC, addresses: [OWN4, GLOBAL6] };

test("a guest's port lets no frame pass by which it would be somebody else, and every other one", async () => {
  await using there = await twoPorts();
  const { here: host } = there.hosts;
  for (const [way, ...frames] of [...spoofs, ...honest])
    expect(await passing(there, frames), way).toEqual(places(frames));
  await guardPort(host, GUEST);
  expect(await guardedPorts(host)).toEqual([{ ...GUEST, addresses: [OWN4, GLOBAL6, OWN6] }]);
  for (const [way, ...frames] of spoofs) expect(await passing(there, frames), way).toEqual([]);
  for (const [what, ...frames] of honest) expect(await passing(there, frames), what).toEqual(places(frames));
  await releasePort(host, "tap1");
  expect((await host.netfilter.ruleset()).tables).toEqual([]);
  for (const [way, ...frames] of spoofs) expect(await passing(there, frames), way).toEqual(places(frames));
});

test("each of the rules is needed: without it, one of those frames passes", async () => {
  await using there = await twoPorts();
  const { here: host } = there.hosts;
  const all = spoofs.flatMap(([, ...frames]) => frames);
  const idle: number[] = [];
  for (let place = 0, count = 1; place < count; place++) {
    await guardPort(host, GUEST);
    const rules = (await host.netfilter.ruleset()).rules.filter(({ chain, userdata }) => chain === "guard" && userdata);
    count = rules.length;
    const { handle, table = "", family } = rules[place]!;
    await host.netfilter.commit([removeRule({ family, table, chain: "guard", handle: handle! })]);
    if ((await passing(there, all)).length === 0) idle.push(place);
    await releasePort(host, "tap1");
  }
  expect(idle).toEqual([]);
});

test("each port has its own, by a table that does not grow but by elements; a link that is gone leaves none", async () => {
  await using there = await twoPorts();
  const { here: host } = there.hosts;
  await guardPort(host, GUEST);
  const { rules, chains } = await host.netfilter.ruleset();
  await guardPort(host, { link: "tap2", mac: OTHER, addresses: [OTHER4] });
  const after = await host.netfilter.ruleset();
  expect([after.rules.length, after.chains.length]).toEqual([rules.length, chains.length]);
  // Its addresses are others from now on.
  await guardPort(host, { ...GUEST, addresses: ["10.0.0.12"] });
  expect(await passing(there, [arp(1, "10.0.0.12"), arp(1, OWN4), arp(1, OTHER4)])).toEqual([0]);
  await there.tap("here:tap2").tap.close();
  await guardPort(host, GUEST);
  expect((await guardedPorts(host)).map(({ link }) => link)).toEqual(["tap1"]);
  await expect(guardPort(host, { ...GUEST, mac: "01:00:00:00:00:00" })).rejects.toThrow("mac: ");
  await expect(guardPort(host, { ...GUEST, addresses: ["10.0.0.0/24"] })).rejects.toThrow("addresses.0: ");
  await expect(guardPort(host, { ...GUEST, link: "tap9" })).rejects.toMatchObject({ code: "ENODEV" });
});
