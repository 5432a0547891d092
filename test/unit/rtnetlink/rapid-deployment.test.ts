import { expect, test } from "vitest";
import { checkRapidDeployment } from "../../../src/rtnetlink/link/kinds/tunnels/rapid-deployment.js";

const relays = { sixRdRelayPrefix: "10.0.0.0", sixRdRelayPrefixlen: 8 };

test.for([
  {},
  { ttl: 4 },
  { sixRdPrefix: "2002::", sixRdPrefixlen: 16 },
  { sixRdPrefix: "2001:db8::", sixRdPrefixlen: 32 },
  { sixRdPrefix: "2001:db8:ff00::", sixRdPrefixlen: 40, ...relays },
  { sixRdPrefix: "2001:db8:0:1::", sixRdPrefixlen: 64, sixRdRelayPrefix: "10.1.2.3", sixRdRelayPrefixlen: 32 },
])("a rapid deployment with %j can be", (options) => {
  checkRapidDeployment(options);
});

test.for([
  [
    { sixRdPrefix: "2001:db8::", sixRdPrefixlen: 33 },
    "sixRdPrefixlen: 33 bits, and the 32 of an IPv4 address that sixRdRelayPrefixlen leaves, are more than the 64 of a network",
  ],
  [
    { sixRdPrefix: "2001:db8::", sixRdPrefixlen: 41, ...relays },
    "sixRdPrefixlen: 41 bits, and the 24 of an IPv4 address that sixRdRelayPrefixlen leaves, are more than the 64 of a network",
  ],
  [{ sixRdRelayPrefixlen: 33 }, "sixRdRelayPrefixlen: 33 is more than the 32 bits of an IPv4 address"],
  [{ sixRdPrefix: "2001:db8::" }, "sixRdPrefix: 2001:db8:: has bits set behind the first 0, which sixRdPrefixlen says"],
  [
    { sixRdPrefix: "2001:db8::", sixRdPrefixlen: 28 },
    "sixRdPrefix: 2001:db8:: has bits set behind the first 28, which sixRdPrefixlen says",
  ],
  [
    { ...relays, sixRdRelayPrefix: "10.64.0.0", sixRdRelayPrefixlen: 9 },
    "sixRdRelayPrefix: 10.64.0.0 has bits set behind the first 9, which sixRdRelayPrefixlen says",
  ],
  [{ sixRdPrefix: "nonsense" }, 'sixRdPrefix: "nonsense" is not an IPv4 or IPv6 address'],
] as const)("a rapid deployment with %j is refused in words", ([options, message]) => {
  expect(() => {
    checkRapidDeployment(options);
  }).toThrow(message);
});
