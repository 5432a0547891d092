import type { Cancellation } from "../../base/signal.js";
import type { Connection } from "../../netlink/connection.js";
import { stated } from "../../netlink/dump.js";
import { text } from "../../netlink/codecs/codec.js";
import { InputError } from "../../base/errors.js";
import { NLM_F_CREATE, NLM_F_ECHO, NLM_F_EXCL, NLM_F_REPLACE } from "../../netlink/message.js";
import { describeLink, indexOf, type LinkReference } from "../../rtnetlink/link/link-requests.js";
import type { WithOptions } from "../../rtnetlink/traffic/options-by-kind.js";
import type { HtbOptions } from "../../rtnetlink/traffic/qdiscs/htb.js";
import type { PrioOptions } from "../../rtnetlink/traffic/qdiscs/prio.js";
import { tbfOptions } from "../../rtnetlink/traffic/qdiscs/tbf.js";
import { type qdiscKinds, RTM_DELQDISC, RTM_GETQDISC, RTM_NEWQDISC } from "../../rtnetlink/traffic/traffic-control.js";
import { parseHandle, type TrafficHandle, trafficHandle } from "../../rtnetlink/traffic/traffic-handle.js";
import {
  echoed,
  type Estimator,
  getQdisc,
  type Qdisc,
  qdiscOf,
  qdiscPlace,
  settable,
} from "../../rtnetlink/traffic/traffic-requests.js";
import { checked, type Known, like, link, object, optional } from "../work/arguments.js";
import { trafficExplained } from "../hints/traffic-hints.js";

/** A qdisc to be made or changed: its kind, the kind's options, and where it stands. */
export type QdiscSettings = WithOptions<typeof qdiscKinds> & {
  /** "root" unless given, or a class such as "1:10". The qdiscs ingress and clsact have a place of their own. */
  parent?: TrafficHandle | undefined;
  /** Such as "1:"; the kernel chooses one unless given. */
  handle?: TrafficHandle | undefined;
  /** How the rate is estimated; nothing is estimated unless given. */
  rate?: Estimator | undefined;
  /** Numbers of shared blocks of filters, for the qdiscs ingress and clsact. */
  ingressBlock?: number | undefined;
  egressBlock?: number | undefined;
};

/** Which qdiscs to list. */
export interface QdiscFilter {
  readonly link?: LinkReference | undefined;
  /** Its place: "root", "clsact" (or "ingress", which is the same), or a class. Together with a link, the kernel is asked for this one alone. */
  readonly parent?: TrafficHandle | undefined;
  readonly kind?: string | undefined;
}

/** The qdiscs of a namespace: what schedules the packets that leave a link, and where filters stand. */
export interface Qdiscs {
  /** The qdiscs, with those that the kernel put there by itself. */
  list(filter?: QdiscFilter & Cancellation): Promise<Qdisc[]>;
  /** Adds a qdisc; EEXIST where one stands that somebody has put there. */
  add(link: LinkReference, settings: QdiscSettings): Promise<Qdisc>;
  /** Adds a qdisc in the place of another; one of the same kind is changed, and keeps what waits in it. */
  replace(link: LinkReference, settings: QdiscSettings): Promise<Qdisc>;
  /** Changes what is given of a qdisc. */
  change(link: LinkReference, settings: QdiscSettings): Promise<Qdisc>;
  /**
   * Removes the qdisc in a place, of this handle and kind where they are given, with its classes and filters. The kernel puts its
   * own in the place.
   */
  remove(
    link: LinkReference,
    place?: {
      parent?: TrafficHandle | undefined;
      handle?: TrafficHandle | undefined;
      kind?: QdiscSettings["kind"] | undefined;
    },
  ): Promise<void>;
}

function placeOf({ kind, parent }: Pick<QdiscSettings, "kind" | "parent">): TrafficHandle {
  if (kind !== "ingress" && kind !== "clsact") return parent ?? "root";
  if (parent !== undefined && parent !== "clsact" && parent !== "ingress")
    throw new InputError(`a qdisc of kind ${kind} stands only in clsact`, "parent");
  return "clsact";
}

/** Kinds whose options are sent, whether or not one is given. */
const COMPLETED: ReadonlySet<string> = new Set(["htb", "prio", "tbf"]);

async function send(
  connection: Connection,
  link: LinkReference,
  flags: number,
  settings: QdiscSettings,
): Promise<Qdisc> {
  const { kind, handle, rate, ingressBlock, egressBlock } = settings;
  // Without options at all, the kernel refuses these without a word.
  const options = settings.options === undefined && COMPLETED.has(kind) ? {} : settings.options;
  const parent = placeOf(settings);
  const index = await indexOf(connection, link);
  const attributes = { kind, options, rate, ingressBlock, egressBlock };
  const replies = await trafficExplained(
    connection.request(
      RTM_NEWQDISC,
      {
        flags: flags | NLM_F_ECHO,
        header: { index, parent, handle: handle ?? "0:" },
        attributes: attributes,
      },
      { subject: describeLink(link) },
    ),
    { qdisc: kind },
  );
  return qdiscOf(echoed(replies, "RTM_NEWQDISC", link));
}

/** A prio's options as they are, with no priority in a band that there is none of when it has so many. */
function clipped({ bands, priomap }: PrioOptions, wanted = bands): PrioOptions {
  const last = wanted === undefined ? Infinity : wanted - 1;
  return { bands, priomap: priomap?.map((band) => Math.min(band, last)) };
}

/**
 * The kernel takes all of a tbf's and a prio's options or none: those that are not given are what they are now, but that priorities
 * of bands that a prio loses are in its last.
 */
async function whole(connection: Connection, link: LinkReference, settings: QdiscSettings): Promise<QdiscSettings> {
  const { kind } = settings;
  if (kind !== "tbf" && kind !== "prio") return settings;
  const present = await getQdisc(connection, link, placeOf(settings));
  if (present?.kind !== kind) return settings;
  const before =
    kind === "tbf"
      ? settable(present.options as object, tbfOptions)
      : clipped(present.options as PrioOptions, (settings.options as PrioOptions | undefined)?.bands);
  return { ...settings, options: { ...before, ...(settings.options as object) } } as QdiscSettings;
}

/** Throws InputError where the class of what no filter gives one is said to be another qdisc's, of which the kernel takes no notice. */
async function checkDefault(connection: Connection, link: LinkReference, settings: QdiscSettings): Promise<void> {
  const { defcls } = (settings.kind === "htb" ? (settings.options ?? {}) : {}) as HtbOptions;
  const qdisc = defcls === undefined ? 0 : parseHandle(defcls) - (parseHandle(defcls) % 0x10000);
  if (qdisc === 0) return;
  const handle = settings.handle ?? (await getQdisc(connection, link, placeOf(settings)))?.handle ?? "0:";
  if (parseHandle(handle) === qdisc) return;
  const own = handle === "0:" ? "which has no handle yet" : `which is ${handle}`;
  throw new InputError(`${defcls} is no class of this qdisc, ${own}`, "options.defcls");
}

async function list(connection: Connection, { link, parent, kind }: QdiscFilter): Promise<Qdisc[]> {
  const index = link === undefined ? undefined : await indexOf(connection, link);
  const found =
    index !== undefined && parent !== undefined
      ? [await getQdisc(connection, index, parent)]
      : (await connection.dump(RTM_GETQDISC, {}, { identity: stated })).map(qdiscOf);
  return found.filter(
    (qdisc): qdisc is Qdisc =>
      qdisc !== undefined &&
      (index === undefined || qdisc.index === index) &&
      (parent === undefined || qdiscPlace(qdisc.parent) === qdiscPlace(parent)) &&
      (kind === undefined || qdisc.kind === kind),
  );
}

/** What was listed can be given again: what was only reported is not looked at. */
const SETTINGS: Known<QdiscSettings & Qdisc> = {
  kind: true,
  options: true,
  parent: true,
  handle: true,
  rate: true,
  ingressBlock: true,
  egressBlock: true,
  index: true,
  statistics: true,
  counters: true,
  refcnt: true,
};
const FILTER: Known<QdiscFilter> = {
  link: true,
  parent: like(trafficHandle),
  kind: like(text()),
};

/** Qdiscs over a connection. */
export function qdiscsOf(connection: Connection): Qdiscs {
  /** The link goes by its index once it has been looked at. */
  async function sendChecked(
    link: LinkReference,
    flags: number,
    settings: QdiscSettings,
    completed: (same: LinkReference) => Promise<QdiscSettings> = () => Promise.resolve(settings),
  ): Promise<Qdisc> {
    const same = { index: await indexOf(connection, link), name: describeLink(link) };
    const all = await trafficExplained(completed(same));
    await checkDefault(connection, same, all);
    return send(connection, same, flags, all);
  }

  return checked<Qdiscs>(
    {
      list: (filter = {}) => trafficExplained(list(connection, filter)),
      add: (link, settings) => sendChecked(link, NLM_F_CREATE | NLM_F_EXCL, settings),
      replace: (link, settings) => sendChecked(link, NLM_F_CREATE | NLM_F_REPLACE, settings),
      change: (link, settings) => sendChecked(link, 0, settings, (same) => whole(connection, same, settings)),
      async remove(link, { parent = "root", handle = "0:", kind } = {}) {
        const header = { index: await indexOf(connection, link), parent: qdiscPlace(parent), handle };
        const content = { header, attributes: { kind } };
        await trafficExplained(connection.request(RTM_DELQDISC, content, { subject: describeLink(link) }));
      },
    },
    {
      list: [optional(object("filter", FILTER))],
      add: [link("link"), object("settings", SETTINGS, ["kind"])],
      replace: [link("link"), object("settings", SETTINGS, ["kind"])],
      change: [link("link"), object("settings", SETTINGS, ["kind"])],
      remove: [link("link"), optional(object("place", SETTINGS))],
    },
  );
}
