import { floorOf, oursOf } from "./comparison.mjs";
import { changeOfMedian, median, ratios } from "./statistics.mjs";

const SECTIONS = ["latency", "throughput", "programs", "reading"];

/** Why a peer may be ahead, where it is known: the first entry that fits a row and a peer. */
const reasons = [];

export function noteOf(row) {
  if (!SECTIONS.includes(row.section)) return undefined;
  const sentences = peersAhead(row).map(
    ({ name, times, noise }) =>
      `slower than ${name} by ${times.toFixed(2)} times${noise ? ", which is within the noise" : ""}: ${reasonFor(row, name)}`,
  );
  return sentences.length === 0 ? undefined : sentences.join("; ");
}

export function peersAhead(row) {
  const ours = row.samples[oursOf(row)] ?? [];
  return Object.keys(row.samples)
    .filter((name) => name !== oursOf(row) && name !== floorOf(row) && ours.length > 0)
    .map((name) => ({ name, ...lead(ours, row.samples[name]) }))
    .filter(({ times }) => times > 1);
}

/** By how many times it is ahead of us round by round, and whether that may as well be nothing. */
function lead(ours, theirs) {
  const rounds = ratios(ours, theirs);
  const { low } = changeOfMedian([1], rounds);
  return { times: median(rounds), noise: rounds.length < 3 || low <= 1 };
}

const reasonFor = (row, name) =>
  reasons.find((reason) => reason.row.test(row.id) && reason.peers.includes(name))?.why ?? "not explained";
