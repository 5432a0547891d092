import { parseDuration } from "../netlink/codecs/duration.js";
import { choice, either, integer, listOf, objectOf, type Shape, textLike, truth } from "../netlink/codecs/shape.js";
import { dhcpOptions } from "../dhcp/wire/dhcp-options.js";
import { except } from "../base/except.js";
import { InputError } from "../base/errors.js";
import {
  macvtapModes,
  modes,
  type NetworkDefinition,
  type NetworkDhcp,
  type NetworkDns,
  type PortForward,
} from "./definition.js";

const WORD = /^\P{Cc}+$/u;

function word(what: string, description: string): Shape<string> {
  return textLike(what, WORD, description);
}

const address = (description: string): Shape<string> => word("an address", description);
const link = (description: string): Shape<string> => word("a link's name", description);
const mac = (description: string): Shape<string> => word("a MAC", description);
const port = (description: string): Shape<number> => integer(1, 65535, description);

/** A duration with its unit, as milliseconds. */
function duration(description: string): Shape<number> {
  return {
    schema: { type: "string", pattern: "^\\d+(\\.\\d+)?(ms|s)$", description },
    read(value) {
      if (typeof value !== "string") throw new InputError(`${String(value)} is not a duration such as 3600s`);
      return parseDuration(value);
    },
  };
}

/** Options of DHCP by name: their values are checked by what sends them. */
const options: Shape<NonNullable<NetworkDhcp["options"]>> = {
  schema: {
    type: "object",
    properties: Object.fromEntries(
      Object.entries(dhcpOptions.entries).map(([name, [, , description]]) => [name, { description }]),
    ),
    additionalProperties: false,
    description: "options of DHCP, beside mask, router and resolvers, which follow from the network",
  },
  read(value) {
    dhcpOptions.payloads(value as NonNullable<NetworkDhcp["options"]>);
    return value as NonNullable<NetworkDhcp["options"]>;
  },
};

const boot = objectOf(
  {
    nextServer: address("the boot server"),
    serverName: word("a name", "its name"),
    file: word("a file's name", "the boot file"),
  },
  "what guests without a disk start from",
);

const forward = objectOf(
  {
    protocol: choice(["tcp", "udp"], "the protocol"),
    port: either(
      port("a port of this machine"),
      word("a range of ports", "a range such as 8000-8010"),
      "a port of this machine, or a range of them, which goes to the same ports",
    ),
    to: address("the guest's address"),
    toPort: port("the guest's port; the same unless given"),
    address: address("the address of this machine that is meant; all but the loopback's unless given"),
  } satisfies Readonly<Record<keyof PortForward, Shape<unknown>>>,
  "what comes to a port of this machine goes to a guest",
  ["protocol", "port", "to"],
);

const range = objectOf({ first: address("the first address"), last: address("the last address") }, "addresses", [
  "first",
  "last",
]);

const reservation = objectOf(
  {
    address: address("the address"),
    mac: mac("the client's MAC"),
    clientId: word("bytes with colons", "the client's identifier, bytes with colons"),
    hostname: word("a name", "the client's name"),
    options,
    boot,
  },
  "an address that only one client gets",
  ["address"],
);

const dhcp = objectOf(
  {
    server: choice(["built-in", "dnsmasq"], "who gives them: this program, unless given, or a dnsmasq that it runs"),
    ranges: listOf(range, "what guests get; all of the subnet unless given"),
    reservations: listOf(reservation, "addresses that are one guest's"),
    leaseTime: duration("for how long an address is given; an hour unless given"),
    boot,
    options,
  } satisfies Readonly<Record<keyof NetworkDhcp, Shape<unknown>>>,
  "how guests get their addresses",
);

const dns = objectOf(
  {
    resolvers: listOf(address("a resolver"), "who is asked about what is no guest's; this machine's unless given"),
    hosts: listOf(
      objectOf({ hostname: word("a name", "the name"), address: address("its address") }, "a name", [
        "hostname",
        "address",
      ]),
      "names beside those of leases and reservations",
    ),
  } satisfies Readonly<Record<keyof NetworkDns, Shape<unknown>>>,
  "how the network answers about names, at its own addresses",
);

const vlan = objectOf(
  {
    id: integer(1, 4094, "the VLAN, or the first of a range"),
    to: integer(1, 4094, "the last of the range"),
    pvid: truth("untagged frames belong to it"),
    untagged: truth("its frames leave without a tag"),
  },
  "a VLAN of guests' ports",
  ["id"],
);

/** All that a definition says, and what it is: checks and the JSON Schema come from it. */
const fields = {
  name: word("a name", "the network's name"),
  mode: choice(modes, "how guests reach the world"),
  bridge: link("the bridge's name; lw- and the network's name unless given"),
  mac: mac("the bridge's MAC"),
  mtu: integer(576, 65535, "the MTU, in bytes"),
  subnet: word("a subnet", "the subnet of IPv4, or auto for one that is free"),
  address: address("this machine's address in it; the first unless given"),
  subnet6: word("a subnet", "the subnet of IPv6, or auto for one of one's own"),
  address6: address("this machine's address in that"),
  outgoing: link("the link by which alone guests go out"),
  natSource: word("an address", "the address of IPv4 that guests have outside, or a range of them"),
  natPorts: word("a range of ports", "the ports that their connections have outside, such as 1024-65535"),
  forwards: listOf(forward, "ports of this machine that go to guests"),
  dhcp: either(choice([false], "no DHCP"), dhcp, "how guests get their addresses; false: not by DHCP"),
  dns: either(
    listOf(address("a resolver"), "resolvers that guests are told of"),
    dns,
    "resolvers that guests are told of; else the network answers itself",
  ),
  domain: word("a name", "the domain that guests are in"),
  switch: choice(["openvswitch"], "what the bridge is one of; of Linux unless given"),
  vlans: listOf(vlan, "VLANs of guests' ports"),
  interfaces: listOf(link("a network card"), "network cards of which guests get macvtaps or virtual functions"),
  macvtapMode: choice(macvtapModes, "how macvtaps on one network card see each other; bridge unless given"),
  firewall: choice(["adopt"], "chains of others that drop get rules that accept the network, while it is up"),
  antiSpoof: truth("a guest can be nobody but itself"),
  autostart: truth("linkwright serve brings it up when that starts"),
  libvirt: textLike("XML", /</, "the XML of libvirt that it was read from"),
} satisfies Readonly<Record<keyof NetworkDefinition, Shape<unknown>>>;

const definition = objectOf(
  { $schema: word("an address", "where this schema is"), ...fields },
  "a network for guests",
  ["name", "mode"],
);

/** A definition as a file has it. Throws InputError, with the path of what is wrong. */
export function definitionOf(value: unknown): NetworkDefinition {
  return except(definition.read(value), "$schema");
}

/** The JSON Schema of a network's file. */
export function networkSchema(): object {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "a network for guests, for linkwright",
    ...definition.schema,
  };
}
