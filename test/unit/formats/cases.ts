import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { formatOf, type SourceFile } from "../../../src/formats/index.js";

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

/** The examples of docs/migrating.md: files, named where their blocks begin, and what they become. */
function documented(): Case[] {
  const page = readFileSync(join(process.cwd(), "docs/migrating.md"), "utf8");
  return page
    .split(/^## /m)
    .map((section) => {
      const blocks = [...section.matchAll(/^```\w+ (\S+)\n([\s\S]*?)^```$/gm)];
      const files = blocks.map(([, name = "", text = ""]) => ({ name, text }));
      const given = files.filter(({ name }) => name !== "imported");
      const [made] = files.filter(({ name }) => name === "imported");
      return { name: `docs/migrating.md, ${section.split("\n")[0]!}`, files: given, expected: made?.text ?? "" };
    })
    .filter(({ files }) => files.length > 0)
    .map((each) => ({ ...each, format: formatOf(each.files[0]!)! }));
}

/** Every case, of every format. */
export const cases: readonly Case[] = [
  ...documented(),
  ...readdirSync(root).flatMap((format) => readdirSync(join(root, format)).map((name) => caseOf(format, name))),
];
