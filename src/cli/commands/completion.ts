import type { Action, Call, Command } from "../command.js";
import { bashScript } from "../completion/bash.js";
import { candidates } from "../completion/candidates.js";
import { fishScript } from "../completion/fish.js";
import { machine } from "../completion/machine.js";
import { zshScript } from "../completion/zsh.js";
import type { Report } from "../io.js";

function scriptFor(shell: string, script: string): Action {
  return {
    summary: `print the script for ${shell}`,
    operands: [],
    runOffline: () => ({ value: { shell, script }, text: () => script }),
  };
}

/** The words up to the cursor stand behind "--", the last one as far as it is typed. */
export async function answer({ after, catalogue }: Call): Promise<Report> {
  const found = await candidates(catalogue, after.slice(0, -1), after.at(-1) ?? "", machine);
  const lines = found.map(({ word, description }) => (description === "" ? word : `${word}\t${description}`));
  return { value: found, text: () => lines.map((line) => `${line}\n`).join("") };
}

export const command: Command = {
  actions: {
    bash: scriptFor("bash", bashScript),
    zsh: scriptFor("zsh", zshScript),
    fish: scriptFor("fish", fishScript),
    answer: {
      summary: "print what may come next, a line each, as the scripts ask: -- WORDS up to the cursor",
      operands: [],
      takesProgram: true,
      runOffline: answer,
    },
  },
};
