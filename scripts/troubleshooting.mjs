import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { root } from "./lib/run.mjs";

const START = "<!-- what the doctor knows; node scripts/troubleshooting.mjs writes it -->";
const END = "<!-- end of the generated part -->";

export const file = join(root, "docs/troubleshooting.md");

/** The page with every fault that is looked for, by what people notice of it. */
export function page(text, checks) {
  const entries = checks.map(
    ({ symptom, cause, remedy, code, severity }) =>
      `### ${symptom}\n\n${cause}\n\nWhat to do: ${remedy}\n\nThe doctor says \`${code}\` (${severity}).\n`,
  );
  const [before, rest] = text.split(START);
  return `${before}${START}\n\n${entries.join("\n")}\n${END}${rest.split(END)[1]}`;
}

if (process.argv[1] === import.meta.filename) {
  const { checks } = createRequire(import.meta.url)("../dist/code/diagnosis.cjs");
  writeFileSync(file, page(readFileSync(file, "utf8"), checks));
}
