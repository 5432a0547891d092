export interface SceneStep {
  /** A program and its words; "-" before them for one that is not timed. */
  command: readonly string[];
}

export const DEBIANS: string;
export const NOTHINGS: { libc: string; musl: string };
export const JOINED: string;
export const APART: string;
export const HELD: string;

export function inScene(
  folder: string,
  rounds: number,
  steps: readonly SceneStep[],
  options: { installed: boolean },
): { lists: number[][]; failure?: undefined } | { lists?: undefined; failure: string };
