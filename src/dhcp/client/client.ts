import type { Clock } from "../clock.js";
import { CLIENT_PORT } from "../ports.js";
import type { FrameOrigin, Transport } from "../transport.js";
import { arpAnnouncement, type ArpPacket, arpProbe, contradicts, decodeArp } from "../wire/arp.js";
import type { DhcpOptions } from "../wire/dhcp-options.js";
import { decodeDhcpPacket, type DhcpPacket } from "../wire/dhcp-packet.js";
import { decodeIpv4Datagram } from "../wire/ipv4.js";
import { type ClientLease, leaseFrom, startOf } from "./client-lease.js";
import type { DhcpClientEvent, DhcpClientState, LossReason } from "./events.js";
import { type ClientMessage, messageFrame } from "./requests.js";
import { type DhcpClientSettings, planOf } from "./settings.js";

export interface DhcpClientSurroundings {
  readonly transport: Transport;
  readonly clock: Clock;
  /** A number from 0 up to 1, to draw identifiers and delays from. Undefined: Math.random. */
  readonly random?: (() => number) | undefined;
  readonly report?: ((event: DhcpClientEvent) => void) | undefined;
}

/** A client of DHCPv4 on one segment. */
export interface DhcpClient {
  readonly state: DhcpClientState;
  readonly lease: ClientLease | undefined;
  /** Asks whether the lease still holds (INIT-REBOOT): the link was away. */
  confirm(): void;
  /** Gives the address back and stops. */
  release(): void;
  /** Stops; the address stays the client's until the lease ends, and can be confirmed later. */
  stop(): void;
}

const SECOND = 1000;
/** RFC 2131, 4.1: 4 s, then twice as long each time up to 64 s, each a second more or less. */
const FIRST_DELAY = 4 * SECOND;
const LONGEST_DELAY = 64 * SECOND;
/** How often a request is sent before the client begins anew, or goes on with the lease that it holds. */
const MOST_REQUESTS = 4;
const MOST_REBOOT_REQUESTS = 2;
/** RFC 2131, 4.4.5: no more often while it renews or rebinds. */
const LEAST_RENEWAL_DELAY = 60 * SECOND;
/** RFC 2131, 3.1.5: the wait after a decline. */
const DECLINE_DELAY = 10 * SECOND;
/** RFC 5227, 1.1 and 2.4: probes, and how often an address is defended. */
const PROBES = 3;
const DEFEND_INTERVAL = 10 * SECOND;

/** Starts a client: with the lease that the settings hold, where it has not ended, else with none. Throws InputError. */
export function startDhcpClient(settings: DhcpClientSettings, surroundings: DhcpClientSurroundings): DhcpClient {
  const { transport, clock, random = Math.random, report = () => undefined } = surroundings;
  const plan = planOf(settings);
  let state: DhcpClientState = "init";
  let lease = settings.lease;
  /** When the lease was asked for, and the latest request was sent, by Clock.now. */
  let leaseStart = lease === undefined ? 0 : startOf(lease, clock);
  let requestSent = 0;
  /** The address that the client would like again. */
  let lastAddress = lease?.address;
  /** The lease whose address is being probed. */
  let probed: ClientLease | undefined;
  let offer: DhcpPacket | undefined;
  let xid = 0;
  let began = 0;
  let refusals = 0;
  let defended = -Infinity;
  let cancel: () => void = () => undefined;

  function wait(milliseconds: number, then: () => void): void {
    cancel();
    cancel = clock.after(milliseconds, then);
  }

  function enter(next: DhcpClientState): void {
    cancel();
    state = next;
  }

  function send(options: DhcpOptions, message: Pick<ClientMessage, "ciaddr" | "server"> = {}): void {
    const secs = Math.floor((clock.now() - began) / SECOND);
    transport.send(messageFrame(plan, transport.mac, { options, xid, secs, ...message }));
  }

  function newTransaction(): void {
    xid = Math.floor(random() * 2 ** 32);
  }

  /** Sends again and again with growing delays, and says when it was the last time. */
  function repeat(transmit: () => void, most: number, exhausted: () => void, attempt = 0): void {
    if (attempt > 0) report({ event: "noAnswer", state });
    if (attempt === most) return exhausted();
    requestSent = clock.now();
    transmit();
    const delay = Math.min(FIRST_DELAY * 2 ** attempt, LONGEST_DELAY) + (random() * 2 - 1) * SECOND;
    wait(delay, () => repeat(transmit, most, exhausted, attempt + 1));
  }

  function discover(): void {
    enter("selecting");
    began = clock.now();
    newTransaction();
    const options: DhcpOptions = { messageType: "discover", requestedAddress: lastAddress };
    if (plan.rapidCommit) options.rapidCommit = true;
    repeat(() => send(options), Infinity, discover);
  }

  function request(chosen: DhcpPacket): void {
    enter("requesting");
    offer = chosen;
    const { yiaddr: requestedAddress, options } = chosen;
    const { serverIdentifier } = options;
    repeat(() => send({ messageType: "request", requestedAddress, serverIdentifier }), MOST_REQUESTS, discover);
  }

  function reboot(held: ClientLease): void {
    enter("rebooting");
    began = clock.now();
    newTransaction();
    const options: DhcpOptions = { messageType: "request", requestedAddress: held.address };
    repeat(
      () => send(options),
      MOST_REBOOT_REQUESTS,
      () => keep(held),
    );
  }

  function endOf(held: ClientLease): number {
    return leaseStart + (held.leaseTime ?? Infinity);
  }

  /** Goes on with a lease until T1, or in whatever state its age demands. */
  function keep(held: ClientLease): void {
    lease = held;
    lastAddress = held.address;
    const now = clock.now();
    if (now >= endOf(held)) return lose("expired", discover);
    if (now >= leaseStart + (held.rebindingTime ?? Infinity)) return extend(held, "rebinding");
    if (now >= leaseStart + (held.renewalTime ?? Infinity)) return extend(held, "renewing");
    enter("bound");
    if (held.renewalTime !== null) wait(leaseStart + held.renewalTime - now, () => extend(held, "renewing"));
  }

  /** Asks for more time: the server at T1, every server at T2. */
  function extend(held: ClientLease, next: "renewing" | "rebinding"): void {
    if (state !== next) {
      enter(next);
      began = clock.now();
      newTransaction();
    } else report({ event: "noAnswer", state });
    const server =
      next === "renewing" && held.serverIdentifier !== undefined
        ? { address: held.serverIdentifier, mac: held.serverMac }
        : undefined;
    requestSent = clock.now();
    send({ messageType: "request" }, { ciaddr: held.address, server });
    const due = next === "renewing" ? leaseStart + (held.rebindingTime ?? Infinity) : endOf(held);
    const left = due - clock.now();
    const delay = Math.min(left, Math.max(left / 2, LEAST_RENEWAL_DELAY));
    wait(delay, () => {
      if (clock.now() >= due) keep(held);
      else extend(held, next);
    });
  }

  function lose(reason: LossReason, then: () => void): void {
    const lost = lease;
    lease = undefined;
    enter("init");
    if (lost !== undefined) report({ event: "lost", lease: lost, reason });
    // A listener may have stopped the client.
    if (state === "init") then();
  }

  function bind(held: ClientLease): void {
    const renewed = lease?.address === held.address;
    const before = lease;
    lease = held;
    refusals = 0;
    if (before !== undefined && !renewed) report({ event: "lost", lease: before, reason: "replaced" });
    keep(held);
    if (!renewed) transport.send(arpAnnouncement(transport.mac, held.address));
    report({ event: "lease", lease: held, renewed });
  }

  function probe(held: ClientLease, left = PROBES): void {
    if (left === 0) return bind(held);
    transport.send(arpProbe(transport.mac, held.address));
    wait(plan.conflictDetection / PROBES, () => probe(held, left - 1));
  }

  function onAcknowledged(packet: DhcpPacket, serverMac: string): void {
    const obtained = clock.wallTime() - (clock.now() - requestSent);
    const { clientId, hostname } = plan;
    const given = leaseFrom(packet, obtained, { serverMac, clientId, hostname });
    if (given === undefined) return;
    leaseStart = requestSent;
    const isNew = lease?.address !== given.address;
    if (!isNew || plan.conflictDetection === 0) return bind(given);
    enter("probing");
    probed = given;
    probe(given);
  }

  function onRefused(): void {
    // A server that offers what it then refuses is asked ever more seldom.
    const pause = refusals === 0 ? 0 : Math.min(SECOND * 2 ** refusals, LONGEST_DELAY);
    refusals++;
    lastAddress = undefined;
    lose("nak", () => wait(pause, discover));
  }

  function onReply(packet: DhcpPacket, serverMac: string): void {
    const { messageType, serverIdentifier, rapidCommit } = packet.options;
    if (messageType === "offer" && serverIdentifier !== undefined && packet.yiaddr !== undefined) {
      if (state === "selecting") request(packet);
      else if (state === "requesting" && serverIdentifier !== offer?.options.serverIdentifier)
        report({ event: "otherServer", address: serverIdentifier });
      return;
    }
    const isAsking = state === "requesting" || state === "rebooting" || state === "renewing" || state === "rebinding";
    const server = state === "requesting" ? offer?.options.serverIdentifier : undefined;
    if (server !== undefined && server !== serverIdentifier) return;
    if (messageType === "ack" && (isAsking || (state === "selecting" && plan.rapidCommit && rapidCommit === true)))
      onAcknowledged(packet, serverMac);
    else if (messageType === "nak" && isAsking) onRefused();
  }

  function onArp(packet: ArpPacket): void {
    if (state === "probing" && probed !== undefined && contradicts(packet, transport.mac, probed.address)) {
      const { address, serverIdentifier } = probed;
      report({ event: "conflict", address, mac: packet.senderMac });
      send({ messageType: "decline", requestedAddress: address, serverIdentifier });
      lastAddress = undefined;
      return lose("conflict", () => wait(DECLINE_DELAY, discover));
    }
    if (lease === undefined || packet.senderAddress !== lease.address || packet.senderMac === transport.mac) return;
    report({ event: "conflict", address: lease.address, mac: packet.senderMac });
    if (clock.now() - defended < DEFEND_INTERVAL) return;
    defended = clock.now();
    transport.send(arpAnnouncement(transport.mac, lease.address));
  }

  function onFrame(frame: Uint8Array, { partialChecksum }: FrameOrigin): void {
    const arp = decodeArp(frame);
    if (arp !== undefined) return onArp(arp);
    const datagram = decodeIpv4Datagram(frame, partialChecksum);
    if (datagram?.destinationPort !== CLIENT_PORT) return;
    const packet = decodeDhcpPacket(datagram.payload);
    if (packet?.op === "reply" && packet.xid === xid && packet.chaddr === transport.mac)
      onReply(packet, datagram.sourceMac);
  }

  function stop(): void {
    enter("stopped");
    ignore();
  }

  const ignore = transport.receive(onFrame);
  if (lease !== undefined && clock.now() < endOf(lease)) reboot(lease);
  else {
    lease = undefined;
    discover();
  }
  return {
    get state() {
      return state;
    },
    get lease() {
      return lease;
    },
    confirm() {
      if (lease !== undefined) reboot(lease);
      else if (state !== "stopped") discover();
    },
    release() {
      if (lease !== undefined) {
        const { address: ciaddr, serverIdentifier, serverMac: mac } = lease;
        newTransaction();
        const server = serverIdentifier === undefined ? undefined : { address: serverIdentifier, mac };
        send({ messageType: "release", serverIdentifier }, { ciaddr, server });
      }
      lose("released", stop);
    },
    stop,
  };
}
