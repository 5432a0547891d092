import type { Result } from "../../result.js";

/** Microseconds in three digits: "74 µs", "1.6 ms", "16.4 s". */
export function duration(microseconds: number): string {
  const units = [
    ["s", 1e6],
    ["ms", 1e3],
  ] as const;
  const [unit, size] = units.find(([, size]) => microseconds >= size * 0.9995) ?? ["µs", 1];
  return `${threeDigits(microseconds / size)} ${unit}`;
}

/** 0.0123, 1.23, 12.3, 123, 1234. */
export function threeDigits(number: number): string {
  if (number === 0) return "0";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(number) * 1.0005)));
  return number.toFixed(Math.min(digits, 4));
}

/** A tick of a scale: "20 µs", "1 ms". */
export const tick = (microseconds: number): string => duration(microseconds).replace(/\.0+(?= )/, "");

/** 1000 as "1000", 10000 as "10,000". */
export const count = (number: number): string => (number < 10_000 ? String(number) : number.toLocaleString("en"));

/** "2 × AMD EPYC (virtual machine), Linux 6.18.0, Node 20.20.2, 2026-11-21". */
export function machineOf({ machine: { processors, model, kernel, virtual }, versions, date }: Result): string {
  const kind = virtual === undefined ? "" : " (virtual machine)";
  const node = (versions.node ?? "").replace(/^v/, "");
  return `${processors} × ${model}${kind}, Linux ${kernel}, Node ${node}, ${date.slice(0, 10)}`;
}

/** What a run was limited to, in words: ", with --quick, with --rounds 6"; nothing for a whole one. */
export function limitsOf({ quick, limits = {} }: Result): string {
  const options = Object.entries(limits).filter(([, limit]) => limit !== undefined);
  return [...(quick ? ["--quick"] : []), ...options.map(([name, limit]) => `--${name} ${limit}`)]
    .map((option) => `, with ${option}`)
    .join("");
}

/** How long the run took, in words. */
export function tookOf(seconds: Readonly<Record<string, number>>): string {
  const parts = Object.entries(seconds).map(([name, time]) => `${name} ${Math.round(time)}`);
  const all = Object.values(seconds).reduce((sum, time) => sum + time, 0);
  return `The run took ${all < 120 ? `${Math.round(all)} s` : `${(all / 60).toFixed(1)} minutes`}; in seconds: ${parts.join(", ")}`;
}
