import { readFileSync } from "node:fs";
import { noteOf } from "./ahead.mjs";
import { firstOf } from "./first.mjs";
import { findPeers } from "./peers.mjs";
import { recorder } from "./recorder.mjs";
import { FORMAT, thisMachine } from "./result.mjs";
import { verdictsOf } from "./verdicts.mjs";
import { verify } from "./verification.mjs";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

/** The floor and linkwright take part in more rounds than the others, as neighbours. */
export const OWN = ["floor", "linkwright"];

/** Contenders that start a process for each operation. */
const PROCESSES = ["ip", "ip-batch", "brctl"];

/** Contenders whose code is compiled while it runs. */
const COMPILED_LATER = ["linkwright", "npm-netlink", "node-netlink"];

/** The contenders that this machine has of those that are named, or of all, and why it lacks the others. */
export function findContenders(names) {
  const { found, missing } = findPeers({ names });
  const marks = (name) => ({
    own: OWN.includes(name),
    processes: PROCESSES.includes(name),
    compiledLater: COMPILED_LATER.includes(name),
  });
  return { found: found.map((peer) => ({ ...peer, ...marks(peer.name) })), missing };
}

/**
 * Runs sections, { name: module }, with the options of the command line, and resolves with the result. `show` is told the
 * progress: section, part, text.
 */
export async function runSections(sections, options, show) {
  const { found: chosen, missing } = findContenders(options.peers && [...OWN, ...options.peers]);
  const seconds = {};
  const timed = async (name, work) => {
    const start = performance.now();
    const outcome = await work();
    seconds[name] = Math.round((performance.now() - start) / 100) / 10;
    return outcome;
  };
  const { sound, failed } = await timed("verification", () =>
    verify(chosen, (part, text) => show("verification", part, text)),
  );
  const record = recorder();
  const skipped = [];
  const described = Object.fromEntries(withFirst(chosen).map((contender) => [contender.name, describe(contender)]));
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
    ...(most === undefined && rounds === undefined ? {} : { limits: { most, rounds } }),
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
const withFirst = (contenders) =>
  contenders.flatMap((contender) =>
    contender.name === "linkwright" ? [contender, firstOf([contender])] : [contender],
  );

/** Why a section did not run, or not to its end, if so; what the others find is kept. */
async function skip(section, work) {
  try {
    const reason = await work();
    return reason === undefined ? [] : [{ section, reason }];
  } catch (error) {
    return [{ section, reason: `it failed: ${error.message}`, failed: true }];
  }
}

/** What a section is given. */
function benchOf(section, contenders, { quick, most = Infinity, rounds = Infinity }, record, show, described) {
  const gone = new WeakSet();
  return {
    quick,
    most,
    contenders,
    record,
    /** How many rounds of those that were planned. */
    rounds: (planned) => Math.min(planned, rounds),
    progress: (part, text) => show(section, part, text),
    /** Names somebody who takes part in this section only. */
    describe: (name, contender) => (described[name] = contender),
    /**
     * Does something with a contender, or with its process. One that fails is out, and the rows say why: all of the section,
     * or those that are named.
     */
    async attempt(contender, work, ids) {
      if (gone.has(contender)) return;
      try {
        await work();
      } catch (error) {
        gone.add(contender);
        if (ids === undefined) record.failSection(section, contender.name, error.message);
        else for (const id of ids) record.fail(id, contender.name, error.message);
      }
    },
  };
}

function describe({ title, version, processes }) {
  return { title, ...(version === undefined ? {} : { version }), ...(processes ? { processes } : {}) };
}

const versionsOf = (contenders) =>
  Object.fromEntries(
    contenders
      .filter(({ name, version }) => version !== undefined && !OWN.includes(name))
      .map(({ name, version }) => [name, version]),
  );

function noted(row) {
  const note = noteOf(row);
  return note === undefined ? {} : { note };
}
