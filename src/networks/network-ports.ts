import type { Host } from "../host/host.js";
import { type Holder, tapHolders } from "../host/taps/tap-holders.js";
import type { NetworkFolders } from "./state-files.js";
import { type ResolvedNetwork, planOf } from "./definition.js";
import { guestTaps } from "./guest-taps.js";
import { networkLeases } from "./leases.js";
import { networks } from "./networks.js";

/** A port of a network, and what is known of who is behind it. */
export interface NetworkPort {
  readonly link: string;
  readonly kind: string | undefined;
  readonly up: boolean;
  readonly network: string;
  /** Who has it open, where it is a TAP: the guest's QEMU. Processes that this user may not look into are not seen. */
  readonly holders: readonly Holder[];
  /** Whether its guest can be nobody but itself. */
  readonly antiSpoof: boolean;
  /** MACs that have sent something by it, and that of its guest where `tapForQemu` has made it. */
  readonly macs: readonly string[];
  /** Their addresses: those of their leases, those that are kept for them, and those that this machine has seen them use. */
  readonly addresses: readonly string[];
  readonly hostnames: readonly string[];
  /** Bytes that the guest has sent, and that it was sent. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Frames to and from it that were dropped. */
  readonly drops: number;
}

/** The links by which guests are on a network, and what was learned there: of a bridge of Linux its ports, else those that were made. */
async function linksOf(host: Host, { bridge, switch: kind }: ResolvedNetwork, made: readonly number[]) {
  if (bridge === "" || kind !== undefined) {
    const links = await Promise.all([...made].sort((a, b) => a - b).map((index) => host.link(index)));
    return { links, entries: [], neighbours: [] };
  }
  const { index } = await host.link(bridge);
  const [ports, entries, neighbours] = await Promise.all([
    host.links({ master: bridge }),
    host.fdb.list({ bridge }),
    host.neighbours.list({ link: bridge }),
  ]);
  return { links: ports.filter(({ master }) => master === index), entries, neighbours };
}

/** The ports of a network that is up, with their guests: none for one that is not. Rejects with InputError. */
export async function networkPorts(host: Host, name: string, folders: NetworkFolders = {}): Promise<NetworkPort[]> {
  const { active, definition } = await networks(host, folders).info(name);
  if (!active) return [];
  const plan = planOf(definition);
  const [counters, made, leases] = await Promise.all([
    host.counters(),
    guestTaps(host, folders).list(),
    networkLeases(name, folders),
  ]);
  const { links, entries, neighbours } = await linksOf(
    host,
    plan,
    made.filter(({ network }) => network === name).map(({ index }) => index),
  );
  await using namespace = await host.namespaceDescriptor();
  const holders = tapHolders(namespace);
  return links.map((link) => {
    const learned = entries.filter((entry) => entry.index === link.index && entry.state !== "permanent");
    const guest = made.find((each) => each.index === link.index);
    const macs = [...new Set([...(guest === undefined ? [] : [guest.mac]), ...learned.map(({ address }) => address)])];
    const own = leases.filter(({ mac }) => macs.includes(mac));
    const seen = neighbours.filter(({ lladdr }) => lladdr !== undefined && macs.includes(lladdr));
    const counted = counters.find((each) => each.index === link.index)?.link;
    return {
      link: link.name,
      kind: link.kind,
      up: link.up,
      network: name,
      holders: holders.get(link.name) ?? [],
      antiSpoof: guest?.antiSpoof ?? false,
      macs,
      addresses: [...new Set([...(guest?.addresses ?? []), ...[...own, ...seen].map(({ address }) => address)])],
      hostnames: own.flatMap(({ hostname }) => hostname ?? []),
      sentBytes: counted?.rxBytes ?? 0,
      receivedBytes: counted?.txBytes ?? 0,
      drops: (counted?.rxDropped ?? 0) + (counted?.txDropped ?? 0),
    };
  });
}
