import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { SourceFile } from "../../../src/formats/index.js";

const root = join(process.cwd(), "test/unit/formats/fixtures");

/** Files that one host has, and the declaration that they are expected to make. */
export interface Case {
  readonly name: string;
  readonly format: string;
  readonly files: readonly SourceFile[];
  readonly expected: string;
}

function caseOf(format: string, name: string): Case {
  const folder = join(root, format, name);
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path !== "expected.yaml" && statSync(join(folder, path)).isFile())
    .sort()
    .map((path) => ({ name: path, text: readFileSync(join(folder, path), "utf8") }));
  return { name: `${format}/${name}`, format, files, expected: readFileSync(join(folder, "expected.yaml"), "utf8") };
}

/** Every case, of every format. */
export const cases = readdirSync(root).flatMap((format) =>
  readdirSync(join(root, format)).map((name) => caseOf(format, name)),
);
