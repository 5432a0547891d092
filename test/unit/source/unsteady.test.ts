import { afterEach, expect, test, vi } from "vitest";
import { steadily } from "../../../scripts/lib/unsteady.mjs";

const failure = (file: string, words = "expected 1 to be 2") => ({
  project: "kernel",
  file: `test/kernel/${file}.test.ts`,
  name: `test/kernel/${file}.test.ts: it holds`,
  words,
});
type Failure = ReturnType<typeof failure>;
const totals = (passed: number, failures: readonly Failure[]) => ({
  passed,
  failed: failures.length,
  skipped: 1,
  failures,
  spent: { watching: passed },
});

vi.spyOn(console, "log").mockImplementation(() => undefined);
afterEach(() => vi.unstubAllEnvs());

/** What becomes of runs that end so, one behind the other, and the files that were run once more. */
async function outcomeOf(...runs: readonly ReturnType<typeof totals>[]) {
  const asked: (readonly string[])[] = [];
  const ends = [...runs];
  const {
    passed,
    failed,
    failures,
    unsteady = [],
  } = await steadily((again) => {
    if (again !== undefined) asked.push(again.map(({ file }) => file!));
    return Promise.resolve(ends.shift()!);
  });
  return { passed, failed, failures, unsteady, asked };
}

const [one, two] = [failure("one"), failure("two")];

test("what fails is run once more: it is unsteady when it passes then, and failed when it fails again", async () => {
  expect(await outcomeOf(totals(10, [one, two]), totals(3, [two]))).toEqual({
    passed: 11,
    failed: 1,
    failures: [two],
    unsteady: [one],
    asked: [[one.file, two.file]],
  });
});

test("a test that fails only when it is run once more fails", async () => {
  const other = { ...one, name: `${one.name} here, too` };
  expect(await outcomeOf(totals(10, [one]), totals(1, [other]))).toMatchObject({ failed: 1, unsteady: [one] });
});

test("the same test of another suite is another one", async () => {
  const other = { ...one, project: "kernel-never" };
  expect(await outcomeOf(totals(10, [one]), totals(1, [other]))).toMatchObject({ failed: 1, unsteady: [one] });
});

test.each([
  ["nothing fails", totals(10, [])],
  [
    "more than ten files fail",
    totals(
      10,
      Array.from({ length: 11 }, (_, i) => failure(String(i))),
    ),
  ],
  ["something fails outside of a file", totals(10, [one, { ...two, file: undefined as unknown as string }])],
  ["random values broke a property", totals(10, [one, failure("two", "Property failed after 3 tests")])],
  ["the run itself failed", { ...totals(10, [one]), failed: 2 }],
])("nothing is run once more when %s", async (_, first) => {
  expect(await outcomeOf(first)).toMatchObject({ failed: first.failed, passed: 10, unsteady: [], asked: [] });
});

test("nothing is run once more with LINKWRIGHT_ONCE=1", async () => {
  vi.stubEnv("LINKWRIGHT_ONCE", "1");
  expect(await outcomeOf(totals(10, [one]))).toMatchObject({ failed: 1, failures: [one], unsteady: [], asked: [] });
});

test("what was not run the second time has failed", async () => {
  expect(await outcomeOf(totals(10, [one]), totals(0, []))).toMatchObject({ failed: 1, unsteady: [] });
});
