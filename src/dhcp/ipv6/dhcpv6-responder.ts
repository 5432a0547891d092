import { parseMac } from "../wire/ethernet.js";
import type { FrameOrigin, Transport } from "../transport.js";
import {
  decodeDhcpv6Message,
  type Dhcpv6Message,
  dhcpv6Options,
  type Dhcpv6Options,
  encodeDhcpv6Message,
} from "../wire/dhcpv6-message.js";
import { decodeIpv6Packet, encodeIpv6Packet, type Ipv6Packet, PROTOCOL_UDP } from "../wire/ipv6.js";

export interface Dhcpv6ResponderSettings {
  /** The link-local address that answers come from. */
  readonly linkLocal: string;
  /** What hosts are told: resolvers, domains, time servers, when to ask again. */
  readonly options: Dhcpv6Options;
}

const CLIENT_PORT = 546;
const SERVER_PORT = 547;
const UDP_HEADER = 8;
const ALL_SERVERS = "ff02::1:2";
/** A DUID of a link-layer address (DUID-LL, RFC 8415, 11.4) of Ethernet. */
const DUID_LL = "00:03:00:01";

/** The payload of UDP, checksum left to the frame. */
function udp(sourcePort: number, destinationPort: number, payload: Uint8Array): Buffer {
  const datagram = Buffer.alloc(UDP_HEADER + payload.length);
  datagram.writeUInt16BE(sourcePort, 0);
  datagram.writeUInt16BE(destinationPort, 2);
  datagram.writeUInt16BE(datagram.length, 4);
  datagram.set(payload, UDP_HEADER);
  return datagram;
}

/**
 * Answers hosts that ask by DHCPv6 for settings, not for addresses (RFC 8415, 18.3.6). Returns what stops it. Throws
 * InputError.
 */
export function startDhcpv6Responder(settings: Dhcpv6ResponderSettings, transport: Transport): () => void {
  const { linkLocal, options } = settings;
  parseMac(transport.mac);
  dhcpv6Options.payloads(options);
  const serverId = `${DUID_LL}:${transport.mac}`;

  function wanted({ optionRequest }: Dhcpv6Options): Dhcpv6Options {
    if (optionRequest === undefined) return options;
    return Object.fromEntries(
      Object.entries(options).filter(
        ([name]) =>
          name !== "unknown" && optionRequest.includes(dhcpv6Options.code(name as keyof typeof dhcpv6Options.entries)),
      ),
    );
  }

  function answer(request: Dhcpv6Message, { source, sourceMac }: Ipv6Packet): void {
    const { clientId } = request.options;
    const reply = encodeDhcpv6Message({
      type: "reply",
      transactionId: request.transactionId,
      options: { clientId, serverId, ...wanted(request.options) },
    });
    transport.send(
      encodeIpv6Packet({
        sourceMac: transport.mac,
        destinationMac: sourceMac,
        source: linkLocal,
        destination: source,
        protocol: PROTOCOL_UDP,
        hopLimit: 64,
        payload: udp(SERVER_PORT, CLIENT_PORT, reply),
      }),
    );
  }

  function onFrame(frame: Uint8Array, { partialChecksum }: FrameOrigin): void {
    const packet = decodeIpv6Packet(frame, partialChecksum);
    if (packet?.protocol !== PROTOCOL_UDP || packet.sourceMac === transport.mac) return;
    if (packet.destination !== ALL_SERVERS && packet.destination !== linkLocal) return;
    const datagram = Buffer.from(packet.payload.buffer, packet.payload.byteOffset, packet.payload.byteLength);
    const length = datagram.readUInt16BE(4);
    if (datagram.readUInt16BE(2) !== SERVER_PORT || length < UDP_HEADER || length > datagram.length) return;
    const message = decodeDhcpv6Message(datagram.subarray(UDP_HEADER, length));
    if (message?.type !== "informationRequest") return;
    // One that names another server is that one's (RFC 8415, 16.12).
    if (message.options.serverId !== undefined && message.options.serverId !== serverId) return;
    answer(message, packet);
  }

  return transport.receive(onFrame);
}
