import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { file, page } from "../../../scripts/architecture.mjs";
import { circlesOf, forbidden, importsOf } from "../../../scripts/rooms.mjs";

test("a folder of src imports only from those that stand before it", () => {
  const wrong = [...importsOf()].flatMap(([from, imported]) =>
    imported.flatMap((to) => {
      const problem = forbidden(from, to);
      return problem === undefined ? [] : [`${from} imports ${to}: ${problem}`];
    }),
  );
  expect(wrong).toEqual([]);
});

test("no file imports itself through others, not even for a type", () => {
  expect(circlesOf(importsOf())).toEqual([]);
});

test("docs/architecture.md shows the folders and arrows as they are", () => {
  const text = readFileSync(file, "utf8");
  expect(page(text), "node scripts/architecture.mjs draws it anew").toBe(text);
});

test("an arrow up and a circle are noticed", () => {
  expect(forbidden("netlink/codecs/words.ts", "host/host.ts")).toContain("imports run downwards");
  expect(forbidden("host/host.ts", "netlink/codecs/words.ts")).toBeUndefined();
  expect(
    circlesOf(
      new Map([
        ["a.ts", ["b.ts"]],
        ["b.ts", ["c.ts"]],
        ["c.ts", ["b.ts"]],
      ]),
    ),
  ).toEqual([["b.ts", "c.ts"]]);
});
