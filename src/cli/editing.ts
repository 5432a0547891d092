import type { Io } from "./io.js";

/** The editor that whoever types has chosen. */
export function editorOf({ env }: Io): string {
  return env["VISUAL"] ?? env["EDITOR"] ?? "vi";
}

/** Says what is wrong with what was edited, and asks on a terminal whether it is to be edited again. */
export async function isEditedAgain({ ask, stderr }: Io, problem: Error): Promise<boolean> {
  if (ask === undefined) return false;
  stderr.write(`linkwright: ${problem.message}\n`);
  return ask("Edit it again?");
}
