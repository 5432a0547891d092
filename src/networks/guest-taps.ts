import { builtin } from "../base/builtin.js";
import { InputError, under } from "../base/errors.js";
import { checkSwitch } from "../base/input.js";
import type { DhcpService } from "../dhcp/links/serve-dhcp.js";
import type { Host } from "../host/host.js";
import { NetlinkError } from "../kernel/error.js";
import type { QemuTap, QemuTapOptions } from "../host/taps/qemu-tap.js";
import { randomGuestMac } from "../rtnetlink/link/random-mac.js";
import { cardFor } from "./card-pool.js";
import { dhcpOf, type ResolvedNetwork } from "./definition.js";
import { foldersOf, type NetworkFolders, records } from "./state-files.js";
import type { NetworkLease } from "./leases.js";
import { addressOfMac } from "./interface-identifier.js";
import { openVSwitchBridge } from "./open-vswitch-bridge.js";
import { guardPort, releasePort } from "./anti-spoofing.js";
import { addressNumber, addressText, isHostIn } from "./subnet.js";

/** A TAP on a network's bridge for a QEMU that is started from here. */
export interface GuestTapOptions extends Omit<QemuTapOptions, "bridge" | "macvtap"> {
  /** The guest's address of IPv4. Undefined: the one that is reserved for its MAC, else one that is free. */
  readonly address?: string | undefined;
  /** The name that is kept for it. */
  readonly hostname?: string | undefined;
  /** More addresses that it may use, of IPv4 and IPv6. */
  readonly addresses?: readonly string[] | undefined;
  /** Whether the guest can be nobody but itself. Undefined: as the network has it. */
  readonly antiSpoof?: boolean | undefined;
}

/** A TAP that waits for its QEMU, and the addresses that the guest will have. */
export interface GuestTap extends QemuTap {
  /** What DHCP will give it; undefined where the network has no DHCP. */
  readonly address: string | undefined;
  /** All addresses that are its own: by DHCP, by router advertisement from its MAC, and those that were given. */
  readonly addresses: readonly string[];
}

/** How a link that is there becomes a port of a network. */
export interface NetworkAttachOptions extends Pick<
  GuestTapOptions,
  "address" | "hostname" | "addresses" | "antiSpoof"
> {
  /** The MAC of who is behind it, whom the addresses are kept for. */
  readonly mac: string;
}

/** What is kept for who is behind a port. */
export interface NetworkAttachment {
  /** With the lengths of their prefixes; the gateway of each, where the network leads further. */
  readonly addresses: readonly { readonly address: string; readonly gateway: string | undefined }[];
}

/** What is kept of a port as long as its link is there. */
interface GuestPort {
  readonly network: string;
  readonly link: string;
  readonly index: number;
  readonly mac: string;
  readonly address?: string | undefined;
  readonly hostname?: string | undefined;
  readonly addresses: readonly string[];
  readonly antiSpoof: boolean;
  /** The network card that it is a macvtap of. */
  readonly card?: string | undefined;
}

/** The ports that are made for guests here. What changes something is called by one at a time. */
export interface GuestTaps {
  open(plan: ResolvedNetwork, options: GuestTapOptions, leases: readonly NetworkLease[]): Promise<GuestTap>;
  attach(
    plan: ResolvedNetwork,
    link: string,
    options: NetworkAttachOptions,
    leases: readonly NetworkLease[],
  ): Promise<NetworkAttachment>;
  /** Keeps nothing for who is behind such a port any more. */
  release(plan: ResolvedNetwork, link: string): Promise<void>;
  /** Those whose links are there. */
  list(): Promise<GuestPort[]>;
  /** Forgets those of a network that goes, and those that are gone. */
  end(network: string): Promise<void>;
  /** Calls whenever one comes or goes, until that is closed. */
  watch(changed: () => void): Promise<{ close(): void }>;
  /** Those that are to be guarded. */
  guarded(): Promise<GuestPort[]>;
}

const PORTS = "ports";
/** Milliseconds: more than the kernel's clock for files is coarse. */
const TICK = 100;

/** Where guests' ports are kept. */
export function portsFolder(folders: NetworkFolders): string {
  return builtin("node:path").join(foldersOf(folders).run, PORTS);
}

/** The address of IPv4 that a guest gets: the wished one, the reserved one, the one that it has a lease of, or the last that is free. */
function addressFor(
  plan: ResolvedNetwork,
  mac: string,
  wish: string | undefined,
  leases: readonly NetworkLease[],
  ports: readonly GuestPort[],
): string | undefined {
  const four = plan.subnets.find(({ subnet }) => subnet.family === "inet");
  const dhcp = dhcpOf(plan);
  if (four === undefined || dhcp === undefined) {
    if (wish !== undefined) throw new InputError(`the network ${plan.name} gives no addresses`, "address");
    return undefined;
  }
  const reserved = dhcp.reservations ?? [];
  const own = reserved.find((each) => each.mac?.toLowerCase() === mac);
  const holders = new Map<string, string>([
    [four.address, "this machine"],
    ...reserved.map((each) => [each.address, each.mac ?? each.clientId ?? "a client"] as const),
    ...leases.map((each) => [each.address, each.mac] as const),
    ...ports.flatMap((port) => port.addresses.map((each) => [each, port.mac] as const)),
  ]);
  const isFree = (address: string): boolean => [undefined, mac].includes(holders.get(address)?.toLowerCase());
  if (wish !== undefined) {
    if (!under("address", () => isHostIn(four.subnet, wish)))
      throw new InputError(`${wish} is no guest's in ${four.text}`, "address");
    if (own !== undefined && own.address !== wish)
      throw new InputError(`${own.address} is reserved for ${mac}`, "address");
    if (!isFree(wish)) throw new InputError(`${wish} is kept for ${holders.get(wish)}`, "address");
    return wish;
  }
  const known = own?.address ?? leases.find((each) => each.mac === mac)?.address;
  if (known !== undefined && isFree(known)) return known;
  for (const { first, last } of [...dhcp.ranges].reverse())
    for (let number = addressNumber(last); number >= addressNumber(first); number--) {
      const address = addressText("inet", number);
      if (isFree(address)) return address;
    }
  throw new InputError(`the network ${plan.name} has no free address`, "address");
}

/** The ports of guests in the namespace of a host. */
export function guestTaps(host: Host, folders: NetworkFolders, rules: Pick<Host, "netfilter"> = host): GuestTaps {
  const kept = records<GuestPort>(portsFolder(folders));

  async function isThere({ index, link }: GuestPort): Promise<boolean> {
    try {
      return (await host.link(index, { only: ["name"] })).name === link;
    } catch (error) {
      if (error instanceof NetlinkError && error.code === "ENODEV") return false;
      throw error;
    }
  }

  async function all(): Promise<{ port: GuestPort; isThere: boolean }[]> {
    const read = await Promise.all((await kept.names()).map((name) => kept.read(name)));
    const ports = read.filter((port) => port !== undefined);
    return Promise.all(ports.map(async (port) => ({ port, isThere: await isThere(port) })));
  }

  async function list(): Promise<GuestPort[]> {
    return (await all()).filter(({ isThere }) => isThere).map(({ port }) => port);
  }

  async function forget({ link, index, antiSpoof }: GuestPort): Promise<void> {
    if (antiSpoof) await releasePort(host, index, rules);
    await kept.remove(link);
  }

  async function end(network: string): Promise<void> {
    for (const { port, isThere } of await all()) {
      if (isThere && port.network !== network) continue;
      if (isThere && port.card !== undefined) await host.remove(port.index);
      await forget(port);
    }
  }

  /** Ports go with their QEMU, however it ends. */
  async function forgetGone(): Promise<void> {
    for (const { port, isThere } of await all()) if (!isThere) await forget(port);
  }

  /** What a guest with a MAC will have on a network. Throws InputError for what cannot be, or is another's. */
  async function assign(
    plan: ResolvedNetwork,
    mac: string,
    { address: wish, addresses: more = [], antiSpoof = plan.antiSpoof ?? false }: Omit<NetworkAttachOptions, "mac">,
    leases: readonly NetworkLease[],
  ): Promise<Pick<GuestPort, "address" | "addresses" | "antiSpoof">> {
    checkSwitch(antiSpoof, "antiSpoof");
    await forgetGone();
    if (plan.mode === "hostdev")
      throw new InputError(
        `guests of the network ${plan.name} have virtual functions and no TAP: functionForQemu`,
        "mode",
      );
    const address = addressFor(plan, mac, wish, leases, await list());
    const six = plan.subnets.find(({ subnet }) => subnet.family === "inet6" && subnet.length === 64);
    const addresses = [
      ...(address === undefined ? [] : [address]),
      ...(six === undefined ? [] : [addressOfMac(six.subnet, mac)]),
      ...more,
    ];
    if (antiSpoof && addresses.length === 0)
      throw new InputError(`the network ${plan.name} gives no addresses: say which the guest has`, "addresses");
    return { address, addresses, antiSpoof };
  }

  /** Guards a port where that is wanted, and writes it down. */
  async function keep(port: GuestPort): Promise<void> {
    const { link, mac, addresses, antiSpoof } = port;
    if (antiSpoof) await guardPort(host, { link, mac, addresses }, rules);
    await kept.write(link, port);
  }

  async function open(
    plan: ResolvedNetwork,
    options: GuestTapOptions,
    leases: readonly NetworkLease[],
  ): Promise<GuestTap> {
    const { address: wish, hostname, addresses: more, antiSpoof, ...tapOptions } = options;
    const mac = (options.mac ?? randomGuestMac()).toLowerCase();
    const assigned = await assign(plan, mac, { address: wish, addresses: more, antiSpoof }, leases);
    const { tap, card } = await wire(plan, mac, tapOptions);
    const { name: link } = tap.tap;
    const { index } = await host.link(tap.tap);
    try {
      // Nobody but this process can send by it yet.
      await keep({ network: plan.name, link, index, mac: tap.mac, hostname, card, ...assigned });
    } catch (error) {
      await tap.close();
      await tap.leave();
      await forgetGone();
      throw error;
    }
    return {
      ...tap,
      address: assigned.address,
      addresses: assigned.addresses,
      async leave() {
        await tap.leave();
        await forgetGone();
      },
    };
  }

  async function attach(
    plan: ResolvedNetwork,
    link: string,
    { mac: given, hostname, ...wish }: NetworkAttachOptions,
    leases: readonly NetworkLease[],
  ): Promise<NetworkAttachment> {
    if (plan.bridge === "")
      throw new InputError(`the network ${plan.name} has no bridge: its guests are on network cards`, "name");
    const mac = given.toLowerCase();
    const { index } = await host.link(link);
    const assigned = await assign(plan, mac, wish, leases);
    const port = { network: plan.name, link, index, mac, hostname, ...assigned };
    try {
      // Before it can send anything.
      await keep(port);
      const vlans = plan.vlans === undefined ? {} : { vlans: plan.vlans };
      if (plan.switch === "openvswitch") await host.attach(link, openVSwitchBridge(plan.bridge), vlans);
      else await host.attach(link, plan.bridge, vlans);
    } catch (error) {
      await forget(port);
      throw error;
    }
    const leads = plan.mode !== "host-only";
    return {
      addresses: assigned.addresses.flatMap((address) => {
        const of = plan.subnets.find(({ subnet }) => isHostIn(subnet, address));
        if (of === undefined) return [];
        return [{ address: `${address}/${of.subnet.length}`, gateway: leads ? of.address : undefined }];
      }),
    };
  }

  async function release(plan: ResolvedNetwork, link: string): Promise<void> {
    const port = await kept.read(link);
    if (port?.network !== plan.name) return;
    if (plan.switch === "openvswitch") await openVSwitchBridge(plan.bridge).release(link);
    await forget(port);
  }

  /** Connects a guest with what its network has for that: a bridge, or a network card of a pool. */
  async function wire(
    plan: ResolvedNetwork,
    mac: string,
    options: QemuTapOptions,
  ): Promise<{ tap: QemuTap; card?: string }> {
    if (plan.mode === "macvtap") return macvtap(plan, mac, options);
    const port = plan.vlans === undefined ? options.port : { vlans: plan.vlans, ...options.port };
    if (plan.switch !== "openvswitch")
      return { tap: await host.tapForQemu({ ...options, port, mac, bridge: plan.bridge }) };
    return { tap: await host.tapForQemu({ ...options, port, mac, bridge: openVSwitchBridge(plan.bridge) }) };
  }

  /** A macvtap is there for as long as its guest: it goes when it is left. */
  async function macvtap(
    plan: ResolvedNetwork,
    mac: string,
    { mac: given, ...options }: QemuTapOptions,
  ): Promise<{ tap: QemuTap; card: string }> {
    const { name = `mvt${mac.slice(-8).replaceAll(":", "")}`, port, ...more } = options;
    if (port !== undefined) throw new InputError("a macvtap is no port of a bridge", "port");
    const card = cardFor(
      plan,
      (await list()).flatMap((each) => each.card ?? []),
    );
    const link = await host.addMacvtap(name, { link: card, mode: plan.macvtapMode ?? "bridge", address: mac });
    const leave = (): Promise<void> => host.remove(link);
    try {
      // Else it is the card's; with the macvtap, the kernel gives the card its own again.
      if (plan.macvtapMode === "passthru" && given !== undefined) await host.setLink(link, { address: mac });
      const tap = await host.tapForQemu({ ...more, macvtap: link });
      return { tap: { ...tap, leave }, card };
    } catch (error) {
      await leave();
      throw error;
    }
  }

  return {
    open,
    attach,
    release,
    list,
    end,
    async watch(changed) {
      const folder = portsFolder(folders);
      await builtin("node:fs/promises").mkdir(folder, { recursive: true, mode: 0o755 });
      return builtin("node:fs").watch(folder, changed);
    },
    async guarded() {
      await forgetGone();
      return (await list()).filter(({ antiSpoof }) => antiSpoof);
    },
  };
}

/** The ports that are kept in a folder, without whether their links are there; nothing of what has gone since it was listed. */
export function readPorts(folder: string): GuestPort[] {
  const { readdirSync, readFileSync } = builtin("node:fs");
  const unlessGone = <T>(read: () => T, otherwise: T): T => {
    try {
      return read();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return otherwise;
      throw error;
    }
  };
  return unlessGone(() => readdirSync(folder), [])
    .filter((name) => name.endsWith(".json"))
    .flatMap((name) => unlessGone(() => [JSON.parse(readFileSync(`${folder}/${name}`, "utf8")) as GuestPort], []));
}

/**
 * Has a server keep the addresses of a network's guests for them, as they are when it is asked: to be called before each of its answers.
 */
export function guestReservations(
  folders: NetworkFolders,
  network: string,
  server: () => DhcpService | undefined,
): () => void {
  const { statSync } = builtin("node:fs");
  const folder = portsFolder(folders);
  const reserved = new Map<string, string>();
  let seen: number | undefined;

  return () => {
    const changed = statSync(folder, { throwIfNoEntry: false })?.mtimeMs;
    const dhcp = server();
    if (changed === seen || dhcp === undefined) return;
    const ports = readPorts(folder).filter((port) => port.network === network && port.address !== undefined);
    const wanted = new Map(ports.map((port) => [port.address!, port] as const));
    for (const [address, mac] of reserved)
      if (wanted.get(address)?.mac !== mac) {
        dhcp.unreserve(address);
        reserved.delete(address);
      }
    for (const [address, { mac, hostname }] of wanted) {
      if (reserved.has(address)) continue;
      try {
        dhcp.reserve({ address, mac, hostname });
        reserved.set(address, mac);
      } catch (error) {
        // The network's own reservation says the same.
        if (!(error instanceof InputError)) throw error;
      }
    }
    // Two changes within a tick of the kernel's clock have the same time.
    seen = changed !== undefined && Date.now() - changed < TICK ? undefined : changed;
  };
}
