import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Catalogue } from "../../../src/cli/command.js";
import { registry } from "../../../src/cli/registry.js";
import { parseWords } from "../../../src/cli/parsing/words.js";
import { terminal } from "./terminal.js";

const page = readFileSync(join(import.meta.dirname, "../../../docs/from-the-shell.md"), "utf8");

/** The commands in the page's blocks of a language. */
function commandsIn(language: string): string[] {
  const blocks = [...page.matchAll(/^```(.+)\n([\s\S]*?)^```$/gm)].filter(([, each]) => each === language);
  return blocks.flatMap(([, , text = ""]) => text.trim().split("\n")).map((line) => line.replace(/^linkwright /, ""));
}

test("what the page has for this kernel is done, command by command, and nothing is left", async () => {
  await using shell = await terminal();
  for (const command of commandsIn("sh")) {
    const { status, stderr } = await shell.type(command);
    expect({ command, status, stderr }).toEqual({ command, status: 0, stderr: "" });
  }
  expect((await shell.host.links()).map(({ name }) => name)).toEqual(["lo"]);
});

test.each(commandsIn("sh vm"))("the words of %j are understood", (command) => {
  const [name = "", sub = "", ...rest] = command.split(" ");
  const { actions } = (registry as Catalogue)[name]!.load();
  const single = actions[""];
  const words = single === undefined ? rest : [sub, ...rest];
  const { operands, options = [] } = single ?? actions[sub]!;
  expect(() => parseWords(words.slice(operands.length), options, command)).not.toThrow();
});
