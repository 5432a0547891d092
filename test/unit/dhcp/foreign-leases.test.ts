import { expect, test } from "vitest";
import { readDhclientLease, readDhcpcdLease, readNetworkdLease } from "../../../src/dhcp/client/foreign/lease-texts.js";
import { encodeDhcpPacket } from "../../../src/dhcp/wire/dhcp-packet.js";

const OBTAINED = Date.parse("2026-11-30T12:00:00Z");

/** What each of them knows of the same lease. */
const LEASE = {
  address: "10.0.0.5",
  prefixLength: 24,
  serverIdentifier: "10.0.0.1",
  obtained: OBTAINED,
  leaseTime: 3_600_000,
  renewalTime: 1_800_000,
  rebindingTime: 3_150_000,
  options: { routers: ["10.0.0.1"], domainNameServers: ["9.9.9.9", "1.1.1.1"], domainName: "lab" },
};

const DHCLIENT = `default-duid "\\000\\001\\000\\001";
lease {
  interface "eth0";
  fixed-address 10.0.0.4;
  option dhcp-lease-time 3600;
  expire 1 2026/11/30 11:00:00;
}
lease {
  interface "eth0";
  fixed-address 10.0.0.5;
  option subnet-mask 255.255.255.0;
  option routers 10.0.0.1;
  option dhcp-lease-time 3600;
  option dhcp-message-type 5;
  option domain-name-servers 9.9.9.9,1.1.1.1;
  option dhcp-server-identifier 10.0.0.1;
  option dhcp-client-identifier 1:52:54:0:12:34:56;
  option domain-name "lab";
  renew 1 2026/11/30 12:30:00;
  rebind 1 2026/11/30 12:52:30;
  expire 1 2026/11/30 13:00:00;
}
lease {
  interface "eth1";
  fixed-address 10.0.9.9;
}
`;

const NETWORKD = `# This is private data. Do not parse.
ADDRESS=10.0.0.5
NETMASK=255.255.255.0
ROUTER=10.0.0.1
SERVER_ADDRESS=10.0.0.1
T1=1800
T2=3150
LIFETIME=3600
DNS=9.9.9.9 1.1.1.1
DOMAINNAME=lab
CLIENTID=ffeb9a8d9d00020000ab11
`;

test("the last lease of a link in dhclient's file, with the identifier that the server knows", () => {
  expect(readDhclientLease(DHCLIENT, "eth0")).toMatchObject({ ...LEASE, clientId: "01:52:54:00:12:34:56" });
  expect(readDhclientLease(DHCLIENT, "eth7")).toBeUndefined();
  expect(readDhclientLease(DHCLIENT.replace(/expire .*13:00:00/, "expire never"), "eth0")).toMatchObject({
    leaseTime: null,
  });
  expect(
    readDhclientLease(
      DHCLIENT.replace(/expire 1 2026.11.30 13:00:00/, `expire epoch ${OBTAINED / 1000 + 3600}`),
      "eth0",
    ),
  ).toMatchObject(LEASE);
});

test("the lease in systemd-networkd's file; NetworkManager's has the same words, or the address alone", () => {
  expect(readNetworkdLease(NETWORKD, OBTAINED)).toMatchObject({
    ...LEASE,
    clientId: "ff:eb:9a:8d:9d:00:02:00:00:ab:11",
  });
  expect(readNetworkdLease("ADDRESS=10.0.0.5\n", OBTAINED)).toMatchObject({ address: "10.0.0.5", leaseTime: null });
  expect(readNetworkdLease("", OBTAINED)).toBeUndefined();
});

test("the lease in dhcpcd's file, which is the message itself", () => {
  const bytes = encodeDhcpPacket({
    op: "reply",
    xid: 7,
    chaddr: "52:54:00:12:34:56",
    yiaddr: "10.0.0.5",
    options: {
      messageType: "ack",
      subnetMask: "255.255.255.0",
      serverIdentifier: "10.0.0.1",
      leaseTime: 3_600_000,
      renewalTime: 1_800_000,
      rebindingTime: 3_150_000,
      ...LEASE.options,
    },
  } as never);
  expect(readDhcpcdLease(bytes, OBTAINED, "ff:00:12:34:56:00:01")).toMatchObject({
    ...LEASE,
    clientId: "ff:00:12:34:56:00:01",
  });
  expect(() => readDhcpcdLease(Buffer.from("nothing"), OBTAINED)).toThrow("it is no message of DHCP");
});
