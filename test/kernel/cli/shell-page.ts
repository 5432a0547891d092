import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Host } from "../../../src/index.js";
import { choose } from "../../../src/cli/choose-command.js";
import { registry } from "../../../src/cli/registry.js";
import { takeOperands } from "../../../src/cli/parsing/operands.js";
import { parseOptions } from "../../../src/cli/parsing/parse-options.js";

/** What is done with a table of docs/from-the-shell.md: its commands are typed here, in the virtual machine, or only understood. */
type Use = "typed" | "typed in the virtual machine" | "understood";

/** A row: what is typed today, what is typed with linkwright, and what is not there yet. */
interface Row {
  readonly today: string;
  readonly commands: readonly string[];
  readonly missing: string;
}

export interface ShellTable {
  readonly title: string;
  readonly use: Use;
  readonly rows: readonly Row[];
}

function rowOf(line: string): Row {
  const [, today = "", typed = "", missing = ""] = line.split("|").map((cell) => cell.trim());
  const commands = [...typed.matchAll(/`linkwright ([^`]+)`/g)].map(([, command]) => command!);
  return { today, commands, missing };
}

/** The page's tables. */
export function shellTables(): ShellTable[] {
  const page = readFileSync(join(import.meta.dirname, "../../../docs/from-the-shell.md"), "utf8");
  return page.split(/^## /m).flatMap((part) => {
    const [title = ""] = part.split("\n");
    const tables = [...part.matchAll(/<!-- (.+) -->\n\n((?:\|.*\n)+)/g)];
    return tables.map(([, use, text = ""]) => {
      const [, , ...lines] = text.trimEnd().split("\n");
      return { title, use: use as Use, rows: lines.map(rowOf) };
    });
  });
}

/** The names of all links: modules that are loaded may put some into every namespace. */
export async function linkNames(host: Host): Promise<string[]> {
  return (await host.links()).map(({ name }) => name).sort();
}

/** Throws InputError where a word of a command is not understood. */
export function understand(command: string): void {
  const [line = "", program] = command.split(" -- ");
  const words = line.replace(/^--netns \S+ /, "").split(" ");
  const { action, usage, rest } = choose(registry, words);
  const { options = [], takesProgram = false } = action;
  if (takesProgram && program === undefined) throw new Error(`${command} has no program`);
  parseOptions(takeOperands(action, rest, usage).typed, options, command);
}
