import { nameBytes } from "../base/name-bytes.js";
import type { ListedBaseChain } from "../netfilter/chains/base-chains.js";
import { type Course, courseOf, type KnownBytes, type KnownPacket } from "../netfilter/rules/course.js";
import { parseInternetAddress } from "../netlink/codecs/internet.js";
import type { Link } from "../rtnetlink/link/link.js";
import type { Observation } from "./observation.js";

export type Family = "inet" | "inet6";

/** Tables of which families see packets of IPv4 and IPv6. */
const TABLES = { inet: ["ip", "inet"], inet6: ["ip6", "inet"] } as const satisfies Record<Family, readonly string[]>;

/** How people call them. */
export const spelledFamily = { inet: "IPv4", inet6: "IPv6" } as const satisfies Record<Family, string>;

/** NFPROTO_*, ETH_P_* and where addresses stand in the header (RFC 791, RFC 8200). */
const HEADERS = {
  inet: { nfproto: 2, etherType: [0x08, 0x00], size: 4, source: 12, destination: 16 },
  inet6: { nfproto: 10, etherType: [0x86, 0xdd], size: 16, source: 8, destination: 24 },
} as const satisfies Record<Family, object>;

const IFNAME_SIZE = 16;
/** NF_CT_STATE_BIT(IP_CT_NEW) (linux/netfilter/nf_conntrack_common.h). */
const NEW = 8;

function linkName(name: string): KnownBytes {
  const bytes = [...nameBytes(name)];
  return [...bytes, ...new Array<number>(IFNAME_SIZE - bytes.length).fill(0)];
}

const word = (value: number): KnownBytes => [...new Uint8Array(Uint32Array.of(value).buffer)];

/** The bytes that all addresses of a network have in common, such as "10.0.0.1/24". */
function networkBytes(network: string): KnownBytes {
  const [address = "", length = ""] = network.split("/");
  return [...parseInternetAddress(address)].map((byte, place) =>
    8 * (place + 1) <= Number(length) ? byte : undefined,
  );
}

export interface Flow {
  readonly family: Family;
  readonly from: Link;
  readonly to: Link;
  /** The network of its source, and of its destination, such as "10.0.0.1/24"; any unless given. */
  readonly source?: string | undefined;
  readonly destination?: string | undefined;
  readonly ports?: KnownPacket["ports"];
}

/** The first packet of a connection. */
function packetOf({ family, from, to, source, destination, ports }: Flow): KnownPacket {
  const header = HEADERS[family];
  const networkHeader: (number | undefined)[] = new Array<undefined>(header.destination + header.size).fill(undefined);
  for (const [place, network] of [
    [header.source, source],
    [header.destination, destination],
  ] as const)
    if (network !== undefined) networkHeader.splice(place, header.size, ...networkBytes(network));
  return {
    meta: {
      iif: word(from.index),
      oif: word(to.index),
      iifname: linkName(from.name),
      oifname: linkName(to.name),
      nfproto: [header.nfproto],
      protocol: header.etherType,
      mark: word(0),
    },
    ct: { state: word(NEW), status: word(0), direction: [0], mark: word(0) },
    networkHeader,
    ports,
  };
}

/** The base chain that a course is of. */
export interface ChainCourse extends Course {
  readonly chain: ListedBaseChain;
}

/** What the chains of nftables at a hook do with the first packet of a connection, in their order; undefined where that is not known. */
export async function coursesOf(
  { chains, ruleset }: Observation,
  hook: "forward" | "postrouting",
  flow: Flow,
): Promise<ChainCourse[] | undefined> {
  if (chains === undefined) return undefined;
  const families: readonly string[] = TABLES[flow.family];
  const met = chains.filter((chain) => chain.hook === hook && families.includes(chain.family));
  if (met.length === 0) return [];
  const rules = await ruleset();
  if (rules === undefined) return undefined;
  const packet = packetOf(flow);
  return met.map((chain) => ({ chain, ...courseOf(rules, chain, packet) }));
}

/** The first chain that drops such packets, of what is known. */
export async function dropOf(observation: Observation, flow: Flow): Promise<ChainCourse | undefined> {
  return (await coursesOf(observation, "forward", flow))?.find(({ outcome }) => outcome === "drop");
}

/** Whether such packets get another source on their way out; perhaps counts. Undefined where that is not known. */
export async function isTranslated(observation: Observation, flow: Flow): Promise<boolean | undefined> {
  const courses = await coursesOf(observation, "postrouting", flow);
  return courses?.some(({ outcome, perhaps }) => outcome === "translate" || perhaps.has("translate"));
}

/** A chain and what in it decides, in words. */
export function spelledCourse({ chain, rule }: ChainCourse): string {
  const where = `chain ${chain.chain} of table ${chain.family} ${chain.table}`;
  if (rule === undefined) {
    const count = chain.counters === undefined ? "" : `, ${chain.counters.packets} packets came to it`;
    return `${where}: its policy is drop${count}`;
  }
  const inner = rule.chain === chain.chain ? "" : `, which leads to chain ${rule.chain}`;
  return `${where}${inner}: its rule with handle ${String(rule.handle)} drops`;
}
