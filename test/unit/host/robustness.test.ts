import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { forwarding, vlanFiltering } from "../../kernel/host/read-back/fdb.js";
import { ELSEWHERE, inUnits, ROUNDED, UNKEPT, WITH_MORE, WRITE_ONLY } from "../../kernel/host/read-back/exceptions.js";

import { links } from "../../kernel/host/read-back/links.js";
import { routing } from "../../kernel/host/read-back/routing.js";
import { traffic } from "../../kernel/host/read-back/traffic.js";
import { settableOf } from "../../kernel/host/read-back/values.js";
import { tables } from "../../../src/rtnetlink/tables.js";

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
    "- Tables that are set elsewhere, or by nobody:",
    ...Object.entries(ELSEWHERE).map(
      ([where, spaces]) => `  - ${where}: ${spaces.map((each) => `\`${each}\``).join(", ")}`,
    ),
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

test("the read-back test sets each attribute of each table, but for the exceptions and the tables that are named", () => {
  const groups = [...links, ...routing, ...forwarding, ...vlanFiltering, ...traffic];
  const attributes = groups.flatMap(({ subjects }) => subjects.flatMap((subject) => subject.attributes));
  const set = new Set(attributes.map(({ called }) => called));
  const named = Object.values(ELSEWHERE).flat();
  const missing = tables.flatMap((table) => {
    const own = settableOf(table).map(([name]) => table.kernelName(name));
    const left = own.filter((name) => !set.has(name) && !Object.hasOwn(WRITE_ONLY, name));
    return left.length === 0 || (left.length === own.length && named.includes(table.space))
      ? []
      : [table.space, ...left];
  });
  expect(missing).toEqual([]);
  expect(named.filter((space, place) => named.indexOf(space) !== place)).toEqual([]);
  const spaces = new Set(tables.map(({ space }) => space));
  expect(named.filter((space) => !spaces.has(space))).toEqual([]);
});
