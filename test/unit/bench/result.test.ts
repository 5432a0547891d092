import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { checkResult, readResult, resultName, writeResult } from "../../../bench/result.js";

const SAMPLE = fileURLToPath(new URL("result.json", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "linkwright-bench-"));
const file = (name: string, text?: string) => {
  const path = join(folder, name);
  if (text !== undefined) writeFileSync(path, text);
  return path;
};
afterAll(() => rmSync(folder, { recursive: true }));

test("a result is read as it was written, with a line for each row", () => {
  const result = readResult(SAMPLE);
  writeResult(file("again.json"), result);
  expect(readResult(file("again.json"))).toEqual(result);
  const lines = readFileSync(file("again.json"), "utf8").split("\n");
  expect(lines.filter((line) => line.includes('"id":"throughput.'))).toHaveLength(
    result.rows.filter(({ section }) => section === "throughput").length,
  );
});

test("a result of another format is refused, and says which is known", () => {
  const newer = file("newer.json", JSON.stringify({ ...readResult(SAMPLE), format: 2 }));
  expect(() => readResult(newer)).toThrow(`${newer} has the format 2; known is 1`);
});

test("what is no result at all is refused in words", () => {
  expect(() => readResult(file("none.json"))).toThrow(/none\.json cannot be read \(ENOENT\)$/);
  expect(() => readResult(file("text.json", "once upon"))).toThrow(/text\.json is no JSON: /);
  expect(() => checkResult([], "a list")).toThrow("a list is no result of the benchmark");
  expect(() => checkResult({ rows: [] }, "it")).toThrow("it has the format of something else; known is 1");
});

test("a damaged result is refused, and says where", () => {
  const sample = readResult(SAMPLE);
  const refusal = (more: object) => () => checkResult({ ...sample, ...more }, "it");
  expect(refusal({ machine: undefined })).toThrow("it is damaged: it has no machine");
  expect(refusal({ contenders: [] })).toThrow("it is damaged: it has no contenders");
  const [first] = sample.rows;
  for (const wrong of [null, {}, { ...first, samples: { floor: [1, "2"] } }, { ...first, samples: { floor: 1 } }])
    expect(refusal({ rows: [first, wrong] })).toThrow("it is damaged: row 2 of 2 is none");
  expect(refusal({ latencies: [{ id: "latency.each.0" }] })).toThrow("it is damaged: its latencies are none");
});

test("a result is named by its date and its kind of machine", () => {
  const { date, machine } = readResult(SAMPLE);
  expect(resultName({ date, machine })).toBe("2026-01-02-2x-made-up-9000-linux-6.18.json");
  expect(resultName({ date, machine: { ...machine, model: "Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz" } })).toBe(
    "2026-01-02-2x-intel-r-xeon-r-linux-6.18.json",
  );
});
