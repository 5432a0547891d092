import type { Connection } from "../../netlink/connection.js";
import { errnoNumber } from "../../base/errno.js";
import { NetlinkError } from "../../kernel/error.js";
import { type Message, NLM_F_ECHO } from "../../netlink/message.js";
import type { StructValues } from "../../netlink/codecs/struct.js";
import { describeLink, indexOf, type LinkReference } from "../link/link-requests.js";
import type { OptionTable, WithOptions } from "./options-by-kind.js";
import {
  type ClassValues,
  type classKinds,
  type qdiscKinds,
  type QdiscValues,
  RTM_GETQDISC,
  type TrafficHeader,
} from "./traffic-control.js";
import type { HtbOptions } from "./qdiscs/htb.js";
import { formatHandle, parseHandle, type TrafficHandle } from "./traffic-handle.js";
import { type estimator, statisticsOf, type TrafficStatistics } from "./traffic-statistics.js";

/** How a rate is estimated: averages are made every 2^(interval + 2) quarters of a second. */
export type Estimator = StructValues<(typeof estimator)["fields"]>;

/** A qdisc as the kernel reports it. */
export type Qdisc = WithOptions<typeof qdiscKinds> & {
  /** The link's index. */
  index: number;
  /** Such as "1:"; "0:" for one that the kernel put there by itself. */
  handle: TrafficHandle;
  /** "root", "clsact" or "ingress" for the qdiscs of these kinds, or the class that it belongs to. */
  parent: TrafficHandle;
  statistics?: TrafficStatistics | undefined;
  /** The kind's own counters. */
  counters?: QdiscValues["xstats"];
  /** How many refer to it. */
  refcnt: number;
};

/** A class as the kernel reports it. */
export type TrafficClass = WithOptions<typeof classKinds> & {
  /** The link's index. */
  index: number;
  /** Such as "1:10". */
  handle: TrafficHandle;
  /** Such as "1:", or "root" for a class that is below none. */
  parent: TrafficHandle;
  /** The qdisc below it, such as "10:". */
  leaf?: TrafficHandle | undefined;
  statistics?: TrafficStatistics | undefined;
  /** The kind's own counters. */
  counters?: ClassValues["xstats"];
};

/** The place of a qdisc as the kernel has it: of its two words for one place, TC_H_INGRESS and TC_H_CLSACT, the latter. */
export function qdiscPlace(parent: TrafficHandle): TrafficHandle {
  return parent === "ingress" ? "clsact" : parent;
}

/** Of an htb's default the kernel keeps the class alone, which is one of this qdisc. */
function withWholeDefault(handle: TrafficHandle, options: QdiscValues["options"]): QdiscValues["options"] {
  const { defcls } = options as HtbOptions;
  if (defcls === undefined) return options;
  const [qdisc, own] = [parseHandle(handle), parseHandle(defcls) % 0x10000];
  return { ...options, defcls: formatHandle(qdisc + own) };
}

/** The qdisc that a message reports. */
export function qdiscOf({ header, attributes }: Message<TrafficHeader, QdiscValues>): Qdisc {
  const { index, handle, info: refcnt } = header;
  const { kind = "", stats2, xstats: counters } = attributes;
  const options =
    kind === "htb" && attributes.options ? withWholeDefault(handle, attributes.options) : attributes.options;
  const parent = kind === "ingress" && header.parent === "clsact" ? "ingress" : header.parent;
  return { index, kind, handle, parent, options, statistics: statisticsOf(stats2), counters, refcnt } as Qdisc;
}

/** The class that a message reports. */
export function classOf({ header, attributes }: Message<TrafficHeader, ClassValues>): TrafficClass {
  const { index, handle, parent, info } = header;
  const { kind = "", options, stats2, xstats: counters } = attributes;
  const leaf = info === 0 ? undefined : formatHandle(info);
  return { index, kind, handle, parent, leaf, options, statistics: statisticsOf(stats2), counters } as TrafficClass;
}

/** The message, among those that a change was echoed with, that says what is there now. */
export function echoed<M extends { readonly name: string }>(
  replies: readonly M[],
  name: string,
  link: LinkReference,
): M {
  const found = replies.find((reply) => reply.name === name);
  if (found !== undefined) return found;
  const refusal = { errno: errnoNumber("EBADMSG"), syscall: name, subject: describeLink(link) };
  throw new NetlinkError({ ...refusal, kernelMessage: "it was acknowledged without a reply" });
}

/** The kernel says ENOENT where nothing ever was, and EINVAL, without a word, of what it keeps for itself. */
function isNothing(error: unknown): boolean {
  return (
    error instanceof NetlinkError && (error.code === "ENOENT" || (error.code === "EINVAL" && !error.kernelMessage))
  );
}

/** The qdisc that stands in a place of a link, by one RTM_GETQDISC; undefined when there is none. */
export async function getQdisc(
  connection: Connection,
  link: LinkReference,
  parent: TrafficHandle,
): Promise<Qdisc | undefined> {
  const index = await indexOf(connection, link);
  try {
    // Kernels before 6.8 answer only those who ask for an echo.
    const content = { flags: NLM_F_ECHO, header: { index, parent: qdiscPlace(parent) } };
    const replies = await connection.request(RTM_GETQDISC, content, { subject: describeLink(link) });
    return replies[0] && qdiscOf(replies[0]);
  } catch (error) {
    if (isNothing(error)) return undefined;
    throw error;
  }
}

/** Of options that were read, those that can be set. */
export function settable(options: object, table: OptionTable): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([name]) => table[name]?.[0].readOnly !== true));
}
