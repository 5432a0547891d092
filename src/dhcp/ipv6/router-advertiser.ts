import type { Clock } from "../clock.js";
import type { Transport } from "../transport.js";
import {
  ALL_NODES,
  decodeIpv6Packet,
  encodeIpv6Packet,
  ipv6Bytes,
  multicastMac,
  PROTOCOL_ICMPV6,
} from "../wire/ipv6.js";
import {
  decodeRouterAdvertisement,
  decodeRouterSolicitation,
  encodeRouterAdvertisement,
  type RouterAdvertisement,
} from "../wire/router-advertisement.js";

export interface RouterAdvertiserSettings {
  /** The link-local address that the advertisements come from: the interface's own, after it was found to be nobody else's. */
  readonly linkLocal: string;
  readonly advertisement: RouterAdvertisement;
  /** The longest and the shortest time between two that nobody asked for, in milliseconds. Undefined: 600 s, and a third of it. */
  readonly mostInterval?: number | undefined;
  readonly leastInterval?: number | undefined;
}

export interface RouterAdvertiserSurroundings {
  readonly transport: Transport;
  readonly clock: Clock;
  /** A number from 0 up to 1. Undefined: Math.random. */
  readonly random?: (() => number) | undefined;
  /** Is told of another router on the link, once. */
  readonly report?: ((event: { event: "otherRouter"; address: string; mac: string }) => void) | undefined;
}

/** Tells a link of its router. */
export interface RouterAdvertiser {
  /** Says something else from now on, and says it at once. Throws InputError. */
  update(advertisement: RouterAdvertisement): void;
  /** Says that this is no router any more (RFC 4861, 6.2.5), and stops. */
  stop(): void;
}

/** RFC 4861, 10. */
const MOST_INITIAL_INTERVAL = 16_000;
const INITIAL_ADVERTISEMENTS = 3;
const LEAST_DELAY_BETWEEN = 3_000;
const MOST_RESPONSE_DELAY = 500;
/** Neighbour discovery does not pass routers (RFC 4861, 6.1.1). */
const HOP_LIMIT = 255;
const MOST_ROUTERS_TOLD_OF = 16;

/**
 * Advertises a router (RFC 4861, 6.2): three times in a row at first, then now and then, and to who asks: by unicast where the
 * asker has an address, else to all, no more often than every 3 s. Throws InputError.
 */
export function startRouterAdvertiser(
  settings: RouterAdvertiserSettings,
  { transport, clock, random = Math.random, report = () => undefined }: RouterAdvertiserSurroundings,
): RouterAdvertiser {
  const { linkLocal, mostInterval = 600_000, leastInterval = mostInterval / 3 } = settings;
  let current = settings.advertisement;
  let message = encode(current);
  let initial = INITIAL_ADVERTISEMENTS;
  let sentToAll = -Infinity;
  let due = Infinity;
  let cancel: () => void = () => undefined;
  const others = new Set<string>();
  ipv6Bytes(linkLocal);

  function encode(advertisement: RouterAdvertisement): Buffer {
    const { options } = advertisement;
    return encodeRouterAdvertisement({
      ...advertisement,
      options: { sourceLinkLayerAddress: transport.mac, ...options },
    });
  }

  function send(payload: Buffer, destination: string, destinationMac: string): void {
    transport.send(
      encodeIpv6Packet({
        sourceMac: transport.mac,
        destinationMac,
        source: linkLocal,
        destination,
        protocol: PROTOCOL_ICMPV6,
        hopLimit: HOP_LIMIT,
        payload,
      }),
    );
  }

  function schedule(delay: number): void {
    cancel();
    due = clock.now() + delay;
    cancel = clock.after(delay, advertise);
  }

  function advertise(): void {
    send(message, ALL_NODES, multicastMac(ALL_NODES));
    sentToAll = clock.now();
    if (initial > 0) initial--;
    const delay = leastInterval + random() * (mostInterval - leastInterval);
    schedule(initial > 0 ? Math.min(delay, MOST_INITIAL_INTERVAL) : delay);
  }

  /** To all, soon, but not too often: whoever else asks until then is answered with it, too. */
  function answerAll(): void {
    const soon = Math.max(random() * MOST_RESPONSE_DELAY, sentToAll + LEAST_DELAY_BETWEEN - clock.now());
    if (clock.now() + soon < due) schedule(soon);
  }

  function onFrame(frame: Uint8Array, { partialChecksum }: { readonly partialChecksum?: boolean | undefined }): void {
    const packet = decodeIpv6Packet(frame, partialChecksum);
    if (packet?.protocol !== PROTOCOL_ICMPV6 || packet.hopLimit !== HOP_LIMIT || packet.sourceMac === transport.mac)
      return;
    const { source, sourceMac: mac, payload } = packet;
    const solicitation = decodeRouterSolicitation(payload);
    if (solicitation !== undefined) {
      const unspecified = source === "::";
      // Who has no address cannot say where it is (RFC 4861, 6.1.1).
      if (unspecified && solicitation.sourceLinkLayerAddress !== undefined) return;
      if (unspecified) answerAll();
      else send(message, source, mac);
    } else if (decodeRouterAdvertisement(payload) !== undefined && !others.has(source)) {
      if (others.size >= MOST_ROUTERS_TOLD_OF) others.clear();
      others.add(source);
      report({ event: "otherRouter", address: source, mac });
    }
  }

  const ignore = transport.receive(onFrame);
  advertise();
  return {
    update(advertisement) {
      message = encode(advertisement);
      current = advertisement;
      initial = INITIAL_ADVERTISEMENTS;
      advertise();
    },
    stop() {
      cancel();
      ignore();
      const last = encode({ ...current, routerLifetime: 0 });
      send(last, ALL_NODES, multicastMac(ALL_NODES));
    },
  };
}
