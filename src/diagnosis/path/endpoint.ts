import { isIP } from "node:net";
import { InputError, quoted } from "../../base/errors.js";
import { formatInternetAddress, parseInternetAddress } from "../../netlink/codecs/internet.js";
import type { FdbEntry } from "../../rtnetlink/bridge/fdb.js";
import type { Link } from "../../rtnetlink/link/link.js";
import type { Neighbour } from "../../rtnetlink/neighbour/neighbour-requests.js";
import type { Host } from "../../host/host.js";
import { switchPortOf } from "./switch-port.js";
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

/** The first bytes of IPv4 addresses in IPv6 (RFC 4291, 2.5.5.2). */
const MAPPED = Buffer.from("00000000000000000000ffff", "hex");

/** An IP address as the kernel's are spelled here, however it is written; one that is mapped into IPv6 is of IPv4. */
function spelled(address: string): string {
  const bytes = Buffer.from(parseInternetAddress(address));
  const isMapped = bytes.length === 16 && bytes.subarray(0, MAPPED.length).equals(MAPPED);
  const own = isMapped ? bytes.subarray(MAPPED.length) : bytes;
  return formatInternetAddress(own, 0, own.length) ?? address;
}

/** Whether an address is of a group (RFC 5771, RFC 4291), or of everybody. */
function isGroup(address: string): boolean {
  return (
    /^ff/.test(address) || address === "255.255.255.255" || (isIP(address) === 4 && /^2(2[4-9]|3\d)\./.test(address))
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
    const isHost =
      named.kind === "bridge" || named.flags.includes("loopback") || switchPortOf(around, named)?.isLocal === true;
    return isHost ? { word, link: named, mac: named.address, isHost } : { word, link: named };
  }
  if (MAC.test(word)) {
    const found = behindMac(around, word);
    if (found.link === undefined) throw new InputError(`${word} is no link's here, and no bridge has heard it`);
    return found;
  }
  // The zone of a link-local address says by which link, which the other end says, too.
  const [plain = "", zone] = word.split("%");
  if (isIP(plain) === 0) throw new InputError(`${quoted(word)} is no link, MAC or IP address`);
  const address = spelled(plain);
  if (isGroup(address)) throw new InputError(`${word} is a group's: what is sent to it goes to all of them`);
  const own = addresses.find(
    (each) =>
      each.address.split("/")[0] === address &&
      (zone === undefined || links.find(({ index }) => index === each.index)?.name === zone),
  );
  if (own !== undefined) return { word, address, isHost: true, link: links.find(({ index }) => index === own.index) };
  const mac = neighbours.find((each) => each.address === address && each.lladdr !== undefined)?.lladdr;
  return mac === undefined ? { word, address } : behindMac(around, mac, address);
}
