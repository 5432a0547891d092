import { builtin } from "../../base/builtin.js";
import type { CurrentLease } from "../../dhcp/links/serve-dhcp.js";
import { dhcpOf, isLabel, type ResolvedNetwork, ownDns } from "../definition.js";
import type { NetworkFolders } from "../state-files.js";
import { portsFolder, readPorts } from "../guest-taps.js";
import type { KnownHosts } from "./local-answer.js";

/** The names of a network's guests, as they are when they are asked for. */
export interface GuestNames extends KnownHosts {
  /** A lease came, or has gone. */
  changed(): void;
}

/** A name, an address of it, and whose both are: a guest's by its MAC. */
interface Named {
  readonly hostname?: string | undefined;
  readonly address: string;
  readonly mac?: string | undefined;
}

/** Names that programs trust whoever has them: no guest gets one by saying so. */
const NOBODYS = ["wpad", "isatap", "localhost"];
/** Milliseconds: more than the kernel's clock for files is coarse. */
const TICK = 100;

/**
 * The names that a definition gives, then those that guests' ports were promised, then those that guests say they have: a name is whose it
 * was first.
 */
export function guestNames(
  plan: ResolvedNetwork,
  folders: NetworkFolders,
  leases: () => readonly CurrentLease[],
): GuestNames {
  const { statSync } = builtin("node:fs");
  const folder = portsFolder(folders);
  let current: { addresses: Map<string, readonly string[]>; names: Map<string, string> } | undefined;
  let portsAt: number | undefined;
  let until = Infinity;

  function all(): Named[] {
    const held = leases();
    until = performance.now() + held.reduce((least, { remaining }) => Math.min(least, remaining), Infinity);
    const ports = readPorts(folder).filter(({ network }) => network === plan.name);
    return [
      ...(ownDns(plan)?.hosts ?? []),
      ...(dhcpOf(plan)?.reservations ?? []),
      ...ports.flatMap(({ hostname, mac, addresses }) => addresses.map((address) => ({ hostname, mac, address }))),
      ...held.filter(({ hostname = "" }) => !NOBODYS.includes(hostname.toLowerCase())),
    ];
  }

  function build(): NonNullable<typeof current> {
    const addresses = new Map<string, readonly string[]>();
    const holders = new Map<string, string>();
    const names = new Map<string, string>();
    for (const { hostname, address, mac = "" } of all()) {
      const name = hostname?.toLowerCase();
      if (!isLabel(name)) continue;
      const holder = mac.toLowerCase();
      if ((holders.get(name) ?? holder) !== holder) continue;
      holders.set(name, holder);
      addresses.set(name, [...new Set([...(addresses.get(name) ?? []), address])]);
      if (!names.has(address)) names.set(address, name);
    }
    return { addresses, names };
  }

  function known(): NonNullable<typeof current> {
    const changedAt = statSync(folder, { throwIfNoEntry: false })?.mtimeMs;
    if (current === undefined || changedAt !== portsAt || performance.now() > until) {
      current = build();
      // Two changes within a tick of the kernel's clock have the same time.
      portsAt = changedAt !== undefined && Date.now() - changedAt < TICK ? NaN : changedAt;
    }
    return current;
  }

  return {
    addressesOf: (label) => known().addresses.get(label),
    nameOf: (address) => known().names.get(address),
    changed: () => (current = undefined),
  };
}
