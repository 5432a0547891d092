import { CLIENT_PORT, SERVER_PORT } from "../ports.js";
import type { DhcpOptions } from "../wire/dhcp-options.js";
import { type DhcpPacket, encodeDhcpPacket } from "../wire/dhcp-packet.js";
import { BROADCAST_ADDRESS, BROADCAST_MAC, encodeIpv4Datagram, NO_ADDRESS } from "../wire/ipv4.js";
import type { ClientPlan } from "./settings.js";

/** The largest message that the client takes: a whole datagram of Ethernet. */
const LARGEST_MESSAGE = 1500;

/** A client's message, before it is made bytes. */
export interface ClientMessage {
  readonly options: DhcpOptions;
  readonly xid: number;
  /** Seconds since the client began. */
  readonly secs: number;
  /** The address that the client has, and speaks from. */
  readonly ciaddr?: string | undefined;
  /** The server that it is for; undefined: every one. */
  readonly server?: { readonly address: string; readonly mac: string | undefined } | undefined;
}

/** Options that every message has in which something is asked for (RFC 2131, table 5). */
function askingOptions(plan: ClientPlan): DhcpOptions {
  return {
    parameterRequestList: plan.request,
    maximumMessageSize: LARGEST_MESSAGE,
    hostName: plan.hostname,
    vendorClass: plan.vendorClass,
    leaseTime: plan.leaseTime,
  };
}

/** The frame of a client's message. */
export function messageFrame(plan: ClientPlan, mac: string, message: ClientMessage): Buffer {
  const { options, xid, secs, ciaddr, server } = message;
  const isAsking = options.messageType === "discover" || options.messageType === "request";
  const packet: DhcpPacket = {
    op: "request",
    xid,
    secs,
    ciaddr,
    chaddr: mac,
    options: { clientIdentifier: plan.clientId, ...(isAsking ? askingOptions(plan) : {}), ...options },
  };
  return encodeIpv4Datagram({
    sourceMac: mac,
    destinationMac: server?.mac ?? BROADCAST_MAC,
    source: ciaddr ?? NO_ADDRESS,
    destination: server?.address ?? BROADCAST_ADDRESS,
    sourcePort: CLIENT_PORT,
    destinationPort: SERVER_PORT,
    payload: encodeDhcpPacket(packet),
  });
}
