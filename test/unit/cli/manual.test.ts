import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { usageOf } from "../../../src/cli/command.js";
import { commandHelp } from "../../../src/cli/help.js";
import { manual } from "../../../src/cli/manual/manual.js";
import { plain } from "../../../src/cli/manual/roff.js";
import { registry } from "../../../src/cli/registry.js";
import { run } from "../../../src/cli/run.js";
import { parsePolicy } from "../../../src/qemu/policy-files.js";
import { readNetwork } from "../../../src/networks/definition-file.js";
import { readDeclaration } from "../../../src/topology/declaration/file.js";

const pages = manual(registry, "1.2.3");

/** What a page says, without how it is set. */
const words = (page: string): string =>
  page
    .replace(/\\f[BIR]/g, "")
    .replace(/^\.\w+( |$)/gm, "")
    .replaceAll("\\-", "-")
    .replaceAll("\\e", "\\")
    .replaceAll("\\&", "");

test.each(Object.keys(registry))("the page of %s has each of its usages, summaries and options", (name) => {
  const text = words(pages[`man1/linkwright-${name}.1`]!);
  const { sections } = commandHelp(registry, name);
  const actions = Object.entries(registry[name as keyof typeof registry].load().actions);
  const said = [
    ...actions.flatMap(([sub, action]) => [`linkwright ${usageOf(name, sub, action)}`, action.summary]),
    ...sections.flatMap(({ options }) => options.flatMap(({ option, description }) => [option, description])),
  ];
  expect(said.filter((each) => !text.includes(each))).toEqual([]);
});

test("the first page names every command", () => {
  const text = words(pages["man1/linkwright.1"]!);
  for (const [name, { summary }] of Object.entries(registry)) expect(text).toContain(`${name}\n${summary}`);
});

test.each<[string, (text: string) => unknown]>([
  ["host.yaml", (text) => readDeclaration(text, "host.yaml")],
  ["network.yaml", (text) => readNetwork(text, "network.yaml")],
  ["qemu.json", (text) => parsePolicy(Buffer.from(text))],
])("the example of %s is one, and each property of its schema is named", (name, read) => {
  const page = pages[`man5/${name}.5`]!;
  const example = words(/\n\.nf\n([^]*?)\n\.fi\n/.exec(page)![1]!);
  expect(() => read(example)).not.toThrow();
  const file = name === "qemu.json" ? "qemu-policy" : name.replace(".yaml", "");
  const schema = readFileSync(join(import.meta.dirname, `../../../docs/${file}.schema.json`), "utf8");
  const properties = new Set([...schema.matchAll(/"properties": \{\s*"([\w-]+)"/g)].map(([, property]) => property!));
  properties.delete("$schema");
  expect([...properties].filter((property) => !page.includes(`\\fB${plain(property)}\\fR`))).toEqual([]);
});

test("install man writes them where man looks", async () => {
  const folder = mkdtempSync(join(tmpdir(), "linkwright-manual-"));
  try {
    const io = { stdout: { write: () => true }, stderr: { write: () => true }, env: {} };
    expect(await run(["install", "man", `root=${folder}`], io)).toBe(0);
    const written = join(folder, "usr/local/share/man");
    const found = readdirSync(written, { recursive: true, encoding: "utf8" }).filter((name) => name.includes("/"));
    expect(found.sort()).toEqual(Object.keys(pages).sort());
    expect(readFileSync(join(written, "man1/linkwright.1"), "utf8")).toContain('.SH "SYNOPSIS"');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("mandoc finds nothing to say but that there is no date", ({ skip }) => {
  const lint = (input: string): string[] | undefined => {
    const { error, stdout } = spawnSync("mandoc", ["-T", "lint", "-W", "warning"], { input, encoding: "utf8" });
    return error === undefined ? stdout.split("\n").filter((line) => line !== "") : undefined;
  };
  const broken = lint(".TH A 1\n.SH NAME\n.TP\n.nosuch\n");
  skip(broken === undefined, "mandoc is not installed");
  expect(broken!.some((line) => line.includes("nosuch"))).toBe(true);
  const said = Object.values(pages).flatMap((text) => lint(text)!);
  expect(said.filter((line) => !line.includes("cannot parse date"))).toEqual([]);
});
