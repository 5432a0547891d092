import { alone, type Call, type Command } from "../command.js";
import { commandHelp, commandText, overview, overviewText } from "../help.js";
import type { Report } from "../io.js";

// eslint-disable-next-line @typescript-eslint/require-await -- every command answers with a promise
export async function help({ operands: [command, ...words], globals, catalogue }: Call): Promise<Report> {
  if (command === undefined)
    return globals.json ? { value: overview(catalogue) } : { text: (style) => overviewText(catalogue, style) };
  const value = commandHelp(catalogue, command, words.length === 0 ? undefined : words.join(" "));
  return { value, text: (style) => commandText(value, style) };
}

export const command: Command = alone({
  summary: "explain a command and its options",
  operands: [
    { name: "COMMAND", optional: true },
    { name: "SUB-COMMAND", optional: true, many: true },
  ],
  runOffline: help,
});
