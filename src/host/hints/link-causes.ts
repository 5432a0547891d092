import type { Connection } from "../../netlink/connection.js";
import { NetlinkError } from "../../kernel/error.js";
import { getLinkSummary } from "../../rtnetlink/link/link-summary.js";
import { getLink, type LinkSettings } from "../../rtnetlink/link/link-requests.js";
import { linksAbove } from "../work/links-above.js";
import { whoHasName } from "./name-holder.js";
import { frameTaker, inUse, isOwnMac, type Joining, unbridgeable } from "./join-causes.js";

/** A link that could not be created or changed as it should have been. */
export interface Attempt {
  /** The name that a new link was to have, unless in another namespace. */
  readonly name?: string | undefined;
  readonly kind?: string | undefined;
  readonly settings: LinkSettings;
  /** Its kind's options. */
  readonly data?: Record<string, unknown> | undefined;
  /** Index of the link below, if that is in this namespace. */
  readonly below?: number | undefined;
  readonly joining?: Joining | undefined;
}

type Search = (connection: Connection, attempt: Attempt) => Promise<string | undefined>;

async function downBelow(connection: Connection, { below }: Attempt): Promise<string | undefined> {
  if (below === undefined) return undefined;
  const { name, up } = await getLinkSummary(connection, below);
  return up ? undefined : `${name}, the link below it, is down: bring that up first`;
}

async function tooLargeForBelow(connection: Connection, { below, settings }: Attempt): Promise<string | undefined> {
  if (below === undefined || settings.mtu === undefined) return undefined;
  const { name, mtu } = await getLinkSummary(connection, below);
  return settings.mtu > mtu ? `${name}, the link below it, has an MTU of ${mtu}` : undefined;
}

const WRAPPINGS: Readonly<Record<string, string>> = {
  fou: "CONFIG_NET_FOU_IP_TUNNELS, module fou",
  gue: "CONFIG_NET_FOU_IP_TUNNELS, module fou",
};

async function loopbackBelow(connection: Connection, { below, kind }: Attempt): Promise<string | undefined> {
  if (below === undefined || kind === undefined) return undefined;
  const { name, flags } = await getLink(connection, below);
  return flags.includes("loopback") ? `${name} is the loopback link, on which no ${kind} can be` : undefined;
}

/** The kernel loads no module for the wrapping of a tunnel's packets. */
async function invalid(connection: Connection, attempt: Attempt): Promise<string | undefined> {
  const name = attempt.name ?? attempt.settings.name;
  if (name === "all" || name === "default")
    return `no link is named ${name}, which stands for every link among settings`;
  const needed = WRAPPINGS[String(attempt.data?.encapType)];
  if (needed !== undefined) return `encapType ${String(attempt.data?.encapType)} needs ${needed}, which must be loaded`;
  const unfit = attempt.joining && (await unbridgeable(connection, attempt.joining));
  return unfit ?? (await loopbackBelow(connection, attempt)) ?? tooLargeForBelow(connection, attempt);
}

async function takenBelow(connection: Connection, { below, kind }: Attempt): Promise<string | undefined> {
  if (below === undefined || kind === undefined) return undefined;
  const { name, master = 0 } = await getLinkSummary(connection, below);
  if (master !== 0)
    return `${name} is a port of ${(await getLinkSummary(connection, master)).name}, which takes its frames`;
  const other = await frameTaker(connection, below);
  return other && `${other.name}, of kind ${other.kind}, is on ${name} already, beside which no ${kind} can be`;
}

async function sameVlan(connection: Connection, { below, data = {} }: Attempt): Promise<string | undefined> {
  if (below === undefined) return undefined;
  const above = (await linksAbove(connection, [below], ["vlan"])).filter(({ link }) => link === below);
  const vlans = await Promise.all(above.map(({ index }) => getLink(connection, index)));
  const same = vlans.find(({ linkInfo }) => {
    const { id, protocol } = (linkInfo?.data ?? {}) as Record<string, unknown>;
    return id === data.id && protocol === (data.protocol ?? "802.1Q");
  });
  if (same === undefined) return undefined;
  return `VLAN ${String(data.id)} of ${(await getLinkSummary(connection, below)).name} exists already: it is ${same.name}`;
}

async function whoHasIt(connection: Connection, attempt: Attempt): Promise<string | undefined> {
  const { name, kind = "", settings } = attempt;
  const wanted = name ?? settings.name;
  const owner = wanted === undefined ? undefined : await whoHasName(connection, wanted);
  if (owner !== undefined) return owner;
  if (kind === "vlan") return sameVlan(connection, attempt);
  if (name !== undefined && /^(ip6?)?(gre(tap)?|erspan|tnl|ip|vti)|^sit$|^vti6?$/.test(kind))
    return `a link of kind ${kind} with these ends and this key exists already`;
  return undefined;
}

async function busy(connection: Connection, attempt: Attempt): Promise<string | undefined> {
  const cause = attempt.joining && (await inUse(connection, attempt.joining));
  return cause ?? takenBelow(connection, attempt);
}

/** The hardware addresses that the kernel refuses (eth_prepare_mac_addr_change, net/ethernet/eth.c). */
function unfitAddress(_connection: Connection, { settings }: Attempt): Promise<string | undefined> {
  const { address } = settings;
  if (address === undefined || isOwnMac(address)) return Promise.resolve(undefined);
  return Promise.resolve(`${address} is no link's: it is a multicast MAC, or all zeros`);
}

const SEARCHES: Readonly<Record<string, Search>> = {
  EADDRNOTAVAIL: unfitAddress,
  EBUSY: busy,
  EEXIST: whoHasIt,
  ENETDOWN: downBelow,
  EINVAL: invalid,
  ERANGE: tooLargeForBelow,
};

/** Looks around for the cause of a refusal: the error gets a hint that names the links concerned. */
export async function findCause(connection: Connection, error: unknown, attempt: Attempt): Promise<unknown> {
  if (!(error instanceof NetlinkError) || error.hint !== undefined) return error;
  try {
    const hint = await SEARCHES[error.code]?.(connection, attempt);
    return hint === undefined ? error : error.with({ hint });
  } catch {
    return error;
  }
}
