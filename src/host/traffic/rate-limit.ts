import { Writer } from "../../netlink/codecs/bytes.js";
import type { Connection } from "../../netlink/connection.js";
import { InputError, quoted, under } from "../../base/errors.js";
import { NLM_F_REPLACE } from "../../netlink/message.js";
import { checkRate } from "../../netlink/codecs/quantities.js";
import { police, type PoliceOptions, policeOptions } from "../../rtnetlink/traffic/actions/police.js";
import { type LinkSummary, getLinkSummary } from "../../rtnetlink/link/link-summary.js";
import type { LinkReference } from "../../rtnetlink/link/link-requests.js";
import { tbf, type TbfOptions } from "../../rtnetlink/traffic/qdiscs/tbf.js";
import { RTM_NEWACTION } from "../../rtnetlink/traffic/traffic-control.js";
import { getQdisc, type Qdisc, settable } from "../../rtnetlink/traffic/traffic-requests.js";
import type { TrafficStatistics } from "../../rtnetlink/traffic/traffic-statistics.js";
import { type Filter, filtersOf, listFilters } from "./filters.js";
import { describeOther, filterLimits, type OtherLimit, qdiscLimits } from "./other-limits.js";
import { qdiscsOf } from "./qdiscs.js";
import { refuse } from "../hints/own-refusals.js";
import { trafficExplained } from "../hints/traffic-hints.js";
import { type Journal, type Operation, withJournal } from "../work/journal.js";

/** Bits per second, or "unlimited", which lifts the limit. */
export type Rate = number | "unlimited";

/** How fast frames may pass a port, in the words of the host's kernel. */
export interface RateLimitOptions {
  /** What comes in by the port: what a guest sends. What exceeds it is dropped. */
  readonly ingress?: Rate | undefined;
  /** What goes out by the port: what a guest receives. What exceeds it waits, for 50 ms at most, and is dropped then. */
  readonly egress?: Rate | undefined;
  /**
   * Bytes that pass at once after a pause, of each direction that is given. Unless given, what the rate sends in 10 ms, and at
   * least 64 KiB, which a guest with offloads sends in one packet, and one frame of the port's MTU.
   */
  readonly burst?: number | undefined;
}

/** The limit of one direction. */
export interface PortRate {
  /** Bits per second. */
  rate: number;
  /** Bytes. Beyond 125 Mbit/s it is rounded to what passes in ticks of 64 ns. */
  burst: number;
  statistics?: TrafficStatistics | undefined;
}

/** The limits of a port; a direction without one is not there. */
export interface RateLimit {
  ingress?: PortRate | undefined;
  egress?: PortRate | undefined;
  /** What somebody else has put there that limits the port, or may. */
  others?: readonly OtherLimit[] | undefined;
}

const MOST = 0xffffffff;
/** The largest packet that a guest with offloads sends. */
const GSO_SIZE = 65536;
/** An Ethernet header with two VLAN tags. */
const HEADER = 22;
/** Seconds of the rate that may wait. */
const WAITING = 0.05;

/** The bytes that pass at once where none are given. */
export function burstFor(rate: number, mtu: number): number {
  return Math.min(MOST, Math.max(Math.ceil(rate / 8 / 100), GSO_SIZE) + mtu + HEADER);
}

/** A limit: bits per second, and bytes. */
export interface Wanted {
  readonly rate: number;
  readonly burst: number;
}

/** What is wanted of a direction; undefined to leave it, or to lift its limit. Throws InputError. */
function wantedOf(
  name: "ingress" | "egress",
  options: RateLimitOptions,
  { mtu, name: port }: LinkSummary,
): Wanted | undefined {
  const { [name]: rate, burst } = options;
  if (rate === undefined || rate === "unlimited") return undefined;
  under(name, () => {
    checkRate(rate);
  });
  if (burst === undefined) return { rate, burst: burstFor(rate, mtu) };
  const least = mtu + HEADER;
  if (!(Number.isInteger(burst) && burst >= least && burst <= MOST))
    throw new InputError(
      `${quoted(burst)} is not a size from ${least}, one frame of ${port}, to ${MOST} bytes`,
      "burst",
    );
  return { rate, burst };
}

/** What limits what goes out. */
export function tbfFor({ rate, burst }: Wanted): TbfOptions {
  return { rate, burst, limit: Math.min(MOST, Math.ceil((rate / 8) * WAITING) + burst) };
}

/** What limits what comes in. Filters of others are asked about what does not exceed the rate. */
export function policeFor({ rate, burst }: Wanted, former: PoliceOptions = {}): PoliceOptions {
  return { exceed: "drop", conform: "continue", ...settable(former, policeOptions), rate, burst, mtu: MOST };
}

interface Ingress {
  /** The qdiscs clsact or ingress, which filters of what comes in stand on. */
  readonly qdisc: Qdisc | undefined;
  readonly filters: readonly Filter[];
  /** Filters of what goes out, which stand on the same clsact. */
  readonly leaving: readonly Filter[];
  /** The filter that is the port's limit, and its police. */
  readonly filter: Filter | undefined;
  readonly police: PoliceOptions | undefined;
  readonly statistics: TrafficStatistics | undefined;
}

async function egressOf(connection: Connection, port: LinkSummary): Promise<Qdisc | undefined> {
  const qdisc = await getQdisc(connection, port, "root");
  return qdisc === undefined || qdisc.handle === "0:" ? undefined : qdisc;
}

/** A limit is a matchall, of this filter alone, that polices everything. */
async function ingressOf(connection: Connection, port: LinkSummary): Promise<Ingress> {
  const qdisc = await getQdisc(connection, port, "clsact");
  const filters = qdisc === undefined ? [] : await listFilters(connection, { link: port, parent: "ingress" });
  const leaving = qdisc?.kind === "clsact" ? await listFilters(connection, { link: port, parent: "egress" }) : [];
  for (const filter of filters) {
    if (filter.kind !== "matchall" || filter.protocol !== "all" || filter.options instanceof Uint8Array) continue;
    const [action] = filter.options?.actions ?? [];
    if (action?.kind !== "police" || action.options instanceof Uint8Array) continue;
    const { options, statistics } = action;
    if (options?.rate !== undefined && options.bindcnt === 1)
      return { qdisc, filters, leaving, filter, police: options, statistics };
  }
  return { qdisc, filters, leaving, filter: undefined, police: undefined, statistics: undefined };
}

/** What puts the former limit of what goes out back; it has its handle again where there is none now. */
function egressChange(port: LinkSummary, wanted: Wanted | undefined, former: Qdisc | undefined): Operation {
  const { name } = port;
  if (former === undefined)
    return {
      done: `what goes out of ${name} was limited`,
      undo: `lift the limit of what goes out of ${name}`,
      requests: (to) => qdiscsOf(to).remove(port),
    };
  const handle = wanted === undefined ? { handle: former.handle } : {};
  const options = former.options as TbfOptions | undefined;
  return {
    done: `the limit of what goes out of ${name} was ${wanted === undefined ? "lifted" : "changed"}`,
    undo: `limit what goes out of ${name} as before`,
    requests: (to) => qdiscsOf(to).replace(port, { kind: "tbf", ...handle, options }),
  };
}

/** Limits what goes out by a tbf at the root, or lifts that. */
async function setEgress(
  connection: Connection,
  port: LinkSummary,
  wanted: Wanted | undefined,
  former: Qdisc | undefined,
  journal: Journal,
): Promise<void> {
  const qdiscs = qdiscsOf(connection);
  if (wanted !== undefined) await qdiscs.replace(port, { kind: "tbf", options: tbfFor(wanted) });
  else if (former !== undefined) await qdiscs.remove(port);
  else return;
  journal.add(egressChange(port, wanted, former));
}

/** Changes a police that filters have, in one step. */
async function changePolice(connection: Connection, port: LinkSummary, options: PoliceOptions): Promise<void> {
  const attributes = { tab: [{ kind: "police" as const, options }] };
  const changed = connection.request(RTM_NEWACTION, { flags: NLM_F_REPLACE, attributes }, { subject: port.name });
  await trafficExplained(changed, { actions: ["police"] });
}

/** Lets everything come in. A clsact that no filter is left on goes, too. */
async function liftIngress(connection: Connection, port: LinkSummary, ingress: Ingress): Promise<void> {
  const { qdisc, filters, leaving, filter } = ingress;
  if (filter === undefined) return;
  const others = filters.length > 1 || leaving.length > 0;
  if (!others && qdisc?.kind === "clsact") await qdiscsOf(connection).remove(port, { parent: "clsact" });
  else await filtersOf(connection).remove(port, filter);
}

/** Where the kernel, too, puts the first filter that no priority is given for. */
export const USUAL_PRIORITY = 0xc000;

/** The priority of a filter that is asked before all others. */
function firstPriority({ filters }: Ingress): number {
  return Math.min(USUAL_PRIORITY + 1, ...filters.map(({ priority }) => priority)) - 1;
}

/** Nothing comes before 1. */
function checkPriority(ingress: Ingress, port: LinkSummary): void {
  if (firstPriority(ingress) > 0) return;
  const hint = "give it a priority of 2 or more";
  throw refuse("EBUSY", port.name, "a filter of priority 1 is asked before a limit could be", hint);
}

/** Limits what comes in by a matchall with a police, on a clsact. */
async function setIngress(
  connection: Connection,
  port: LinkSummary,
  wanted: Wanted,
  before: Ingress,
  journal: Journal,
): Promise<void> {
  if (before.police !== undefined) {
    await changePolice(connection, port, policeFor(wanted, before.police));
    return;
  }
  if (before.qdisc === undefined) {
    await qdiscsOf(connection).add(port, { kind: "clsact" });
    journal.add({
      done: `${port.name} was given a clsact`,
      undo: `remove the clsact of ${port.name}`,
      requests: (to) => qdiscsOf(to).remove(port, { parent: "clsact" }),
    });
  }
  const actions = [{ kind: "police" as const, options: policeFor(wanted) }];
  await filtersOf(connection).add(port, {
    ...{ kind: "matchall", parent: "ingress", priority: firstPriority(before) },
    options: { actions },
  });
}

/** What others have put on a port that limits it, or may. */
function othersOf(egress: Qdisc | undefined, ingress: Ingress): OtherLimit[] {
  return [
    ...ingress.filters.filter((each) => each !== ingress.filter).flatMap((each) => filterLimits(each, "ingress")),
    ...qdiscLimits(egress),
    ...ingress.leaving.flatMap((each) => filterLimits(each, "egress")),
  ];
}

/** Refuses to call a direction unlimited that somebody else limits. */
function checkUnlimited(port: LinkSummary, options: RateLimitOptions, others: readonly OtherLimit[]): void {
  const other = others.find(({ direction }) => options[direction] === "unlimited");
  if (other !== undefined) throw refuse("EBUSY", port.name, describeOther(other), "remove it first");
}

function checkOptions({ ingress, egress, burst, ...rest }: RateLimitOptions): void {
  const stray = Object.keys(rest)[0];
  if (stray !== undefined) throw new InputError("no such option; there are ingress, egress and burst", stray);
  if (burst !== undefined && typeof ingress !== "number" && typeof egress !== "number")
    throw new InputError("it belongs to a rate: give ingress or egress, too", "burst");
}

/** Limits a port. When a step fails, what was changed before is put back. */
export async function limitPort(connection: Connection, link: LinkReference, options: RateLimitOptions): Promise<void> {
  checkOptions(options);
  const port = await getLinkSummary(connection, link);
  const out = wantedOf("egress", options, port);
  const into = wantedOf("ingress", options, port);
  if (out !== undefined) tbf.write(new Writer(), tbfFor(out), {});
  if (into !== undefined) police.write(new Writer(), policeFor(into), {});
  const egress = options.egress === undefined ? undefined : await egressOf(connection, port);
  const lifts = options.egress === "unlimited" || options.ingress !== undefined;
  const ingress = lifts ? await ingressOf(connection, port) : undefined;
  if (ingress !== undefined) checkUnlimited(port, options, othersOf(egress, ingress));
  if (egress !== undefined && egress.kind !== "tbf" && out !== undefined)
    throw refuse(
      "EBUSY",
      port.name,
      describeOther({ direction: "egress", what: "qdisc", kind: egress.kind, handle: egress.handle }),
      "remove it first",
    );
  if (into !== undefined && ingress !== undefined && ingress.police === undefined) checkPriority(ingress, port);
  const limit = egress?.kind === "tbf" ? egress : undefined;
  await withJournal(connection, async (journal) => {
    if (options.egress !== undefined) await setEgress(connection, port, out, limit, journal);
    if (ingress === undefined || options.ingress === undefined) return;
    if (into === undefined) await liftIngress(connection, port, ingress);
    else await setIngress(connection, port, into, ingress, journal);
  });
}

/** The limits of a port. */
export async function limitOf(connection: Connection, link: LinkReference): Promise<RateLimit> {
  const port = await getLinkSummary(connection, link);
  const [egress, ingress] = [await egressOf(connection, port), await ingressOf(connection, port)];
  const limit: RateLimit = {};
  if (ingress.police !== undefined) limit.ingress = rateOf(ingress.police, ingress.statistics);
  if (egress?.kind === "tbf") limit.egress = rateOf(egress.options as TbfOptions, egress.statistics);
  const others = othersOf(egress, ingress);
  if (others.length > 0) limit.others = others;
  return limit;
}

function rateOf(
  { rate = 0, burst = 0 }: TbfOptions | PoliceOptions,
  statistics: TrafficStatistics | undefined,
): PortRate {
  return { rate, burst, statistics };
}
