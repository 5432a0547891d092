import { InputError } from "../../base/errors.js";
import type { Call } from "../commands.js";
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
export async function completion({ operands: [shell = ""] }: Call): Promise<Report> {
  const names = Object.keys(SCRIPTS);
  if (!isShell(shell))
    throw new InputError(
      `no completion for ${JSON.stringify(shell)}${suggestion(shell, names, `; there is one for ${names.join(", ")}`)}`,
    );
  const script = SCRIPTS[shell](places());
  return { value: { shell, script }, text: () => script };
}
