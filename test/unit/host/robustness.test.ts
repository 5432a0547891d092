import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { inUnits, ROUNDED, UNKEPT, WITH_MORE, WRITE_ONLY } from "../../kernel/host/read-back/exceptions.js";

const PAGE = new URL("../../../docs/robustness.md", import.meta.url);
const START = /<!-- generated from .* -->\n/;
const END = "<!-- end of the generated part -->";

function lines(what: string, reasons: Readonly<Record<string, string>>): string[] {
  return [`- ${what}:`, ...Object.entries(reasons).map(([name, reason]) => `  - \`${name}\`: ${reason}`)];
}

function exceptions(): string {
  const rounded = Object.entries(ROUNDED).map(([name, { by, reason }]) => [name, `by ${by} at most: ${reason}`]);
  return [
    ...lines("Write-only, asked about elsewhere, or an order", WRITE_ONLY),
    ...lines("Values that are an order or a choice, or hold for a while", UNKEPT),
    ...lines("Rounded, or running", Object.fromEntries(rounded) as Record<string, string>),
    "- Rounded as they are written, to whole:",
    ...Object.entries(inUnits()).map(([unit, names]) => `  - ${unit}: ${names}`),
    ...lines("Lists that come back in another order, or with more", WITH_MORE),
  ].join("\n");
}

test("docs/robustness.md has the exceptions of the read-back test (LINKWRIGHT_WRITE=1 writes them)", () => {
  const page = readFileSync(PAGE, "utf8");
  const [head = ""] = START.exec(page) ?? [];
  const start = page.indexOf(head) + head.length;
  const wanted = `${page.slice(0, start)}\n${exceptions()}\n\n${page.slice(page.indexOf(END))}`;
  if (process.env.LINKWRIGHT_WRITE === "1") writeFileSync(PAGE, wanted);
  else expect(page).toBe(wanted);
});

test("each test that docs/robustness.md names is there", () => {
  const named = readFileSync(PAGE, "utf8").match(/test\/[\w/.-]+\.ts/g) ?? [];
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((name) => !existsSync(new URL(`../../../${name}`, import.meta.url)))).toEqual([]);
});
