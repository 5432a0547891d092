import type { Call } from "../commands.js";
import { commandHelp, commandText, overview, overviewText } from "../help.js";
import type { Report } from "../io.js";

// eslint-disable-next-line @typescript-eslint/require-await -- every command answers with a promise
export async function help({ operands: [command, sub] }: Call): Promise<Report> {
  if (command === undefined) {
    const value = overview();
    return { value, text: (style) => overviewText(value, style) };
  }
  const value = commandHelp(command, sub);
  return { value, text: (style) => commandText(value, style) };
}
