import type { Clock } from "../clock.js";
import type { LeaseTable } from "../leases/lease-table.js";
import { ipv4Number } from "../wire/address.js";
import type { AddressProbe } from "./address-probe.js";
import type { Client } from "./client.js";
import { freeAddresses } from "./free-addresses.js";
import type { Reservations } from "./reservations.js";
import { isHost, type Network } from "./settings.js";

/** For how long an address is kept for a client that it was offered to. */
const OFFER_TIME = 30_000;
/** How often in that time a client may refuse what it is offered, so that it cannot refuse all that there is. */
const MOST_DECLINES = 4;
const DECLINE_WINDOW = 10 * 60_000;

/** Which address a client gets. */
export interface Assignment {
  /** An address for a client, kept for it for a while: the reserved one, the one that it had, the one that it asks for, or any. */
  offer(client: Client, requested: string | undefined): string | undefined;
  /** Whether a client may have, or keep, an address. */
  mayHave(client: Client, address: string): boolean;
  /** The offer has become a lease, or nothing. */
  settle(client: Client): void;
  /** A client says that somebody else has the address that it was given; true when it may say so. */
  decline(client: Client, address: string): boolean;
  /** A MAC has an address that nobody gave it. */
  seenElsewhere(address: string, mac: string): void;
  /** An address has become free. */
  freed(): void;
}

interface Offer {
  readonly address: string;
  readonly client: Client;
  readonly until: number;
}

export function assignment(
  network: Network,
  reservations: Reservations,
  leases: LeaseTable,
  clock: Clock,
  probe: AddressProbe,
): Assignment {
  const offersByAddress = new Map<string, Offer>();
  const offersByClient = new Map<string, Offer>();
  const declines = new Map<string, { count: number; until: number }>();
  const free = freeAddresses(
    network,
    leases,
    clock,
    probe,
    (address) => holderOf(address) !== undefined || reservations.at(address) !== undefined,
  );

  function forget(offer: Offer): void {
    if (offersByAddress.get(offer.address) === offer) offersByAddress.delete(offer.address);
    if (offersByClient.get(offer.client.key) === offer) offersByClient.delete(offer.client.key);
  }

  /** Offers are kept in the order in which they were made, and all for as long. */
  function forgetOldOffers(): void {
    for (const offer of offersByAddress.values()) {
      if (offer.until > clock.now()) return;
      forget(offer);
    }
  }

  /** The client that has an address, or has been offered it. */
  function holderOf(address: string): string | undefined {
    const lease = leases.at(address);
    if (lease !== undefined && lease.until > clock.now()) return lease.client;
    return offersByAddress.get(address)?.client.key;
  }

  function offersTo(port: string, except: string): number {
    let count = 0;
    for (const { client } of offersByClient.values()) if (client.port?.name === port && client.key !== except) count++;
    return count;
  }

  function isWithinQuota({ port, key }: Client): boolean {
    if (port === undefined) return true;
    const most = port.mostLeases ?? 1;
    return leases.countOf(port.name, key) + offersTo(port.name, key) < most;
  }

  function isAllotted(client: Client, address: string): boolean {
    const reservation = reservations.of(client);
    const { addresses } = client.port ?? {};
    if (addresses?.includes(address) === false) return false;
    if (reservation !== undefined) return reservation.address === address;
    return reservations.at(address) === undefined && (addresses !== undefined || free.contains(address));
  }

  function mayHave(client: Client, address: string): boolean {
    forgetOldOffers();
    const holder = holderOf(address);
    return (
      isHost(network.prefix, ipv4Number(address)) &&
      address !== network.address &&
      isAllotted(client, address) &&
      (holder === undefined || holder === client.key) &&
      !free.isQuarantined(address, client.mac) &&
      isWithinQuota(client)
    );
  }

  function choose(client: Client, requested: string | undefined): string | undefined {
    const wished = [
      reservations.of(client)?.address,
      leases.of(client.key)?.address,
      offersByClient.get(client.key)?.address,
      requested,
      ...(client.port?.addresses ?? []),
    ];
    const found = wished.find((address) => address !== undefined && mayHave(client, address));
    if (found !== undefined) return found;
    const isBound = reservations.of(client) !== undefined || client.port?.addresses !== undefined;
    return isBound || !isWithinQuota(client) ? undefined : free.take();
  }

  return {
    mayHave,
    offer(client, requested) {
      forgetOldOffers();
      const address = choose(client, requested);
      if (address === undefined) return undefined;
      const before = offersByClient.get(client.key);
      if (before !== undefined) forget(before);
      const offer = { address, client, until: clock.now() + OFFER_TIME };
      offersByAddress.set(address, offer);
      offersByClient.set(client.key, offer);
      return address;
    },
    settle(client) {
      const offer = offersByClient.get(client.key);
      if (offer !== undefined) forget(offer);
    },
    decline(client, address) {
      if (holderOf(address) !== client.key) return false;
      const name = client.port?.name ?? client.mac;
      const now = clock.now();
      for (const [each, { until }] of declines) if (until <= now) declines.delete(each);
      const before = declines.get(name) ?? { count: 0, until: now + DECLINE_WINDOW };
      if (before.count >= MOST_DECLINES) return false;
      declines.set(name, { ...before, count: before.count + 1 });
      free.quarantine(address);
      return true;
    },
    seenElsewhere: free.quarantine,
    freed: free.freed,
  };
}
