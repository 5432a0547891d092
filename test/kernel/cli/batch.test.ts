import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { groupsOf, linesOf, wordsIn } from "../../../src/cli/commands/batch.js";
import { registry } from "../../../src/cli/registry.js";
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
  Awaited<ReturnType<typeof terminal>> & Record<"batch" | "atomic", (...lines: string[]) => Promise<Said>>
> {
  const at = await terminal();
  return {
    ...at,
    batch(...lines) {
      writeFileSync(file, lines.join("\n"));
      return at.type(`batch ${file}`);
    },
    atomic(...lines) {
      writeFileSync(file, lines.join("\n"));
      return at.type(`batch ${file} --atomic`);
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

test("a line has options with dashes; what holds for every command is said of the batch", async () => {
  await using at = await batches();
  expect(await at.batch("bridge add br0 up", "tap add --bridge br0 t0", "bridge delete br0 --force")).toEqual(DONE);
  expect((await at.host.links()).map(({ name }) => name)).toEqual(["lo", "t0"]);
  for (const line of ["link list --json", "link list --netns blue"])
    expect((await at.batch(line)).stderr).toMatch(/^linkwright: .*:1: --\w+: it is said of all commands at once/);
  expect((await at.atomic("link set t0 netns blue")).stderr).toContain("netns cannot be put back");
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
  expect(await at.type(`batch ${join(folder, "none")}`)).toMatchObject({ status: 2 });
});

test("what is alike is done beside each other: the error names those behind it that are done, and nothing else is begun", async () => {
  await using at = await batches();
  const names = Array.from({ length: 100 }, (_, i) => `t${i}`);
  expect(await at.batch("bridge add br0", ...names.map((name) => `tap add ${name}`))).toMatchObject({ status: 0 });
  const attached = (): Promise<number> => at.host.links({ master: "br0" }).then(({ length }) => length);
  const failed = await at.batch(
    ...names.map((name, place) => `attach ${place === 10 ? "none" : name} br0`),
    "bridge add br1",
  );
  const [, named = ""] = /:11: none: .*; what does not depend on it was done beside it: (.*)\n$/.exec(failed.stderr)!;
  expect(await attached()).toBe(10 + named.split(", ").length);
  expect(await attached()).toBeLessThan(99);
  await expect(at.host.link("br1")).rejects.toMatchObject({ code: "ENODEV" });
});

const commandsIn = (...lines: string[]): Parameters<typeof groupsOf>[0] =>
  lines.map((line, place) => ({ number: place + 1, line, words: wordsIn(line) }));

test("a batch does together what is alike, and about links of which no other command speaks", () => {
  const groups = (...lines: string[]): number[][] =>
    groupsOf(commandsIn(...lines), registry).map((group) => group.map(({ number }) => number));
  expect(groups("tap add t0", "tap add t1", "attach t0 br0", "attach t1 br0")).toEqual([
    [1, 2],
    [3, 4],
  ]);
  expect(groups("link set t0 name=t1", "link set t1 name=t2", "link set t3 up")).toEqual([[1], [2, 3]]);
  expect(groups("link add br0 kind=bridge", "link add v0 kind=vlan link=br0 id=1")).toEqual([[1], [2]]);
  expect(groups("attach t0 br0", "attach br0 br1")).toEqual([[1], [2]]);
  expect(groups("address add a 10.0.0.1/24", "address add a 10.0.0.2/24")).toEqual([[1], [2]]);
  expect(groups("address add 10.0.0.1/24 dev br0", "address add 10.0.0.2/24 dev br0")).toEqual([[1], [2]]);
  expect(groups("link set down dev vm0", "link set up dev vm0")).toEqual([[1], [2]]);
  expect(groups("link set --mtu=1400 vm0", "link set --mtu=1500 vm0")).toEqual([[1], [2]]);
  expect(groups("address add 10.0.0.1/24 dev a", "address add 10.0.1.1/24 dev b")).toEqual([[1, 2]]);
  expect(groups("link set 7 up", "link set vm0 down", "link set 8 --nosuch", "link set 9 up")).toHaveLength(4);
  expect(groups("tap add tap%d", "tap add tap%d")).toEqual([[1], [2]]);
  expect(groups("route add 10.1.0.0/16 via=10.0.0.2", "route add 10.2.0.0/16 via=10.1.0.1")).toEqual([[1], [2]]);
});

/** What the links are, and have, apart from what changes by itself. */
async function stateOf({ host }: Awaited<ReturnType<typeof batches>>): Promise<unknown> {
  const wanted = ["name", "kind", "mtu", "master", "alias", "up", "address"] as const;
  const links = await host.links({ only: wanted });
  const addresses = (await host.addresses()).filter(({ scope }) => scope === "global");
  const { forwardDelay } = ((await host.link("br0")).linkInfo as { data: { forwardDelay: number } }).data;
  return { links, forwardDelay, addresses: addresses.map(({ address }) => address) };
}

test("an atomic batch does all, or nothing: what was made goes, what was changed is as it was, whatever its name", async () => {
  await using at = await batches();
  expect(await at.batch("bridge add br0 up", "tap add t0 bridge=br0", "address add br0 10.0.0.1/24")).toEqual(DONE);
  const before = await stateOf(at);
  const failed = await at.atomic(
    "bridge add br1 up",
    "tap add t1",
    "tap add t2 bridge=br1",
    "link set t0 mtu=1400 alias=changed",
    "bridge set br0 forward-delay=4s mtu=1400 address=02:00:00:00:00:07",
    "link set t0 name=other",
    "address add br0 10.0.0.2/24",
    "address delete br0 10.0.0.1/24",
    "detach other",
    "",
    "link set none up",
    "bridge add br2",
  );
  expect(failed).toMatchObject({ status: 1 });
  expect(failed.stderr).toMatch(/^linkwright: .*batch:11: none: .*; all is as it was\n$/);
  expect(await stateOf(at)).toEqual(before);
  expect(
    await at.atomic("bridge add br1 up", "tap add t1", "tap add t2", "attach t1 br1", "attach t2 br1"),
  ).toMatchObject({
    status: 0,
    stderr: "",
  });
  const index = (await at.host.link("br1")).index;
  for (const name of ["t1", "t2"]) expect(await at.host.link(name)).toMatchObject({ master: index, up: true });
});

test("what could not be put back has no place in an atomic batch: nothing is done", async () => {
  await using at = await batches();
  for (const [line, what] of [
    ["sysctl net.ipv4.ip_forward=1", "what sysctl does cannot be put back"],
    ["link set lo netns=blue", "netns=blue cannot be put back"],
    ['link set lo alias="open', 'a " is not closed'],
  ] as const) {
    const refused = await at.atomic("bridge add br0", line);
    expect(refused).toMatchObject({ status: 2, stdout: "" });
    expect(refused.stderr).toContain(`${file}:2: ${what}`);
  }
  expect((await at.host.links()).map(({ name }) => name)).toEqual(["lo"]);
});
