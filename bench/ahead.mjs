import { isPeer, oursOf } from "./comparison.mjs";
import { reasonOf } from "./reasons.mjs";
import { changeOfMedian, median, ratios } from "./statistics.mjs";

const SECTIONS = ["latency", "throughput", "programs", "reading"];

export const isCompared = ({ section }) => SECTIONS.includes(section);

export function noteOf(row) {
  if (!isCompared(row)) return undefined;
  const peers = peersAhead(row);
  const byReason = new Map();
  for (const { name, times } of peers.filter(({ told }) => told)) {
    const reason = reasonOf(row.id, name) ?? "not explained";
    byReason.set(reason, [...(byReason.get(reason) ?? []), `${name} by ${times.toFixed(2)} times`]);
  }
  const close = peers.filter(({ told, rounds }) => !told && rounds >= FEWEST);
  const few = peers.filter(({ rounds }) => rounds < FEWEST);
  const sentences = [...byReason].map(([reason, leads]) => `slower than ${leads.join(", ")}: ${reason}`);
  if (close.length > 0) sentences.push(`not to be told apart from ${close.map(spread).join(", ")}`);
  if (few.length > 0) sentences.push(`too few rounds to say whether slower than ${few.map(guess).join(", ")}`);
  return sentences.length > 0 ? sentences.join("; ") : undefined;
}

export function standingOf(rows) {
  const compared = rows.filter(isCompared);
  const leads = compared.map(peersAhead).filter((peers) => peers.length > 0);
  const behind = leads.filter((peers) => peers.some(({ told }) => told)).length;
  const level = leads.length - behind;
  return [
    `Of ${compared.length} rows, linkwright is ahead of every peer in ${compared.length - leads.length}`,
    ...(level > 0 ? [`not to be told apart from the quickest in ${level}`] : []),
    ...(behind > 0 ? [`behind some in ${behind}`] : []),
  ].join(", ");
}

const spread = ({ name, low, high }) => `${name} (${low.toFixed(2)}–${high.toFixed(2)} times)`;

const guess = ({ name, times, rounds }) =>
  `${name} (${times.toFixed(2)} times, in ${rounds === 1 ? "one round" : `${rounds} rounds`})`;

export function peersAhead(row) {
  const ours = row.samples[oursOf(row)] ?? [];
  return Object.keys(row.samples)
    .filter((name) => isPeer(row, name) && ours.length > 0)
    .map((name) => ({ name, ratios: ratios(ours, row.samples[name]) }))
    .filter(({ ratios }) => median(ratios) > 1)
    .map(({ name, ratios }) => ({ name, ...lead(ratios) }));
}

/** Fewer rounds tell nobody apart. */
const FEWEST = 3;

/** By how many times it is ahead of us round by round, and whether that is more than nothing. */
function lead(ratios) {
  const { low, high } = changeOfMedian([1], ratios);
  return { times: median(ratios), low, high, rounds: ratios.length, told: ratios.length >= FEWEST && low > 1 };
}
