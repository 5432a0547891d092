import { floorOf, oursOf } from "./comparison.mjs";
import { reasonOf } from "./reasons.mjs";
import { changeOfMedian, median, ratios } from "./statistics.mjs";

const SECTIONS = ["latency", "throughput", "programs", "reading"];

export function noteOf(row) {
  if (!SECTIONS.includes(row.section)) return undefined;
  const byReason = new Map();
  for (const { name, times, noise } of peersAhead(row)) {
    const reason = reasonOf(row.id, name) ?? "not explained";
    const lead = `${name} by ${times.toFixed(2)} times${noise ? " (within the noise)" : ""}`;
    byReason.set(reason, [...(byReason.get(reason) ?? []), lead]);
  }
  if (byReason.size === 0) return undefined;
  return [...byReason].map(([reason, leads]) => `slower than ${leads.join(", ")}: ${reason}`).join("; ");
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
