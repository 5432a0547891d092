import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { budgets, spending, spentOn } from "../../../scripts/lib/budgets.mjs";

const project = new URL("../../../", import.meta.url);

test("every subject with a share of npm test's time has tests, and docs/testing.md says its share", () => {
  const files = readdirSync(new URL("test", project), { recursive: true }).map((name) => `test/${String(name)}`);
  const text = readFileSync(new URL("docs/testing.md", project), "utf8");
  for (const { subject, seconds, files: own } of budgets) {
    expect(
      files.some((name) => name.endsWith(".test.ts") && own.test(name)),
      subject,
    ).toBe(true);
    expect(text.replaceAll("\n", " ")).toMatch(new RegExp(`${subject} ${seconds}\\b`));
  }
});

test("what a subject took is the sum of its files in every stage", () => {
  const spent = [
    spentOn([
      { name: "test/kernel/watch/storm.test.ts", time: 1500 },
      { name: "test/unit/watch/picture.test.ts", time: 600 },
      { name: "test/unit/netlink/codec.test.ts", time: 9000 },
    ]),
    {},
    spentOn([{ name: "test/vm/watch/told.test.ts", time: 1000 }]),
  ];
  expect(spending(spent)).toEqual(["budgets: watching 4 of 60 s"]);
  expect(spending([{}])).toEqual([]);
});
