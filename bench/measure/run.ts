import { readFileSync } from "node:fs";
import { noteOf } from "../judge/ahead.js";
import { isAnotherWay } from "../judge/comparison.js";
import type { Marks, Participant, Tried } from "../contenders/participant.js";
import { firstOf } from "../contenders/first.js";
import { findPeers, type MissingPeer, type Peer } from "../contenders/peers.js";
import { type Recorder, recorder } from "./recorder.js";
import type { Bench, Section } from "./section.js";
import type { Options } from "../options.js";
import { type Contender, FORMAT, type Result, type Row, thisMachine } from "../result.js";
import { verdictsOf } from "../judge/verdicts.js";
import { verify } from "./verification.js";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

/** What of the options of the command line says what is measured. */
type Extent = Pick<Options, "quick" | "peers" | "most" | "rounds">;

/** Told the progress: section, part from 0 to 1, text. */
export type Show = (section: string, part: number, text: string) => void;

/** The floor and linkwright take part in more rounds than the others, as neighbours. */
export const OWN = ["floor", "linkwright"];

/** Contenders that start a process for each operation. */
const PROCESSES = ["ip", "ip-batch", "brctl"];

/** Contenders whose code is compiled while it runs. */
const COMPILED_LATER = ["linkwright", "linkwright-never", "linkwright-always", "npm-netlink", "node-netlink"];

/** Sections that measure each way in which linkwright's requests are executed; the others would say little more, and take longer. */
const EACH_WAY = ["latency", "reading"];

/** The contenders that this machine has of those that are named, or of all, and why it lacks the others. */
export function findContenders(names?: readonly string[]): { found: (Peer & Marks)[]; missing: MissingPeer[] } {
  const { found, missing } = findPeers({ names });
  const marks = (name: string): Marks => ({
    own: OWN.includes(name) || isAnotherWay(name),
    processes: PROCESSES.includes(name),
    compiledLater: COMPILED_LATER.includes(name),
    anotherWay: isAnotherWay(name),
  });
  return { found: found.map((peer) => ({ ...peer, ...marks(peer.name) })), missing };
}

/** Runs sections, by their names, and resolves with the result. */
export async function runSections(
  sections: Readonly<Record<string, Section>>,
  options: Extent,
  show: Show,
): Promise<Result> {
  const { found: chosen, missing } = findContenders(options.peers && [...OWN, ...options.peers]);
  const seconds: Record<string, number> = {};
  const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const start = performance.now();
    const outcome = await work();
    seconds[name] = Math.round((performance.now() - start) / 100) / 10;
    return outcome;
  };
  const { sound, failed } = await timed("verification", () =>
    verify(chosen, (part, text) => show("verification", part, text)),
  );
  const record = recorder();
  const skipped: NonNullable<Result["skipped"]> = [];
  const described: Record<string, Contender> = Object.fromEntries(
    withFirst(chosen).map((contender) => [contender.name, describe(contender)]),
  );
  for (const [name, { run }] of Object.entries(sections)) {
    const section = benchOf(name, sound, options, record, show, described);
    skipped.push(...(await timed(name, () => skip(name, () => run(section)))));
  }
  const rows = record.rows().map((row) => ({ ...row, ...noted(row) }));
  const { most, rounds } = options;
  return {
    format: FORMAT,
    date: new Date().toISOString(),
    machine: thisMachine(),
    quick: options.quick,
    ...(most === undefined && rounds === undefined
      ? {}
      : { limits: { ...(most === undefined ? {} : { most }), ...(rounds === undefined ? {} : { rounds }) } }),
    seconds,
    versions: { linkwright: version, node: process.versions.node, ...versionsOf(chosen) },
    contenders: described,
    missing: [...missing, ...failed],
    ...(skipped.length > 0 ? { skipped } : {}),
    rows,
    latencies: record.latencies().filter(({ samples }) => Object.keys(samples).length > 0),
    verdicts: verdictsOf(rows),
  };
}

/** The contenders, and behind linkwright what it is in a new process. */
const withFirst = (contenders: readonly (Tried & Marks)[]): (Tried & Marks)[] =>
  contenders.flatMap((contender) =>
    contender.name === "linkwright" ? [contender, firstOf([contender])!] : [contender],
  );

/** Why a section did not run, or not to its end, if so; what the others find is kept. */
async function skip(
  section: string,
  work: () => Promise<string | undefined> | string | undefined,
): Promise<NonNullable<Result["skipped"]>> {
  try {
    const reason = await work();
    return reason === undefined ? [] : [{ section, reason }];
  } catch (error) {
    return [{ section, reason: `it failed: ${(error as Error).message}`, failed: true }];
  }
}

/** What a section is given. */
function benchOf(
  section: string,
  contenders: readonly Participant[],
  { quick, most = Infinity, rounds = Infinity }: Extent,
  record: Recorder,
  show: Show,
  described: Record<string, Contender>,
): Bench {
  const gone = new WeakSet<Tried>();
  return {
    quick,
    most,
    contenders: contenders.filter(({ anotherWay }) => !anotherWay || EACH_WAY.includes(section)),
    record,
    rounds: (planned) => Math.min(planned, rounds),
    progress: (part, text) => show(section, part, text),
    describe: (name, contender) => void (described[name] = contender),
    async attempt(contender, work, ids) {
      if (gone.has(contender)) return;
      try {
        await work();
      } catch (error) {
        gone.add(contender);
        if (ids === undefined) record.failSection(section, contender.name, (error as Error).message);
        else for (const id of ids) record.fail(id, contender.name, (error as Error).message);
      }
    },
  };
}

function describe({ title, version, processes }: Tried & Marks): Contender {
  return { title, ...(version === undefined ? {} : { version }), ...(processes ? { processes } : {}) };
}

const versionsOf = (contenders: readonly Peer[]): Record<string, string> =>
  Object.fromEntries(
    contenders.flatMap(({ name, version }) => (version === undefined || OWN.includes(name) ? [] : [[name, version]])),
  );

function noted(row: Row): { note?: string } {
  const note = noteOf(row);
  return note === undefined ? {} : { note };
}
