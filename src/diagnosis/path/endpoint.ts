import { isIP } from "node:net";
import { InputError, quoted } from "../../base/errors.js";
import type { FdbEntry } from "../../rtnetlink/bridge/fdb.js";
import type { Link } from "../../rtnetlink/link/link.js";
import type { Neighbour } from "../../rtnetlink/neighbour/neighbour-requests.js";
import type { Host } from "../../host/host.js";
import { observe, type Observation, type ObservationOptions } from "../observation.js";

/** What a path is followed through: a host's state of one moment, with whom it has heard. */
export interface Surroundings extends Observation {
  readonly fdb: readonly FdbEntry[];
  readonly neighbours: readonly Neighbour[];
}

/** Reads what a path is followed through, by requests that change nothing. */
export async function surroundingsOf(host: Host, options: ObservationOptions = {}): Promise<Surroundings> {
  const [observation, fdb, neighbours] = await Promise.all([
    observe(host, { pause: 0, ...options }),
    host.fdb.list(),
    host.neighbours.list(),
  ]);
  return { ...observation, fdb, neighbours };
}

/** Where a frame comes from, or goes to. */
export interface Endpoint {
  /** As it was given. */
  readonly word: string;
  /** The link that it is behind, where that is known. */
  readonly link?: Link | undefined;
  /** It is this host itself, by this link. */
  readonly isHost?: true | undefined;
  readonly mac?: string | undefined;
  /** Its IP address, without a length. */
  readonly address?: string | undefined;
}

const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i;

/** The entry by which a bridge sends frames to a MAC, in a VLAN or in any. */
export function entryFor({ fdb }: Surroundings, bridge: number, mac: string, vlan?: number): FdbEntry | undefined {
  return fdb.find(
    (entry) =>
      entry.master === bridge &&
      entry.address === mac &&
      (vlan === undefined || entry.vlan === undefined || entry.vlan === vlan),
  );
}

function behindMac(around: Surroundings, word: string, address?: string): Endpoint {
  const mac = word.toLowerCase();
  const own = around.links.find((link) => link.address === mac && link.kind !== "tun");
  if (own !== undefined) return { word: address ?? word, mac, address, link: own, isHost: true };
  const heard = around.fdb.find((entry) => entry.address === mac && entry.master !== undefined && !entry.local);
  const link = around.links.find(({ index }) => index === heard?.index);
  return { word: address ?? word, mac, address, link };
}

/**
 * What a word means: a link, by its name or an alternative one, which stands for what is behind it, a bridge for this host; a MAC,
 * behind the port where a bridge has heard it; an IP address, this host's own or a neighbour's. Throws InputError for what is none of these, and for a MAC that nobody has heard.
 */
export function endpointOf(around: Surroundings, word: string): Endpoint {
  const { links, addresses, neighbours } = around;
  const named = links.find(({ name, altnames = [] }) => name === word || altnames.includes(word));
  if (named !== undefined) {
    const isHost = named.kind === "bridge" || named.flags.includes("loopback");
    return isHost ? { word, link: named, mac: named.address, isHost } : { word, link: named };
  }
  if (MAC.test(word)) {
    const found = behindMac(around, word);
    if (found.link === undefined) throw new InputError(`${word} is no link's here, and no bridge has heard it`);
    return found;
  }
  if (isIP(word) === 0) throw new InputError(`${quoted(word)} is no link, MAC or IP address`);
  const own = addresses.find(({ address }) => address.split("/")[0] === word);
  if (own !== undefined)
    return { word, address: word, isHost: true, link: links.find(({ index }) => index === own.index) };
  const mac = neighbours.find(({ address, lladdr }) => address === word && lladdr !== undefined)?.lladdr;
  return mac === undefined ? { word, address: word } : behindMac(around, mac, word);
}
