import { InputError, quoted } from "../base/errors.js";
import { checkKnown } from "../base/input.js";
import { type Cancellation, checkSignal, onAbort } from "../base/signal.js";
import type { Namespace } from "../host/work/namespace.js";
import type { Values } from "../netlink/codecs/attributes.js";
import { anyMessageType } from "../netlink/message.js";
import type { Connection } from "../netlink/connection.js";
import type { bridgeCounters } from "../rtnetlink/bridge/link-statistics.js";
import { type LinkStatisticsValues, RTM_GETSTATS, RTM_NEWSTATS } from "../rtnetlink/bridge/link-statistics.js";
import { indexOf, type LinkReference } from "../rtnetlink/link/link-requests.js";
import { listLinkSummaries } from "../rtnetlink/link/link-summary.js";

/** What a link has counted, in 64 bits. */
export interface Counters {
  readonly index: number;
  readonly link: NonNullable<LinkStatisticsValues["link64"]>;
  /** Of a bridge: its VLANs and multicast. */
  readonly bridge?: Values<typeof bridgeCounters> | undefined;
  /** Of a bridge's port: its VLANs, multicast and the spanning tree. */
  readonly port?: Values<typeof bridgeCounters> | undefined;
}

type Counted = "link64" | "linkXstats" | "linkXstatsPort";

async function readCounters(connection: Connection, mask: readonly Counted[], index?: number): Promise<Counters[]> {
  const header = { filterMask: mask, index: index ?? 0 };
  const about = { reply: anyMessageType(RTM_NEWSTATS) };
  const replies =
    index === undefined
      ? (await connection.dumpOnce(RTM_GETSTATS, { header }, about)).replies
      : await connection.request(RTM_GETSTATS, { header }, about);
  return replies.flatMap(({ header: told, attributes }) => {
    const { link64, linkXstats, linkXstatsPort } = attributes as LinkStatisticsValues;
    if (link64 === undefined) return [];
    return [{ index: told.index, link: link64, bridge: linkXstats?.bridge, port: linkXstatsPort?.bridge }];
  });
}

/** What a link has counted, or every link: with what bridges count of VLANs, multicast and the spanning tree. */
export async function counters({ connection }: Namespace, link?: LinkReference): Promise<Counters[]> {
  const index = link === undefined ? undefined : await indexOf(connection, link);
  return readCounters(connection, ["link64", "linkXstats", "linkXstatsPort"], index);
}

/** What passed a link between two readings. */
export interface LinkRate {
  readonly index: number;
  readonly name: string;
  /** Milliseconds between the two. */
  readonly interval: number;
  /** Each counter's growth a second. */
  readonly perSecond: Readonly<Record<keyof Counters["link"], number>>;
}

/** Whose rates are told, and how often. */
export interface RateOptions extends Cancellation {
  /** Milliseconds from one reading to the next, 1000 unless given. */
  readonly every?: number | undefined;
}

/** The growth of counters; undefined when one of them went back: the device is another one, or its counters began anew. */
function growth(
  before: Counters["link"],
  after: Counters["link"],
  interval: number,
): LinkRate["perSecond"] | undefined {
  const rates: Record<string, number> = {};
  for (const [name, now] of Object.entries(after) as [keyof Counters["link"], bigint | number | undefined][]) {
    const difference = Number(now ?? 0) - Number(before[name] ?? 0);
    if (difference < 0) return undefined;
    rates[name] = (difference * 1000) / interval;
  }
  return rates as LinkRate["perSecond"];
}

interface Reading {
  readonly name: string;
  readonly at: number;
  readonly counted: Counters["link"];
}

/**
 * Rates between two readings, time and again, of all links. A link that came since the last reading, was recreated or has had
 * its counters reset has none until the next. Ends with the signal's reason.
 */
export async function* rates({ connection }: Namespace, options: RateOptions = {}): AsyncGenerator<LinkRate[], void> {
  checkKnown(options, ["signal", "every"], "the options of rates");
  const { every = 1000, signal } = options;
  if (!(every >= 1 && every <= 0x7fffffff))
    throw new InputError(`${quoted(every)} is not a number of milliseconds`, "every");
  let before = new Map<number, Reading>();
  for (let due = performance.now(); ; due += every) {
    checkSignal(signal);
    const [links, found] = await Promise.all([listLinkSummaries(connection), readCounters(connection, ["link64"])]);
    const at = performance.now();
    const names = new Map(links.map(({ index, name }) => [index, name]));
    const now = new Map<number, Reading>();
    const told: LinkRate[] = [];
    for (const { index, link: counted } of found) {
      const name = names.get(index);
      if (name === undefined) continue;
      now.set(index, { name, at, counted });
      const last = before.get(index);
      const interval = last === undefined ? 0 : at - last.at;
      const perSecond = last === undefined ? undefined : growth(last.counted, counted, interval);
      if (perSecond !== undefined) told.push({ index, name, interval, perSecond });
    }
    if (before.size > 0) yield told;
    before = now;
    await sleepUntil(due + every, signal);
  }
}

function sleepUntil(due: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject: (reason: Error) => void) => {
    const timer = setTimeout(
      () => {
        forget();
        resolve();
      },
      Math.max(0, due - performance.now()),
    );
    const forget = onAbort(signal, (reason) => {
      clearTimeout(timer);
      reject(reason as Error);
    });
  });
}
