import { type Result } from "./result.mjs";

/** A chart: its name in file names, and its title, for who cannot see it. */
export interface Chart {
  name: string;
  title: string;
  /** One for light and one for dark surroundings. */
  files: { name: string; svg: string }[];
}

/** The charts that a result has the numbers for, as SVG text: the same text for the same result. */
export function drawCharts(result: Result): Chart[];
