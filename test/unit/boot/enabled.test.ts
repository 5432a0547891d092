import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { disable, enable, enabledFolder, enabledIn, nameOfFile } from "../../../src/boot/enabled.js";
import { backoff } from "../../../src/boot/keep-enabled.js";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "linkwright-enabled-"));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

const BRIDGE = "# the guests' bridge\nlinks: { br0: { kind: bridge } }\n";

test("what is enabled is kept as it was written, others cannot write it, and nothing else is left there", () => {
  const umask = process.umask(0);
  try {
    enable("guests", BRIDGE, { root });
  } finally {
    process.umask(umask);
  }
  expect(readdirSync(enabledFolder({ root }))).toEqual(["guests.yaml"]);
  const file = join(enabledFolder({ root }), "guests.yaml");
  expect(readFileSync(file, "utf8")).toBe(BRIDGE);
  expect(statSync(file).mode & 0o777).toBe(0o644);
  expect(enabledIn({ root })).toMatchObject([{ name: "guests", keep: false, problem: undefined }]);
});

test("what is no declaration is refused, and what was enabled by that name stays", () => {
  enable("guests", BRIDGE, { root });
  expect(() => enable("guests", "links: { br0: { kind: brigde } }", { root })).toThrow(/guests.yaml:1:\d+: .*bridge/);
  expect(readFileSync(join(enabledFolder({ root }), "guests.yaml"), "utf8")).toBe(BRIDGE);
  expect(() => enable("../guests", BRIDGE, { root })).toThrow(/is no name/);
});

test("what is enabled anew to be kept no more is kept no more", () => {
  enable("guests", BRIDGE, { root, keep: true });
  expect(enabledIn({ root })).toMatchObject([{ keep: true }]);
  enable("guests", BRIDGE, { root });
  expect(enabledIn({ root })).toMatchObject([{ keep: false }]);
});

test("a file that others than its owner can write is not read, and says so", () => {
  enable("guests", BRIDGE, { root });
  chmodSync(join(enabledFolder({ root }), "guests.yaml"), 0o666);
  expect(enabledIn({ root })).toMatchObject([
    { declaration: undefined, problem: expect.stringMatching(/others/) as string },
  ]);
});

test("what is enabled under a name that cannot be is not passed over without a word, and a file that cannot be written leaves none", () => {
  enable("guests", BRIDGE, { root });
  const folder = enabledFolder({ root });
  writeFileSync(join(folder, "my guests.yaml"), BRIDGE);
  expect(enabledIn({ root })).toMatchObject([
    { name: "guests", problem: undefined },
    { name: "my guests", declaration: undefined, problem: expect.stringMatching(/is no name/) as string },
  ]);
  mkdirSync(join(folder, "dir.yaml"));
  expect(() => enable("dir", BRIDGE, { root })).toThrow();
  expect(readdirSync(folder).filter((name) => name.startsWith("."))).toEqual([]);
});

test("declarations are in the order of their names, and drafts and strangers' files are none", () => {
  for (const name of ["b", "10-a", "a"]) enable(name, BRIDGE, { root });
  writeFileSync(join(enabledFolder({ root }), ".c.yaml.17"), "half a decl");
  writeFileSync(join(enabledFolder({ root }), "README"), "");
  expect(enabledIn({ root }).map(({ name }) => name)).toEqual(["10-a", "a", "b"]);
});

test("what is disabled is gone, and what is not enabled cannot be", () => {
  expect(() => disable("guests", { root })).toThrow(/^name: guests is not enabled$/);
  enable("guests", BRIDGE, { root, keep: true });
  expect(() => disable("host", { root })).toThrow(/host is not enabled; guests are/);
  disable("guests", { root });
  expect(readdirSync(enabledFolder({ root }))).toEqual([]);
  mkdirSync(join(root, "other"));
  expect(enabledIn({ root: join(root, "other") })).toEqual([]);
});

test("the name of a file is its own, without its ending", () => {
  expect(["/tmp/host.yaml", "a.b.yml", "x.json", "plain"].map(nameOfFile)).toEqual(["host", "a.b", "x", "plain"]);
});

test("repairs come at once, then after ever longer pauses, are told of at each doubling, and a quiet while forgets them", () => {
  const pace = backoff([1000, 8000]);
  const [waits, told]: [number[], unknown[]] = [[], []];
  let now = 0;
  for (let i = 0; i < 9; i++) {
    waits.push(pace.next(now));
    now += waits.at(-1)!;
    told.push(pace.count(now));
  }
  expect(waits).toEqual([0, 1000, 2000, 4000, 8000, 8000, 8000, 8000, 8000]);
  expect(told).toEqual([1, 2, undefined, 4, undefined, undefined, undefined, 8, undefined]);
  expect(pace.next(now + 8001)).toBe(0);
  expect(pace.count(now + 8001)).toBe(1);
});

test("namespaces are refused, by who enables them and where they are enabled all the same", () => {
  const text = "namespaces: { red: {} }\n";
  expect(() => enable("red", text, { root })).toThrow(/red.yaml: namespaces: a service .* cannot make/);
  expect(enabledIn({ root })).toEqual([]);
  enable("red", BRIDGE, { root });
  writeFileSync(join(enabledFolder({ root }), "red.yaml"), text);
  expect(enabledIn({ root })).toMatchObject([
    { declaration: undefined, problem: expect.stringMatching(/red.yaml: namespaces: /) as string },
  ]);
});
