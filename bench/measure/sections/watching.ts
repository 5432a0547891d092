import { readFileSync } from "node:fs";
import type { Participant } from "../../contenders/participant.js";
import { provideStorm, watchersOf } from "../../contenders/watchers.js";
import { run as runProgram } from "../../../scripts/lib/run.mjs";
import { quantile } from "../../judge/statistics.js";
import type { Row } from "../../result.js";
import { clear, inTurn, type Presence, withEntered } from "../arena.js";
import { settle } from "../kernel-rest.js";
import type { Bench } from "../section.js";
import { addTaps } from "../work.js";
import { processorTime } from "./guest.js";

const full = { storms: 3, paced: 2, whole: 9, mirrors: 2, requests: 9, events: 1_000_000 };
const quick = { storms: 1, paced: 1, whole: 3, mirrors: 1, requests: 3, events: 0 };
const LINKS = 1000;
const CHANGES = 10_000;
/** Events a second, and how many, for the processor time of one. */
const RATE = 10_000;
const PACED = 20_000;
/** Bytes of a socket's buffer in which a storm has room, and half of what the system gives who does not ask, of which the kernel takes twice as many. */
const ROOM = 128 << 20;
const USUAL_ROOM = 106_496;
const TINY = 4096;
/** Beside so many links a mirror takes events in, so many a second. */
const MIRRORED = [100, 5000];
const MIRROR_RATE = 2000;
const MIRROR_EVENTS = 6000;
/** Until so many events have come, a process grows by its code and its heap's first size. */
const GROWN = 100_000;
const LONG_RATE = 25_000;
const REQUESTS = 10_000;

type Watcher = Participant & Presence;

const LISTENED = "linkwright-listened";
const USUAL = "linkwright-usual";

/** What watching links costs and misses: linkwright, ip monitor, and the subscriptions of pyroute2 and vishvananda's library. */
export async function run(bench: Bench): Promise<string | undefined> {
  const { program, missing } = provideStorm();
  if (program === undefined) return missing;
  const plan = bench.quick ? quick : full;
  const watchers = watchersOf(bench.contenders);
  for (const { name, title, version } of watchers)
    if (name !== "linkwright") bench.describe(name, { title, ...(version === undefined ? {} : { version }) });
  const ours = watchers.filter(({ name }) => name === "linkwright");
  const each = (list: readonly Participant[], round: number, text: string, work: Work): Promise<void> =>
    withEach(bench, inTurn(list, round), text, work);

  declareStorm(bench);
  const said = new Map<string, string>();
  const usual = { name: USUAL, title: "linkwright, with the system's usual buffer" };
  bench.describe(USUAL, { title: usual.title });
  const small = ours.map((watcher) => ({ ...watcher, ...usual }));
  for (let round = 0; round < bench.rounds(plan.storms); round++)
    await each([...watchers, ...small], round, "a storm", (watcher) => measureStorm(bench, watcher, program, said));
  const remark = [...said].map(([title, text]) => `${title}: ${text}`).join("; ");
  if (remark !== "") bench.record.remark(`watching.lost.${CHANGES}`, remark);

  declare(bench, "cpu", "processor time of an event, of 10,000 a second", "µs");
  for (let round = 0; round < bench.rounds(plan.paced); round++)
    await each(watchers, round, "10,000 events a second", (watcher) => measurePaced(bench, watcher, program));

  declare(bench, `whole.${LINKS}`, `a mirror of ${LINKS} links, overrun by a storm: whole again after its end`, "ms");
  await each(ours, 0, "whole again", (watcher) => measureWhole(bench, watcher, program, bench.rounds(plan.whole)));

  for (const links of MIRRORED.filter((count) => count <= Math.max(bench.most, MIRRORED[0]!))) {
    declare(bench, `mirror.${links}`, `a mirror of ${links} links takes an event in: median`, "µs");
    declare(bench, `mirror-p99.${links}`, `a mirror of ${links} links takes an event in: 99th percentile`, "µs");
    for (let round = 0; round < bench.rounds(plan.mirrors); round++)
      await each(ours, 0, `a mirror of ${links} links`, (watcher) => measureMirror(bench, watcher, program, links));
  }

  bench.describe(LISTENED, { title: "linkwright, its requests listened to" });
  declare(
    bench,
    "request",
    "processor time of a request, of 100 at once, while nobody listens on linkwright:request",
    "µs",
  );
  await each(ours, 0, "requests listened to", (watcher) =>
    measureRequests(bench, watcher, bench.rounds(plan.requests)),
  );

  if (plan.events > 0) {
    for (const count of [GROWN, plan.events])
      declare(bench, `memory.${count}`, `memory of a process after ${count} events of its watch`, "MB");
    await each(ours, 0, `${plan.events} events`, (watcher) => measureMemory(bench, watcher, program, plan.events));
  }
  return undefined;
}

type Work = (watcher: Watcher) => Promise<void>;

function declare({ record }: Bench, id: string, title: string, unit: Row["unit"]): void {
  record.row({ section: "watching", id: `watching.${id}`, title, unit });
}

function declareStorm(bench: Bench): void {
  declare(bench, `lost.${CHANGES}`, `events of ${CHANGES} changes in a storm that were not seen`, "events");
  declare(bench, `wrong.${LINKS}`, `links of ${LINKS} that are otherwise afterwards than the events say`, "links");
}

/** Does something with one contender after the other, each in a namespace of its own. */
async function withEach(bench: Bench, list: readonly Participant[], text: string, work: Work): Promise<void> {
  for (const contender of list) {
    bench.progress(0.5, `${text}: ${contender.title}`);
    await withEntered(bench, [contender], async ([entered]) => entered && bench.attempt(entered, () => work(entered)));
  }
}

interface Storm {
  /** How many changes were made, and when the last was, in milliseconds of CLOCK_MONOTONIC. */
  readonly made: number;
  readonly end: number;
}

/** Makes links for a storm; what lets it go. */
async function prepare(
  { host, pid }: Watcher,
  program: string,
  links: number,
): Promise<(changes: number, rate?: number) => Storm> {
  const indexes = (await addTaps(host, 0, links)).map(({ index }) => index);
  const first = Math.min(...indexes);
  if (Math.max(...indexes) !== first + links - 1) throw new Error("the links' indexes have gaps");
  let from = 0;
  return (changes, rate = 0) => {
    const words = [first, links, from, changes, rate].map(String);
    from += changes;
    const inside = [`--net=/proc/${pid}/ns/net`, program, ...words];
    const { status, stdout, stderr } = runProgram("nsenter", inside, { stdio: "pipe" });
    if (status !== 0) throw new Error(`the storm ended with ${status}: ${stderr}`);
    return JSON.parse(stdout) as Storm;
  };
}

async function measureStorm(bench: Bench, watcher: Watcher, program: string, said: Map<string, string>): Promise<void> {
  const storm = await prepare(watcher, program, LINKS);
  await watcher.ask("watch", ...(watcher.name === USUAL ? [USUAL_ROOM] : []));
  const { made } = storm(CHANGES);
  const { count = 0, known = {}, said: words } = await watcher.ask("report");
  const links = (await watcher.host.links()).filter(({ name }) => name !== "lo");
  bench.record.add(`watching.lost.${CHANGES}`, watcher.name, Math.max(0, made - count));
  bench.record.add(
    `watching.wrong.${LINKS}`,
    watcher.name,
    links.filter(({ index, mtu }) => known[index] !== mtu).length,
  );
  if (words !== undefined) said.set(watcher.title, words);
  await clear(watcher.host);
  await settle(LINKS);
}

async function measurePaced(bench: Bench, watcher: Watcher, program: string): Promise<void> {
  const storm = await prepare(watcher, program, LINKS);
  const { pid = watcher.pid } = await watcher.ask("watch", ROOM);
  storm(LINKS, RATE / 10);
  const { count: before = 0 } = await watcher.ask("report");
  const start = processorTime(pid);
  storm(PACED, RATE);
  const { count = 0, said = "it saw nothing" } = await watcher.ask("report");
  const time = ((processorTime(pid) - start) * 1000) / (count - before);
  if (count - before > PACED / 2) bench.record.add("watching.cpu", watcher.name, time);
  else bench.record.lack("watching.cpu", watcher.name, said);
  await clear(watcher.host);
  await settle(LINKS);
}

async function measureWhole(bench: Bench, watcher: Watcher, program: string, rounds: number): Promise<void> {
  const storm = await prepare(watcher, program, LINKS);
  await watcher.ask("mirror", TINY);
  for (let round = 0; round < rounds; round++) {
    const { end } = storm(CHANGES);
    const { at = NaN } = await watcher.ask("whole");
    bench.record.add(`watching.whole.${LINKS}`, watcher.name, Math.max(0, at - end));
  }
}

async function measureMirror(bench: Bench, watcher: Watcher, program: string, links: number): Promise<void> {
  const storm = await prepare(watcher, program, links);
  await watcher.ask("mirror", ROOM);
  storm(MIRROR_EVENTS, MIRROR_RATE);
  await watcher.ask("handled");
  storm(MIRROR_EVENTS, MIRROR_RATE);
  const { each = [] } = await watcher.ask("handled");
  bench.record.add(`watching.mirror.${links}`, watcher.name, quantile(each, 0.5));
  bench.record.add(`watching.mirror-p99.${links}`, watcher.name, quantile(each, 0.99));
}

async function measureRequests(bench: Bench, { name, ask }: Watcher, rounds: number): Promise<void> {
  await ask("requests", REQUESTS, 0);
  for (let round = 0; round < rounds; round++)
    for (const listened of round % 2 === 0 ? [0, 1] : [1, 0]) {
      const { milliseconds = NaN } = await ask("requests", REQUESTS, listened);
      bench.record.add("watching.request", listened === 1 ? LISTENED : name, (milliseconds * 1000) / REQUESTS);
    }
}

async function measureMemory(bench: Bench, watcher: Watcher, program: string, events: number): Promise<void> {
  const storm = await prepare(watcher, program, LINKS);
  await watcher.ask("watch", ROOM);
  for (const count of [GROWN, events]) {
    storm(count === GROWN ? GROWN : events - GROWN, LONG_RATE);
    const { count: seen = 0 } = await watcher.ask("report");
    if (seen < count / 2) throw new Error(`of ${count} events ${seen} were seen`);
    const kilobytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${watcher.pid}/status`, "utf8"))?.[1]);
    bench.record.add(`watching.memory.${count}`, watcher.name, kilobytes / 1024);
  }
}
