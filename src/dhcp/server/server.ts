import type { Clock } from "../clock.js";
import type { Lease } from "../leases/lease.js";
import type { LeaseTable } from "../leases/lease-table.js";
import type { FrameOrigin, Transport } from "../transport.js";
import { ipv4Number } from "../wire/address.js";
import { decodeArp } from "../wire/arp.js";
import { decodeDhcpPacket, type DhcpPacket } from "../wire/dhcp-packet.js";
import { decodeIpv4Datagram, type Ipv4Datagram } from "../wire/ipv4.js";
import { addressProbe } from "./address-probe.js";
import { assignment } from "./assignment.js";
import { type Client, clientOf, hostnameOf } from "./client.js";
import type { DhcpServerEvent } from "./events.js";
import { CLIENT_PORT, SERVER_PORT } from "../ports.js";
import { type Reply, replyFrame } from "./replies.js";
import { reservationsOf } from "./reservations.js";
import { otherServers } from "./other-servers.js";
import { type ClientPort, type DhcpServerSettings, networkOf, type Reservation } from "./settings.js";

export interface DhcpServerSurroundings {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly leases: LeaseTable;
  /**
   * The port behind which a MAC is. Where it is given, a client behind no port gets no answer, and every other only what its
   * port may have.
   */
  readonly portOf?: ((mac: string) => ClientPort | undefined) | undefined;
  /** Called before each message of a client is looked at: for whoever keeps reservations elsewhere to reserve and unreserve. */
  readonly prepare?: (() => void) | undefined;
  /** Is told what happens. */
  readonly report?: ((event: DhcpServerEvent) => void) | undefined;
}

/** A server of DHCPv4 that answers on one segment. */
export interface DhcpServer {
  /** Throws InputError. Whoever has the address loses it when he next asks. */
  reserve(reservation: Reservation): void;
  /** Forgets the reservation of an address. */
  unreserve(address: string): void;
  /** Ends a lease that its client cannot give back any more: a guest that is gone. Resolved when it is on disk. */
  endLease(address: string): Promise<void>;
  /** Asks whether there is another server: the event "otherServer" says which. */
  lookForOtherServers(): void;
  /** Answers nobody any more. What is being written is. */
  stop(): void;
}

/** A client that asks again within this time gets what is left of what it has, and nothing is written. */
const JUST_GRANTED = 5000;

/**
 * Starts a server (RFC 2131, 4.3). It knows all clients of its subnet (it is authoritative), sends its answers in frames of
 * its own, and an acknowledgement only when the lease is on disk. Relays are not served. Throws InputError.
 */
export function startDhcpServer(settings: DhcpServerSettings, surroundings: DhcpServerSurroundings): DhcpServer {
  const { transport, clock, leases, portOf, prepare, report = () => undefined } = surroundings;
  const network = networkOf(settings);
  const reservations = reservationsOf(network, settings.reservations ?? []);
  const probe = addressProbe(transport, clock);
  const others = otherServers(network.address, transport, clock, report);
  let stopped = false;

  function send(reply: Omit<Reply, "reservation">, client: Client): void {
    if (stopped) return;
    transport.send(replyFrame(network, transport.mac, { ...reply, reservation: reservations.of(client) }));
  }

  function refuse(packet: DhcpPacket, client: Client, address: string, reason: string): void {
    send({ type: "nak", to: packet, message: reason }, client);
    report({ event: "nak", mac: client.mac, address, reason });
  }

  /** What a client that asks for so long gets; never less than what makes sense, nor more than there is. */
  function leaseTimeFor({ options: { leaseTime: wanted } }: DhcpPacket): number {
    return wanted === undefined ? network.leaseTime : Math.min(network.leaseTime, Math.max(wanted, 60_000));
  }

  function grant(packet: DhcpPacket, client: Client, address: string, rapidCommit = false): void {
    const before = leases.of(client.key);
    const now = clock.now();
    const held = before?.address === address && before.until > now ? before : undefined;
    addresses.settle(client);
    if (
      held !== undefined &&
      held.mac === client.mac &&
      now - (held.until - held.duration) < JUST_GRANTED &&
      written.has(held)
    ) {
      const leaseTime = Math.floor((held.until - now) / 1000) * 1000;
      send({ type: "ack", to: packet, yiaddr: address, leaseTime, rapidCommit }, client);
      return;
    }
    const duration = leaseTimeFor(packet);
    const lease: Lease = {
      address,
      client: client.key,
      mac: client.mac,
      hostname: hostnameOf(packet) ?? held?.hostname,
      port: client.port?.name,
      duration,
      until: now + duration,
    };
    leases.commit(lease).then(
      () => {
        written.add(lease);
        send({ type: "ack", to: packet, yiaddr: address, leaseTime: duration, rapidCommit }, client);
        report({ event: "lease", lease, renewed: held !== undefined });
      },
      (error: unknown) => report({ event: "storageFailure", error }),
    );
  }

  function onDiscover(packet: DhcpPacket, client: Client): void {
    const address = addresses.offer(client, packet.options.requestedAddress);
    if (address === undefined) report({ event: "noAddress", mac: client.mac, port: client.port?.name });
    else if (network.rapidCommit && packet.options.rapidCommit) grant(packet, client, address, true);
    else send({ type: "offer", to: packet, yiaddr: address, leaseTime: leaseTimeFor(packet) }, client);
  }

  /** Selecting, rebooting, renewing or rebinding (RFC 2131, 4.3.2): what the client may have is the same in all of them. */
  function onRequest(packet: DhcpPacket, client: Client): void {
    const { serverIdentifier: server, requestedAddress } = packet.options;
    if (server !== undefined && server !== network.address) {
      addresses.settle(client);
      others.chosen(server);
      return;
    }
    const address = packet.ciaddr ?? requestedAddress;
    if (address === undefined) return;
    if (addresses.mayHave(client, address)) grant(packet, client, address);
    else refuse(packet, client, address, `${address} is not this client's here`);
  }

  function leaseHeldBy(client: Client, address: string | undefined): Lease | undefined {
    const lease = address === undefined ? undefined : leases.at(address);
    return lease?.client === client.key && lease.until > clock.now() ? lease : undefined;
  }

  function end(lease: Lease): Promise<void> {
    addresses.freed();
    return leases.end(lease).catch((error: unknown) => report({ event: "storageFailure", error }));
  }

  function onDecline(packet: DhcpPacket, client: Client): void {
    const { requestedAddress: address, serverIdentifier } = packet.options;
    if (address === undefined || serverIdentifier !== network.address || !addresses.decline(client, address)) return;
    addresses.settle(client);
    const lease = leaseHeldBy(client, address);
    if (lease !== undefined) void end(lease);
    report({ event: "decline", mac: client.mac, address });
  }

  function onRelease(packet: DhcpPacket, client: Client): void {
    const { serverIdentifier } = packet.options;
    const lease = leaseHeldBy(client, packet.ciaddr);
    if (lease === undefined || (serverIdentifier !== undefined && serverIdentifier !== network.address)) return;
    void end(lease);
    report({ event: "release", lease });
  }

  /** A client with an address of its own wants options (RFC 2131, 4.3.5). */
  function onInform(packet: DhcpPacket, client: Client): void {
    const own = packet.ciaddr === undefined ? undefined : leases.at(packet.ciaddr);
    if (own === undefined || own.client === client.key || own.until <= clock.now())
      send({ type: "ack", to: packet }, client);
  }

  function onMessage(packet: DhcpPacket, datagram: Ipv4Datagram): void {
    const { chaddr: mac } = packet;
    if (packet.giaddr !== undefined) return;
    prepare?.();
    if (mac !== datagram.sourceMac) return report({ event: "spoof", mac: datagram.sourceMac, chaddr: mac });
    const port = portOf?.(mac);
    if (portOf !== undefined && port === undefined) return;
    const client = clientOf(packet, port, network.ignoreClientId);
    switch (packet.options.messageType) {
      case "discover":
        return onDiscover(packet, client);
      case "request":
        return onRequest(packet, client);
      case "decline":
        return onDecline(packet, client);
      case "release":
        return onRelease(packet, client);
      case "inform":
        return onInform(packet, client);
    }
  }

  function onFrame(frame: Uint8Array, { partialChecksum }: FrameOrigin): void {
    const arp = decodeArp(frame);
    if (arp !== undefined) {
      probe.hear(arp);
      const { senderAddress: address, senderMac: mac } = arp;
      if (mac === transport.mac || address === "0.0.0.0") return;
      const lease = leases.at(address);
      if (lease?.mac === mac || reservations.at(address)?.mac === mac || !isOurs(address)) return;
      if (lease === undefined || lease.until <= clock.now()) addresses.seenElsewhere(address, mac);
      report({ event: "conflict", mac, address });
      return;
    }
    const datagram = decodeIpv4Datagram(frame, partialChecksum);
    if (datagram === undefined || datagram.sourceMac === transport.mac) return;
    const packet = decodeDhcpPacket(datagram.payload);
    if (packet === undefined) return;
    if (packet.op === "request" && datagram.destinationPort === SERVER_PORT) onMessage(packet, datagram);
    else if (packet.op === "reply" && datagram.destinationPort === CLIENT_PORT)
      others.heard(packet, datagram.sourceMac);
  }

  function isOurs(address: string): boolean {
    const number = ipv4Number(address);
    return network.ranges.some(({ first, last }) => number >= first && number <= last) || address === network.address;
  }

  const written = new WeakSet<Lease>();
  const ignore = transport.receive(onFrame);
  const addresses = assignment(network, reservations, leases, clock, probe);
  return {
    reserve: reservations.add,
    unreserve: reservations.remove,
    async endLease(address) {
      const lease = leases.at(address);
      if (lease === undefined || lease.until <= clock.now()) return;
      addresses.freed();
      await leases.end(lease);
      report({ event: "release", lease });
    },
    lookForOtherServers: others.ask,
    stop() {
      stopped = true;
      ignore();
      probe.stop();
      others.stop();
    },
  };
}
