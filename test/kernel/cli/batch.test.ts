import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { linesOf, wordsIn } from "../../../src/cli/commands/batch.js";
import { DONE, type Said, terminal } from "./terminal.js";

let folder: string;
let file: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "linkwright-batch-"));
  file = join(folder, "batch");
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A namespace, and what a batch of lines says there. */
async function batches(): Promise<
  Awaited<ReturnType<typeof terminal>> & { batch: (...lines: string[]) => Promise<Said> }
> {
  const at = await terminal();
  return {
    ...at,
    batch(...lines) {
      writeFileSync(file, lines.join("\n"));
      return at.type(`batch ${file}`);
    },
  };
}

test("words are parted by space, quotes keep them together, and a # starts a comment", () => {
  expect(wordsIn(`  link set\tbr0 alias="two words" 'a "b"' # no more`)).toEqual([
    "link",
    "set",
    "br0",
    "alias=two words",
    'a "b"',
  ]);
  expect(wordsIn("# nothing")).toEqual([]);
  expect(wordsIn(`alias=""`)).toEqual(["alias="]);
  expect(() => wordsIn(`alias="open`)).toThrow('a " is not closed');
});

test("a backslash at its end joins a line with the next, and the number is the first's", () => {
  expect(linesOf("one \\\ntwo\nthree\n")).toEqual([
    { number: 1, line: "one two" },
    { number: 3, line: "three" },
    { number: 4, line: "" },
  ]);
});

test("commands are done in their order, each with what was done before it", async () => {
  await using at = await batches();
  const said = await at.batch(
    "# a bridge with a port",
    "bridge add br0 up \\",
    '  alias="two words"',
    "",
    "tap add t0",
    "link set t0 name=t1",
    "attach t1 br0",
    "address add br0 10.0.0.1/24",
  );
  expect(said).toEqual(DONE);
  const [bridge, port] = [await at.host.link("br0"), await at.host.link("t1")];
  expect(bridge).toMatchObject({ alias: "two words", up: true });
  expect(port).toMatchObject({ master: bridge.index, up: true });
});

test("what commands print comes in their order", async () => {
  await using at = await batches();
  const { stdout, status } = await at.batch("tap add tap%d", "tap add tap%d");
  expect({ stdout, status }).toEqual({ stdout: "tap0\ntap1\n", status: 0 });
});

test("the first command that fails ends it, with its line and its exit status; what was done stands", async () => {
  await using at = await batches();
  const refused = await at.batch("bridge add br0", "link set none mtu=1400", "bridge add br1");
  expect(refused).toMatchObject({ status: 1, stdout: "" });
  expect(refused.stderr).toContain(`linkwright: ${file}:2: none`);
  expect((await at.host.links()).map(({ name }) => name)).toEqual(["lo", "br0"]);
  const wrong = await at.batch("", "brigde add br2");
  expect(wrong).toMatchObject({ status: 2 });
  expect(wrong.stderr).toContain(`${file}:2: no command "brigde"`);
  expect((await at.batch("batch -")).stderr).toContain("a batch is no command of a batch");
  expect(await at.type(`batch ${join(folder, "none")}`)).toMatchObject({ status: 1 });
});
