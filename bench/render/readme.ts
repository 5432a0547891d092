// Writes the numbers and charts of README.md, docs/benchmark.md, docs/watching.md and bench/charts from the committed result; with --check,
// only says whether they are those of the result.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "../../scripts/lib/run.mjs";
import { pagesOf } from "./pages/pages.js";
import { readResult } from "../result.js";

const FOLDER = "bench/results";
const RESULT = join(FOLDER, "reference.json");
const CHARTS = "bench/charts";

const { values: options } = parseArgs({ options: { check: { type: "boolean", default: false } } });

/** Every generated file's path and the text that it must hold; undefined for one that must not be there. */
async function wanted(): Promise<Map<string, string | undefined>> {
  const paths = ["README.md", "docs/benchmark.md", "docs/watching.md"];
  const [readme = "", benchmark = "", watching = ""] = paths.map(contentOf);
  const others = readdirSync(join(root, FOLDER)).filter(
    (name) => name.endsWith(".json") && join(FOLDER, name) !== RESULT,
  );
  const results = others.sort().map((name) => readResult(join(root, FOLDER, name)));
  const pages = await pagesOf(readResult(join(root, RESULT)), { readme, benchmark, watching }, results);
  const present = existsSync(join(root, CHARTS)) ? readdirSync(join(root, CHARTS)) : [];
  return new Map<string, string | undefined>([
    ["README.md", pages.readme],
    ["docs/benchmark.md", pages.benchmark],
    ["docs/watching.md", pages.watching],
    ...present.map((name): [string, undefined] => [join(CHARTS, name), undefined]),
    ...pages.charts.map(({ name, svg }): [string, string] => [join(CHARTS, name), svg]),
  ]);
}

const contentOf = (path: string): string | undefined =>
  existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : undefined;

function put(path: string, text: string | undefined): void {
  if (text === undefined) rmSync(join(root, path));
  else writeFileSync(join(root, path), text);
}

const changed = [...(await wanted())].filter(([path, text]) => contentOf(path) !== text);
if (options.check) {
  for (const [path] of changed) console.error(`${path} is not what ${RESULT} gives; run: node bench/readme.mjs`);
  process.exitCode = changed.length === 0 ? 0 : 1;
} else {
  mkdirSync(join(root, CHARTS), { recursive: true });
  for (const [path, text] of changed) put(path, text);
  console.log(`${changed.length} files written from ${RESULT}`);
}
