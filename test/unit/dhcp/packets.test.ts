import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arpProbe, contradicts, decodeArp } from "../../../src/dhcp/wire/arp.js";
import { checksumOf, sumOf } from "../../../src/dhcp/wire/checksum.js";
import { type DhcpOptions, dhcpOptions } from "../../../src/dhcp/wire/dhcp-options.js";
import { decodeDhcpPacket, type DhcpPacket, encodeDhcpPacket } from "../../../src/dhcp/wire/dhcp-packet.js";
import { decodeIpv4Datagram, encodeIpv4Datagram } from "../../../src/dhcp/wire/ipv4.js";
import { comparable } from "../netlink/comparable.js";

const MAC = "52:54:00:12:34:56";

const address = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)).map((bytes) => bytes.join("."));
const label = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,20}$/);
const domain = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join("."));
const text = fc.stringMatching(/^[\x20-\x7e]{1,300}$/);
const duration = fc.oneof(
  fc.nat(4_000_000_000).map((seconds) => seconds * 1000),
  fc.constant(Infinity),
);
const prefix = fc.tuple(fc.nat(2 ** 32 - 1), fc.nat(32)).map(([number, length]) => {
  const size = 2 ** (32 - length);
  const first = Math.floor(number / size) * size;
  return `${Math.floor(first / 2 ** 24)}.${(first >>> 16) & 255}.${(first >>> 8) & 255}.${first & 255}/${length}`;
});

const someOptions: fc.Arbitrary<DhcpOptions> = fc.record(
  {
    messageType: fc.constantFrom("discover", "offer", "request", "ack", "nak", "decline", "release", "inform"),
    serverIdentifier: address,
    clientIdentifier: fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => hex(bytes)),
    leaseTime: duration,
    subnetMask: address,
    parameterRequestList: fc.array(fc.nat(255), { minLength: 1, maxLength: 40 }),
    maximumMessageSize: fc.nat(65535),
    rapidCommit: fc.constant(true as const),
    classlessStaticRoutes: fc.array(fc.record({ destination: prefix, via: address }), { minLength: 1, maxLength: 9 }),
    routers: fc.array(address, { minLength: 1, maxLength: 4 }),
    hostName: text,
    domainSearch: fc.array(domain, { minLength: 1, maxLength: 6 }),
    ipForwarding: fc.boolean(),
    vendorSpecific: fc.uint8Array({ minLength: 1, maxLength: 400 }),
  },
  { requiredKeys: [] },
);

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString("hex")
    .replace(/(..)(?=.)/g, "$1:");
}

function message(options: DhcpOptions, more: Partial<DhcpPacket> = {}): DhcpPacket {
  return { op: "reply", xid: 7, chaddr: MAC, options, ...more };
}

describe("a message of DHCP", () => {
  test("is read as it was written, whatever options it has", () => {
    fc.assert(
      fc.property(someOptions, fc.boolean(), address, (options, broadcast, yiaddr) => {
        const decoded = decodeDhcpPacket(encodeDhcpPacket(message(options, { broadcast, yiaddr }), 4000));
        expect(comparable(decoded?.options)).toEqual(comparable(options));
        expect(decoded).toMatchObject({ op: "reply", xid: 7, chaddr: MAC, broadcast });
        expect(decoded?.yiaddr).toBe(yiaddr === "0.0.0.0" ? undefined : yiaddr);
      }),
    );
  });

  test("takes the fields of the boot file and server for options that find no room elsewhere", () => {
    const options: DhcpOptions = {
      messageType: "ack",
      rootPath: "r".repeat(270),
      tftpServerName: "t".repeat(100),
      bootFileName: "b".repeat(50),
    };
    const bytes = encodeDhcpPacket(message(options));
    expect(bytes.length).toBeLessThanOrEqual(548);
    expect(decodeDhcpPacket(bytes)?.options).toEqual(options);
    expect(bytes.subarray(44, 236).some((byte) => byte !== 0)).toBe(true);
  });

  test("keeps its first options where not all find room, and says the boot file where there is one", () => {
    const options: DhcpOptions = {
      messageType: "ack",
      leaseTime: 60_000,
      rootPath: "r".repeat(250),
      tftpServerName: "t".repeat(250),
    };
    const decoded = decodeDhcpPacket(encodeDhcpPacket(message(options, { file: "pxelinux.0", sname: "boot" })));
    expect(decoded).toMatchObject({ file: "pxelinux.0", sname: "boot" });
    expect(decoded?.options).toEqual({ messageType: "ack", leaseTime: 60_000, rootPath: "r".repeat(250) });
  });

  test("is at least 300 bytes long, and an option of more than 255 bytes comes in parts", () => {
    expect(encodeDhcpPacket(message({ messageType: "ack" })).length).toBe(300);
    const bytes = encodeDhcpPacket(message({ vendorSpecific: new Uint8Array(256).fill(9) }));
    expect([...bytes.subarray(240, 242)]).toEqual([43, 255]);
    expect([...bytes.subarray(497, 500)]).toEqual([43, 1, 9]);
  });

  test("an option whose bytes have not its form is kept as it came", () => {
    const bytes = encodeDhcpPacket(
      message({
        unknown: [
          { code: 1, bytes: Buffer.from("ff00", "hex") },
          { code: 250, bytes: Buffer.from("01", "hex") },
        ],
      }),
    );
    expect(comparable(decodeDhcpPacket(bytes)?.options)).toEqual({
      unknown: [
        { code: 1, bytes: "bytes ff00" },
        { code: 250, bytes: "bytes 01" },
      ],
    });
  });

  test("domain names that point at themselves, forwards or past the end are not followed", () => {
    for (const payload of ["c000", "0161c000", "c002", "03616263", "0161c0", "40", "016100c001c0"]) {
      const bytes = encodeDhcpPacket(message({ unknown: [{ code: 119, bytes: Buffer.from(payload, "hex") }] }));
      expect(decodeDhcpPacket(bytes)?.options.domainSearch).toBeUndefined();
    }
  });

  test("search domains are compressed", () => {
    const domainSearch = ["eng.apple.com", "marketing.apple.com"];
    const bytes = encodeDhcpPacket(message({ domainSearch }));
    expect(bytes.includes(Buffer.from("03656e67056170706c6503636f6d00096d61726b6574696e67c004", "hex"))).toBe(true);
  });

  test("what cannot be meant is refused, with the option's name", () => {
    expect(() => encodeDhcpPacket(message({ subnetMask: "10.0.0" }))).toThrow("subnetMask");
    expect(() => encodeDhcpPacket(message({ routers: ["fe80::1"] }))).toThrow("routers");
    expect(() => encodeDhcpPacket(message({ leaseTime: -1 }))).toThrow("leaseTime");
    expect(() =>
      encodeDhcpPacket(message({ classlessStaticRoutes: [{ destination: "10.0.0.0/33", via: "10.0.0.1" }] })),
    ).toThrow("classlessStaticRoutes");
    expect(() => dhcpOptions.payloads({ router: "10.0.0.1" } as DhcpOptions)).toThrow("router: no such option");
  });
});

describe("a frame", () => {
  const datagram = {
    sourceMac: MAC,
    destinationMac: "ff:ff:ff:ff:ff:ff",
    source: "10.0.0.1",
    destination: "255.255.255.255",
    sourcePort: 67,
    destinationPort: 68,
    payload: Buffer.from("hello"),
  };

  test("has the checksums of IP and UDP right, and is read as it was written", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), address, address, (bytes, source, destination) => {
        const sent = { ...datagram, source, destination, payload: Buffer.from(bytes) };
        const frame = encodeIpv4Datagram(sent);
        expect(checksumOf(sumOf(frame, 14, 34))).toBe(0);
        expect(decodeIpv4Datagram(frame)).toEqual(sent);
      }),
    );
  });

  test("with a wrong checksum, a fragment and a cut one are nobody's", () => {
    const frame = encodeIpv4Datagram(datagram);
    for (const place of [16, 26, 45]) {
      const broken = Buffer.from(frame);
      broken[place]! ^= 1;
      expect(decodeIpv4Datagram(broken)).toBeUndefined();
    }
    for (let length = 0; length < frame.length; length++)
      expect(decodeIpv4Datagram(frame.subarray(0, length))).toBeUndefined();
  });

  test("whose checksum was left to hardware is taken where that is known", () => {
    const frame = encodeIpv4Datagram(datagram);
    frame[40]! ^= 0xff;
    expect(decodeIpv4Datagram(frame)).toBeUndefined();
    expect(decodeIpv4Datagram(frame, true)?.payload.toString()).toBe("hello");
  });

  test("of ARP says who asks for what, and who contradicts", () => {
    const probe = decodeArp(arpProbe(MAC, "10.0.0.5"))!;
    expect(probe).toMatchObject({
      operation: "request",
      senderMac: MAC,
      senderAddress: "0.0.0.0",
      targetAddress: "10.0.0.5",
    });
    expect(contradicts(probe, MAC, "10.0.0.5")).toBe(false);
    expect(contradicts(probe, "52:54:00:00:00:09", "10.0.0.5")).toBe(true);
    expect(contradicts({ ...probe, senderAddress: "10.0.0.6" }, "52:54:00:00:00:09", "10.0.0.5")).toBe(false);
  });
});
