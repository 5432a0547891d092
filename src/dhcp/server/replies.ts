import { ipv4FromNumber, subnetMask } from "../wire/address.js";
import { type DhcpOptionName, dhcpOptions, type DhcpOptions, type MessageType } from "../wire/dhcp-options.js";
import { type DhcpPacket, encodeDhcpPacket, LEAST_MOST_SIZE } from "../wire/dhcp-packet.js";
import { BROADCAST_ADDRESS, BROADCAST_MAC, encodeIpv4Datagram } from "../wire/ipv4.js";
import { CLIENT_PORT, SERVER_PORT } from "../ports.js";
import type { Network, Reservation } from "./settings.js";

/** IP's and UDP's headers, which a client's largest message size counts (RFC 2132, 9.10). */
const HEADERS = 28;
const LARGEST = 1500 - HEADERS;
const DEFAULT_ROUTE = "0.0.0.0/0";

/** A server's answer, before it is made bytes. */
export interface Reply {
  readonly type: MessageType & ("offer" | "ack" | "nak");
  readonly to: DhcpPacket;
  /** The address that the client gets. */
  readonly yiaddr?: string | undefined;
  /** How long it may use it, in milliseconds. */
  readonly leaseTime?: number | undefined;
  readonly rapidCommit?: boolean | undefined;
  /** Why it was refused. */
  readonly message?: string | undefined;
  readonly reservation?: Reservation | undefined;
}

/** The options that there are to tell a client, wanted or not. */
function toldOptions(network: Network, reservation: Reservation | undefined): DhcpOptions {
  const { prefix, options } = network;
  const told: DhcpOptions = {
    subnetMask: subnetMask(prefix.length),
    broadcastAddress: prefix.length < 31 ? ipv4FromNumber(prefix.last) : undefined,
    hostName: reservation?.hostname,
    ...options,
    ...reservation?.options,
  };
  const { classlessStaticRoutes: routes, routers } = told;
  // A client that takes these routes does not look at the routers (RFC 3442).
  if (
    routes !== undefined &&
    routers?.[0] !== undefined &&
    !routes.some((route) => route.destination === DEFAULT_ROUTE)
  )
    told.classlessStaticRoutes = [...routes, { destination: DEFAULT_ROUTE, via: routers[0] }];
  return told;
}

/** Those of the options that the client asks for; all of them where it does not say, and what it cannot do without. */
function wantedOptions(told: DhcpOptions, { parameterRequestList: wanted }: DhcpOptions): DhcpOptions {
  if (wanted === undefined) return told;
  const codes = new Set([...wanted, dhcpOptions.code("subnetMask")]);
  return Object.fromEntries(
    Object.entries(told).filter(([name]) => name !== "unknown" && codes.has(dhcpOptions.code(name as DhcpOptionName))),
  );
}

function timesOf(leaseTime: number): DhcpOptions {
  return { leaseTime, renewalTime: leaseTime / 2, rebindingTime: leaseTime * 0.875 };
}

function packetOf(network: Network, reply: Reply): DhcpPacket {
  const { type, to, yiaddr, leaseTime, reservation } = reply;
  const identity: DhcpOptions = {
    messageType: type,
    serverIdentifier: network.address,
    clientIdentifier: to.options.clientIdentifier,
    relayAgentInformation: to.options.relayAgentInformation,
  };
  const header = { op: "reply", xid: to.xid, broadcast: to.broadcast, giaddr: to.giaddr, chaddr: to.chaddr } as const;
  if (type === "nak") return { ...header, broadcast: true, options: { ...identity, message: reply.message } };
  const boot = reservation?.boot ?? network.boot;
  return {
    ...header,
    ciaddr: type === "ack" ? to.ciaddr : undefined,
    yiaddr,
    siaddr: boot?.nextServer,
    sname: boot?.serverName,
    file: boot?.file,
    options: {
      ...wantedOptions(toldOptions(network, reservation), to.options),
      ...(leaseTime === undefined ? {} : timesOf(leaseTime)),
      ...identity,
      rapidCommit: reply.rapidCommit ? true : undefined,
    },
  };
}

/** Where an answer goes (RFC 2131, 4.1), of a client that no relay stands before. */
function destinationOf({ type, to, yiaddr }: Reply): { destination: string; destinationMac: string } {
  const everybody = { destination: BROADCAST_ADDRESS, destinationMac: BROADCAST_MAC };
  if (type === "nak") return everybody;
  if (to.ciaddr !== undefined) return { destination: to.ciaddr, destinationMac: to.chaddr };
  if (to.broadcast === true || yiaddr === undefined) return everybody;
  return { destination: yiaddr, destinationMac: to.chaddr };
}

/** The frame of an answer. */
export function replyFrame(network: Network, mac: string, reply: Reply): Buffer {
  const most = Math.min((reply.to.options.maximumMessageSize ?? 0) - HEADERS, LARGEST);
  return encodeIpv4Datagram({
    sourceMac: mac,
    source: network.address,
    sourcePort: SERVER_PORT,
    destinationPort: CLIENT_PORT,
    ...destinationOf(reply),
    payload: encodeDhcpPacket(packetOf(network, reply), Math.max(most, LEAST_MOST_SIZE)),
  });
}
