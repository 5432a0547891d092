import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import type { Host } from "../../host/host.js";
import { InputError } from "../../base/errors.js";
import { alone, type Call } from "../command.js";
import { DONE, ErrorAt } from "../errors.js";
import { type Report, styleFor } from "../io.js";
import { json } from "../printing/layout.js";

/** The words of a line: parted by space, but not within quotes; what follows a "#" is a comment. Throws InputError. */
export function wordsIn(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (const character of line) {
    if (quote !== undefined) {
      if (character === quote) quote = undefined;
      else word += character;
    } else if (character === "#") break;
    else if (character === '"' || character === "'") {
      quote = character;
      word ??= "";
    } else if (!/\s/.test(character)) word = (word ?? "") + character;
    else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  if (quote !== undefined) throw new InputError(`a ${quote} is not closed`);
  return word === undefined ? words : [...words, word];
}

interface Line {
  readonly number: number;
  readonly line: string;
}

/** The lines of a text, by the number of the first where a "\" at the end joins several. */
export function linesOf(batch: string): Line[] {
  const lines: Line[] = [];
  let number = 0;
  let begun: Line | undefined;
  for (const each of batch.split("\n")) {
    number++;
    const goesOn = each.endsWith("\\");
    const part = goesOn ? each.slice(0, -1) : each;
    const whole: Line = { number: begun?.number ?? number, line: (begun?.line ?? "") + part };
    begun = goesOn ? whole : undefined;
    if (!goesOn) lines.push(whole);
  }
  return begun === undefined ? lines : [...lines, begun];
}

/** Does one command after the other, each after the one before it is done, up to the first that fails. */
async function batch(host: Host, { operands: [file = "-"], perform, globals, io }: Call): Promise<Report> {
  const lines = linesOf(await (file === "-" ? text(process.stdin) : readFile(file, "utf8")));
  for (const { number, line } of lines) {
    try {
      const words = wordsIn(line);
      if (words.length === 0) continue;
      if (words[0] === "batch") throw new InputError("a batch is no command of a batch");
      const report = await perform(host, words);
      if (globals.json && report.value !== undefined) io.stdout.write(json(report.value));
      if (!globals.json && report.text !== undefined) io.stdout.write(report.text(styleFor(io.stdout, io.env)));
      if (report.status !== undefined && report.status !== DONE) return { status: report.status };
    } catch (error) {
      throw new ErrorAt(file === "-" ? `line ${number}` : `${file}:${number}`, error);
    }
  }
  return {};
}

export const command = alone({
  summary: "does commands from a file, or from stdin, a line each, up to the first that fails",
  operands: [{ name: "FILE|-" }],
  run: batch,
});
