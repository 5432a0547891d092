import { NetlinkError } from "../../kernel/error.js";
import type { Link } from "../../rtnetlink/link/link.js";
import type { Route } from "../../rtnetlink/route/route-message.js";
import { networkOf, otherIn } from "../checks/routed-networks.js";
import type { Endpoint, Surroundings } from "./endpoint.js";

/** Priorities of the rules that every host has. */
const USUAL: readonly number[] = [0, 32_766, 32_767];

/** A packet that is to be routed. */
interface Packet {
  /** Where to. */
  readonly address: string;
  /** Its sender's IP address, where that is known. */
  readonly source: string | undefined;
  /** The link that it came in by; none where this host sends it. */
  readonly inlet: Link | undefined;
}

/** The route that a packet takes, as it is for that packet and as its table has it; or why there is none. */
type Answer = { readonly doubt?: string } & (
  { readonly found: Route; readonly table: Route } | { readonly why: string; readonly remedy: string }
);

/** The IP address of whoever is behind a link, or has a MAC, where this host knows just one of him. */
export function senderBehind({ neighbours, fdb }: Surroundings, { link, mac, isHost }: Endpoint): string | undefined {
  if (isHost === true) return undefined;
  const heard = fdb.filter(
    (entry) => entry.index === link?.index && entry.master !== undefined && entry.local !== true,
  );
  const macs = new Set(mac === undefined ? heard.map(({ address }) => address) : [mac]);
  const known = neighbours.filter(
    ({ lladdr, link: on, address }) =>
      !address.includes(":") && lladdr !== undefined && (macs.has(lladdr) || (mac === undefined && on === link?.index)),
  );
  return known.length === 1 ? known[0]!.address : undefined;
}

/** Whether rp_filter is why the kernel refused a packet: EXDEV, and since Linux 6.14 EINVAL, where that is strict. */
async function isRefusedBackwards(
  { setting }: Surroundings,
  inlet: Link,
  sender: string,
  { code }: NetlinkError,
): Promise<boolean> {
  if (sender.includes(":") || (code !== "EXDEV" && code !== "EINVAL")) return false;
  const modes = await Promise.all(["all", inlet.name].map((name) => setting(`net/ipv4/conf/${name}/rp_filter`)));
  return Math.max(...modes.map((mode) => Number(mode ?? 0))) === 1;
}

/** An address of IPv4 of a link's network that is not this host's. */
function somebodyOn(around: Surroundings, link: Link, family: "inet" | "inet6"): string | undefined {
  const network = networkOf(around, link, family);
  const own = new Set(around.addresses.map(({ address }) => address.split("/")[0]!));
  return network === undefined ? undefined : otherIn(network, own);
}

/**
 * The kernel's own word on where a packet goes: rules may ask for the link that it came in by and for its sender, and rp_filter
 * does. For a sender who is not known, somebody of the link's network stands.
 */
export async function lookUpRoute(around: Surroundings, { address, source, inlet }: Packet): Promise<Answer> {
  const { routes, rules } = around.host;
  const family = address.includes(":") ? "inet6" : "inet";
  const isKnown = source !== undefined && source.includes(":") === address.includes(":");
  const from = isKnown ? source : inlet && somebodyOn(around, inlet, family);
  const mayMatter =
    inlet !== undefined && !isKnown && (await rules.list({ family })).some(({ priority }) => !USUAL.includes(priority));
  const doubt = mayMatter
    ? { doubt: "there are rules of routing, which may ask for the sender's address: that is not known here" }
    : {};
  // The kernel takes no packet of IPv4 in without a sender.
  const asked = { from, iif: from === undefined && family === "inet" ? undefined : inlet?.index };
  try {
    const [found, table] = await Promise.all([
      routes.get(address, asked),
      routes.get(address, { ...asked, match: true }),
    ]);
    return { ...doubt, found, table };
  } catch (error) {
    if (!(error instanceof NetlinkError)) throw error;
    if (inlet !== undefined && from !== undefined && (await isRefusedBackwards(around, inlet, from, error)))
      return {
        ...doubt,
        why: `${inlet.name} does not take in what ${from} sends: the way back goes by another link, and rp_filter is strict`,
        remedy: `linkwright sysctl set net/ipv4/conf/${inlet.name}/rp_filter=2, or mend the routes`,
      };
    return {
      ...doubt,
      why: `there is no route to ${address} (${error.code})`,
      remedy: "linkwright route add NETWORK via=GATEWAY",
    };
  }
}
