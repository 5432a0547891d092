import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkOutput, readOptions, UsageError } from "../../../bench/options.js";

const names = { sections: ["latency", "throughput", "programs"], peers: ["ip", "ip-batch", "go"] };
const read = (line: string) => readOptions(line === "" ? [] : line.split(" "), names);

test("options are read; what is not given is left to the benchmark", () => {
  expect(read("")).toEqual({ quick: false, help: false });
  expect(read("--quick --only latency,programs --peers go --output=none --rounds 2 --most 10")).toEqual({
    quick: true,
    help: false,
    only: ["latency", "programs"],
    peers: ["go"],
    output: "none",
    rounds: 2,
    most: 10,
  });
  expect(read("-h")).toEqual({ quick: false, help: true });
  expect(read("--peers none")).toMatchObject({ peers: [] });
  expect(read("--compare old.json new.json")).toMatchObject({ compare: "old.json", current: "new.json" });
});

test.each([
  ["--qick", 'no option "--qick"; did you mean "--quick"?'],
  ["--frobnicate", 'no option "--frobnicate"'],
  ["-q", 'no option "-q"'],
  ["--only latancy", '--only: no section "latancy"; did you mean "latency"?'],
  ["--only all", '--only: no section "all"; there are latency, throughput, programs'],
  ["--peers ip,ip-bach", '--peers: no peer "ip-bach"; did you mean "ip-batch"?'],
  ["--quick=yes", "--quick takes no value"],
  ["--compare", "--compare needs a value"],
  ["--compare --quick", "--compare needs a value"],
  ["--rounds many", '--rounds needs a number above 0, not "many"'],
  ["--most 0", '--most needs a number above 0, not "0"'],
  ["quick", '"quick" has no place here; options begin with --'],
  ["--compare a b c", '"c" has no place here; options begin with --'],
])("%s is refused in words", (line, message) => {
  expect(() => read(line)).toThrow(UsageError);
  expect(() => read(line)).toThrow(new UsageError(message));
});

test("where a result cannot go is said before anything is measured, and nothing is left there", () => {
  const folder = mkdtempSync(join(tmpdir(), "linkwright-bench-"));
  const file = join(folder, "new/result.json");
  try {
    expect(() => checkOutput(folder)).toThrow(new UsageError(`--output: ${folder} cannot be written (EISDIR)`));
    expect(() => checkOutput("/proc/result.json")).toThrow("--output: /proc/result.json cannot be written (ENOENT)");
    for (const path of [file, "none", undefined]) checkOutput(path);
    expect(existsSync(file)).toBe(false);
    writeFileSync(file, "kept");
    checkOutput(file);
    expect(readFileSync(file, "utf8")).toBe("kept");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
