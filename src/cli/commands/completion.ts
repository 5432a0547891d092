import { InputError } from "../../base/errors.js";
import { alone, type Call, type Command } from "../command.js";
import { bashScript } from "../completion/bash.js";
import { places } from "../completion/entries.js";
import { fishScript } from "../completion/fish.js";
import { zshScript } from "../completion/zsh.js";
import type { Report } from "../io.js";
import { suggestion } from "../../base/nearest.js";

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

function isShell(name: string): name is keyof typeof SCRIPTS {
  return Object.hasOwn(SCRIPTS, name);
}

// eslint-disable-next-line @typescript-eslint/require-await -- every command answers with a promise
export async function completion({ operands: [shell = ""], catalogue }: Call): Promise<Report> {
  const names = Object.keys(SCRIPTS);
  if (!isShell(shell))
    throw new InputError(
      `no completion for ${JSON.stringify(shell)}${suggestion(shell, names, `; there is one for ${names.join(", ")}`)}`,
    );
  const script = SCRIPTS[shell](places(catalogue));
  return { value: { shell, script }, text: () => script };
}

export const command: Command = alone({
  summary: "print a shell's completion script",
  operands: [{ name: "SHELL", choices: ["bash", "zsh", "fish"] }],
  runOffline: completion,
});
