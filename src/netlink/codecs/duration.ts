import { InputError } from "../../base/errors.js";

/** Milliseconds of each unit. */
const UNITS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;

/** A duration in words, as a regular expression: counts with their units, one behind the other, as in "1h30m". */
export const SPELLED_DURATION = "(\\d+(\\.\\d+)?(d|h|ms|m|s))+";
const SPELLED = new RegExp(`^${SPELLED_DURATION}$`);

/**
 * A duration in milliseconds from a word with its units, such as "250ms", "2s", "5m20s" or "1d"; only 0 needs none. Throws
 * InputError.
 */
export function parseDuration(word: string): number {
  const isBare = /^\d+(\.\d+)?$/.test(word);
  if (isBare && Number(word) !== 0)
    throw new InputError(`${JSON.stringify(word)} needs its unit: ${word}s or ${word}ms`);
  if (isBare) return 0;
  if (!SPELLED.test(word)) throw new InputError(`${JSON.stringify(word)} is not a duration such as 250ms, 2s or 5m20s`);
  const parts = [...word.matchAll(/([\d.]+)([a-z]+)/g)];
  return Math.round(parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNITS[unit as keyof typeof UNITS], 0));
}

/** Milliseconds as they are typed: "2s", "31.24s", "250ms". */
export function formatDuration(milliseconds: number): string {
  return milliseconds === 0 || milliseconds >= 1000 ? `${milliseconds / 1000}s` : `${milliseconds}ms`;
}

/** How long something has been or will be so, as people say it: "1.25s", "5m20s", "3h5m", "2d4h". */
export function formatAge(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (milliseconds < 60_000) return `${Number((milliseconds / 1000).toFixed(2))}s`;
  const two = (large: number, unit: string, small: number, smaller: string): string =>
    `${large}${unit}${small === 0 ? "" : `${small}${smaller}`}`;
  if (seconds < 3600) return two(Math.floor(seconds / 60), "m", seconds % 60, "s");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1440) return two(Math.floor(minutes / 60), "h", minutes % 60, "m");
  const hours = Math.floor(minutes / 60);
  return two(Math.floor(hours / 24), "d", hours % 24, "h");
}
