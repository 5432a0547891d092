import type { Clock } from "../clock.js";
import { prefixLengthOf } from "../wire/address.js";
import type { DhcpOptions } from "../wire/dhcp-options.js";
import type { DhcpPacket } from "../wire/dhcp-packet.js";

/** A lease as its client holds it: what is needed to go on with it, in a form that JSON keeps. */
export interface ClientLease {
  readonly address: string;
  readonly prefixLength: number;
  /** The server that gave it. */
  readonly serverIdentifier?: string | undefined;
  /** Where frames to the server go. */
  readonly serverMac?: string | undefined;
  /** When it was asked for: milliseconds since 1970. */
  readonly obtained: number;
  /** How long it lasts from then on, in milliseconds; null: for ever. */
  readonly leaseTime: number | null;
  /** T1 and T2, from when it was asked for. */
  readonly renewalTime: number | null;
  readonly rebindingTime: number | null;
  /** What the client was known by. */
  readonly clientId?: string | undefined;
  readonly hostname?: string | undefined;
  /** What the server told: routers, resolvers, … */
  readonly options: DhcpOptions;
}

/** RFC 2131, 4.4.5. */
const RENEWAL = 0.5;
const REBINDING = 0.875;

/** T1 and T2 of a lease time, where the server does not say, or says what cannot be. */
export function timesOf(
  leaseTime: number,
  { renewalTime, rebindingTime }: DhcpOptions,
): [number | null, number | null] {
  if (leaseTime === Infinity) return [null, null];
  const t2 = rebindingTime !== undefined && rebindingTime < leaseTime ? rebindingTime : leaseTime * REBINDING;
  const t1 = renewalTime !== undefined && renewalTime < t2 ? renewalTime : Math.min(leaseTime * RENEWAL, t2);
  return [t1, t2];
}

/** The mask of an address's class, where a server tells of none. */
function classfulLength(address: string): number {
  const first = Number.parseInt(address, 10);
  if (first < 128) return 8;
  return first < 192 ? 16 : 24;
}

/** The lease that an acknowledgement gives; undefined when it gives none. `obtained`: when it was asked for. */
export function leaseFrom(
  packet: DhcpPacket,
  obtained: number,
  known: Pick<ClientLease, "serverMac" | "clientId" | "hostname">,
): ClientLease | undefined {
  const { yiaddr: address, options } = packet;
  const { leaseTime, serverIdentifier, subnetMask } = options;
  if (address === undefined || leaseTime === undefined || !(leaseTime > 0)) return undefined;
  const [renewalTime, rebindingTime] = timesOf(leaseTime, options);
  return {
    address,
    prefixLength: (subnetMask === undefined ? undefined : prefixLengthOf(subnetMask)) ?? classfulLength(address),
    serverIdentifier,
    obtained,
    leaseTime: leaseTime === Infinity ? null : leaseTime,
    renewalTime,
    rebindingTime,
    ...known,
    options,
  };
}

/** When the lease was asked for, by Clock.now. A clock that was set back since makes it no longer than it ever was. */
export function startOf(lease: ClientLease, clock: Clock): number {
  return clock.now() - Math.max(0, clock.wallTime() - lease.obtained);
}
