import { InputError } from "../../base/errors.js";
import { NetlinkError } from "../../kernel/error.js";
import { isWithin } from "../../netlink/codecs/numbers.js";
import { type ConnectionValues, IPCTNL_MSG_CT_DELETE, IPCTNL_MSG_CT_GET, type TupleValues } from "./conntrack.js";
import type { Netfilter } from "../netfilter.js";

type Protocol = NonNullable<NonNullable<TupleValues["proto"]>["num"]>;

/** One direction of a connection. */
export interface Direction {
  source: string;
  destination: string;
  /** Of TCP, UDP and their like. */
  sourcePort?: number | undefined;
  destinationPort?: number | undefined;
}

/** A tracked connection. */
export interface TrackedConnection {
  family: "ip" | "ip6";
  protocol: Protocol;
  /** As who began sends. */
  original: Direction;
  /** As the answers come: where addresses are translated, not the same the other way round. */
  reply: Direction;
  /** 0 for none. */
  mark: number;
  zone: number;
  /** Seconds until it is forgotten. */
  timeout?: number | undefined;
  /** All that the kernel reports of it. */
  attributes: ConnectionValues;
}

/** Connections that have all of this. */
export interface ConnectionFilter {
  family?: "ip" | "ip6" | undefined;
  protocol?: Protocol | undefined;
  /**
   * A port of this machine: what comes in by it (the original destination), and what goes out from it (the destination of the
   * replies).
   */
  port?: number | undefined;
  /** An address on any side, before or after translation. */
  address?: string | undefined;
  /** Bits of the mark, under `markMask`; all of them unless given. */
  mark?: number | undefined;
  markMask?: number | undefined;
  zone?: number | undefined;
}

const ALL_BITS = 0xffffffff;

function directionOf({ ip, proto }: TupleValues): Direction | undefined {
  const source = ip?.v4Src ?? ip?.v6Src;
  const destination = ip?.v4Dst ?? ip?.v6Dst;
  if (source === undefined || destination === undefined) return undefined;
  return {
    source,
    destination,
    ...(proto?.srcPort === undefined ? {} : { sourcePort: proto.srcPort }),
    ...(proto?.dstPort === undefined ? {} : { destinationPort: proto.dstPort }),
  };
}

/** The connection that attributes report; undefined for one that lacks a direction. */
export function connectionOf(attributes: ConnectionValues): TrackedConnection | undefined {
  const { tupleOrig = {}, tupleReply = {}, mark = 0, zone = 0, timeout } = attributes;
  const [original, reply] = [directionOf(tupleOrig), directionOf(tupleReply)];
  const protocol = tupleOrig.proto?.num;
  if (original === undefined || reply === undefined || protocol === undefined) return undefined;
  const family = tupleOrig.ip?.v4Src === undefined ? "ip6" : "ip";
  return { family, protocol, original, reply, mark, zone, timeout, attributes };
}

function isMeant(connection: TrackedConnection, filter: ConnectionFilter): boolean {
  const { protocol, original, reply, zone } = connection;
  if (filter.protocol !== undefined && filter.protocol !== protocol) return false;
  if (filter.zone !== undefined && filter.zone !== zone) return false;
  const ports = [original.destinationPort, reply.destinationPort];
  if (filter.port !== undefined && !ports.includes(filter.port)) return false;
  const addresses = [original.source, original.destination, reply.source, reply.destination];
  return filter.address === undefined || addresses.includes(filter.address);
}

/** Lists the connections that the kernel tracks and that have all of the filter. Rejects with NetlinkError. */
export async function listConnections(
  { connection }: Netfilter,
  filter: ConnectionFilter = {},
): Promise<TrackedConnection[]> {
  if (filter.port !== undefined && !isWithin(filter.port, 0, 0xffff))
    throw new InputError(`${filter.port} is not a port from 0 to 65535`, "port");
  const { family, mark } = filter;
  const attributes = mark === undefined ? {} : { mark, markMask: filter.markMask ?? ALL_BITS };
  const replies = await connection.dump(IPCTNL_MSG_CT_GET, { header: { family: family ?? "unspec" }, attributes });
  return replies
    .map((reply) => connectionOf(reply.attributes))
    .filter((found): found is TrackedConnection => found !== undefined && isMeant(found, filter));
}

/**
 * Makes the kernel forget the connections that have all of the filter, one by one, and resolves with those that it did: their next
 * packet is looked at anew, by the rules of then. Throws InputError for a filter that asks for nothing. Rejects with
 * NetlinkError.
 */
export async function forgetConnections(netfilter: Netfilter, filter: ConnectionFilter): Promise<TrackedConnection[]> {
  const { protocol, port, address, mark, zone } = filter;
  if ([protocol, port, address, mark, zone].every((each) => each === undefined))
    throw new InputError("nothing says which connections are meant");
  const found = await listConnections(netfilter, filter);
  const forgotten = await Promise.all(found.map((each) => forgetConnection(netfilter, each)));
  return found.filter((_, place) => forgotten[place]);
}

/** Makes the kernel forget one connection; false when it had already. Rejects with NetlinkError. */
async function forgetConnection(
  { connection }: Netfilter,
  { family, original, protocol, attributes: { tupleOrig, id, zone } }: TrackedConnection,
): Promise<boolean> {
  const subject = `${protocol} ${original.source} to ${original.destination}`;
  try {
    // The id tells it from one with the same addresses and ports that began meanwhile.
    await connection.request(
      IPCTNL_MSG_CT_DELETE,
      { header: { family }, attributes: { tupleOrig, id, zone } },
      { subject },
    );
    return true;
  } catch (error) {
    if (error instanceof NetlinkError && error.code === "ENOENT") return false;
    throw error;
  }
}
