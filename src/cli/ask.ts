import { createInterface } from "node:readline/promises";
import type { Io } from "./io.js";

/** How to ask whoever sits at the terminal; undefined when there is none. Anything but a yes is a no, Ctrl+C and Ctrl+D, too. */
export function askAtTerminal({ stdin, stderr }: Pick<NodeJS.Process, "stdin" | "stderr">): Io["ask"] {
  if (!stdin.isTTY || !stderr.isTTY) return undefined;
  return async (question) => {
    const terminal = createInterface({ input: stdin, output: stderr });
    try {
      return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
    } catch (error) {
      if ((error as Error).name !== "AbortError") throw error;
      stderr.write("\n");
      return false;
    } finally {
      terminal.close();
    }
  };
}
