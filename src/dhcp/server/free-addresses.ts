import type { Clock } from "../clock.js";
import type { LeaseTable } from "../leases/lease-table.js";
import { ipv4FromNumber, ipv4Number } from "../wire/address.js";
import type { AddressProbe } from "./address-probe.js";
import type { Network } from "./settings.js";

/** For how long an address is not given to anybody after somebody was found to have it. */
const QUARANTINE = 10 * 60_000;
/** How often the ranges are looked through while they are exhausted. */
const SEARCH_PAUSE = 1000;

/** Addresses of the ranges that nobody has. */
export interface FreeAddresses {
  contains(address: string): boolean;
  /** One that nobody has, of those that were found free by probing if there are some; undefined when there is none. */
  take(): string | undefined;
  /** Somebody has it who has no lease of it: a MAC, where it is known. */
  quarantine(address: string, holder?: string): void;
  /** Whether somebody else than this MAC has it. */
  isQuarantined(address: string, mac?: string): boolean;
  /** An address has become free. */
  freed(): void;
}

/** `isTaken`: what else stands against giving an address to just anybody. */
export function freeAddresses(
  { ranges, probeAhead, address: own }: Network,
  leases: LeaseTable,
  clock: Clock,
  probe: AddressProbe,
  isTaken: (address: string) => boolean,
): FreeAddresses {
  const size = ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  const quarantined = new Map<string, { readonly until: number; readonly holder: string | undefined }>();
  const probed: string[] = [];
  let underWay = 0;
  let cursor = 0;
  let noneUntil = -Infinity;

  function addressAt(place: number): string {
    let left = place;
    for (const { first, last } of ranges) {
      if (left <= last - first) return ipv4FromNumber(first + left);
      left -= last - first + 1;
    }
    throw new RangeError("outside the ranges");
  }

  function isQuarantined(address: string, mac?: string): boolean {
    const found = quarantined.get(address);
    if (found === undefined) return false;
    if (found.until > clock.now()) return mac === undefined || found.holder !== mac;
    quarantined.delete(address);
    return false;
  }

  function isUsable(address: string): boolean {
    return address !== own && !isQuarantined(address) && !isTaken(address);
  }

  /** Neither found free already nor about to be. */
  function isFresh(address: string): boolean {
    return isUsable(address) && !probe.isUnderWay(address) && !probed.includes(address);
  }

  /** An address that never was anybody's, or else the one whose lease ended first: the others may be wanted again. */
  function find(isWanted: (address: string) => boolean): string | undefined {
    if (clock.now() < noneUntil) return undefined;
    for (let tried = 0; tried < size; tried++) {
      const address = addressAt(cursor);
      cursor = (cursor + 1) % size;
      if (leases.at(address) === undefined && isWanted(address)) return address;
    }
    let oldest: { address: string; until: number } | undefined;
    for (const lease of leases.all())
      if (lease.until <= (oldest?.until ?? clock.now()) && contains(lease.address) && isWanted(lease.address))
        oldest = lease;
    if (oldest === undefined && isWanted === isUsable) noneUntil = clock.now() + SEARCH_PAUSE;
    return oldest?.address;
  }

  function contains(address: string): boolean {
    const number = ipv4Number(address);
    return ranges.some(({ first, last }) => number >= first && number <= last);
  }

  function probeAheadOfNeed(): void {
    while (probed.length + underWay < probeAhead) {
      const address = find(isFresh);
      if (address === undefined) return;
      underWay++;
      probe.begin(address, (holder) => {
        underWay--;
        if (holder !== undefined) quarantine(address, holder);
        else if (isUsable(address)) probed.push(address);
        if (holder !== undefined) probeAheadOfNeed();
      });
    }
  }

  function quarantine(address: string, holder?: string): void {
    if (!contains(address)) return;
    quarantined.set(address, { until: clock.now() + QUARANTINE, holder });
    const place = probed.indexOf(address);
    if (place >= 0) probed.splice(place, 1);
  }

  probeAheadOfNeed();
  return {
    contains,
    take() {
      let taken: string | undefined;
      while (taken === undefined && probed.length > 0) taken = [probed.shift()!].find(isUsable);
      taken ??= find(isFresh) ?? find(isUsable);
      probeAheadOfNeed();
      return taken;
    },
    quarantine,
    isQuarantined,
    freed() {
      noneUntil = -Infinity;
    },
  };
}
