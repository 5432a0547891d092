import { raw } from "../../netlink/codecs/codec.js";
import { hardwareAddress, ipv4 } from "../../netlink/codecs/internet.js";
import { be16, flag8, u8 } from "../../netlink/codecs/numbers.js";
import { words } from "../../netlink/codecs/words.js";
import { classlessRoutes, clientFqdn, empty, list, seconds, string } from "./codecs.js";
import { compressedDomainNames } from "./domain-names.js";
import { type OptionValues, optionTable } from "./option-table.js";

/** DHCP message types (RFC 2132, 9.6). */
export const messageTypes = {
  discover: 1,
  offer: 2,
  request: 3,
  decline: 4,
  ack: 5,
  nak: 6,
  release: 7,
  inform: 8,
} as const;
export type MessageType = keyof typeof messageTypes;

/**
 * Options of DHCPv4 (RFC 2132 where nothing else is said), in the order in which they are sent: what a client cannot do without
 * comes first. Durations are milliseconds.
 */
export const dhcpOptions = optionTable("DHCPv4", {
  messageType: [53, words(u8, messageTypes), "what the message is"],
  serverIdentifier: [54, ipv4, "the server's address, by which it is known"],
  clientIdentifier: [61, hardwareAddress, "what the client is known by, instead of its MAC (RFC 4361, 6842)"],
  requestedAddress: [50, ipv4, "the address that the client asks for"],
  leaseTime: [51, seconds, "how long the address may be used"],
  renewalTime: [58, seconds, "T1: when the client asks its server for more time"],
  rebindingTime: [59, seconds, "T2: when the client asks any server for more time"],
  subnetMask: [1, ipv4, "the subnet's mask"],
  parameterRequestList: [55, list(u8), "codes of the options that the client wants"],
  maximumMessageSize: [57, be16, "the largest datagram that the client takes, in bytes"],
  rapidCommit: [80, empty, "two messages instead of four (RFC 4039)"],
  classlessStaticRoutes: [121, classlessRoutes, "routes; whoever takes them ignores the routers (RFC 3442)"],
  routers: [3, list(ipv4), "routers, the preferred one first"],
  domainNameServers: [6, list(ipv4), "resolvers, the preferred one first"],
  hostName: [12, string, "the client's name"],
  domainName: [15, string, "the domain that the client is in"],
  interfaceMtu: [26, be16, "the MTU of the link, in bytes"],
  broadcastAddress: [28, ipv4, "the subnet's broadcast address"],
  ntpServers: [42, list(ipv4), "time servers"],
  domainSearch: [119, compressedDomainNames, "domains in which names are looked up (RFC 3397)"],
  bootFileSize: [13, be16, "size of the boot file, in blocks of 512 bytes"],
  rootPath: [17, string, "where the root file system is"],
  ipForwarding: [19, flag8, "whether the client is to forward packets"],
  defaultIpTtl: [23, u8, "the TTL of what the client sends"],
  vendorSpecific: [43, raw, "what only the vendor's clients understand"],
  netbiosNameServers: [44, list(ipv4), "WINS servers"],
  message: [56, string, "why the server or the client refused"],
  vendorClass: [60, string, "vendor and kind of the client"],
  tftpServerName: [66, string, "name of the boot server, where the header has no room for it"],
  bootFileName: [67, string, "name of the boot file, where the header has no room for it"],
  userClass: [77, raw, "the user's name for the kind of client (RFC 3004)"],
  clientFqdn: [81, clientFqdn, "the name that the client would have in DNS (RFC 4702)"],
  relayAgentInformation: [82, raw, "what a relay knows of the client (RFC 3046)"],
  clientArchitecture: [93, list(be16), "what firmware boots by network (RFC 4578)"],
  clientNetworkInterface: [94, raw, "the network interface of the firmware (RFC 4578)"],
  clientMachine: [97, raw, "the machine's UUID (RFC 4578)"],
  ipv6OnlyPreferred: [108, seconds, "the client may do without IPv4 for so long (RFC 8925)"],
  timezone: [101, string, "the time zone's name (RFC 4833)"],
  captivePortal: [114, string, "URL of the captive portal (RFC 8910)"],
  subnetSelection: [118, ipv4, "the subnet that the client wants an address of (RFC 3011)"],
});

/** Options of a DHCPv4 message (RFC 2132 and later). */
export type DhcpOptions = OptionValues<typeof dhcpOptions.entries>;
/** The name of an option of DHCPv4. */
export type DhcpOptionName = keyof typeof dhcpOptions.entries;
