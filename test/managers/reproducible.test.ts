import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { lacks } from "../kernel/scene/program.js";
import { type Packed, run } from "../package/packed.js";

vi.setConfig({ testTimeout: 300_000 });

const project = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "linkwright-reproducible-"));

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Builds and packs a copy of what is committed, as publishing does. */
function publish(place: string): Packed {
  const copy = join(folder, place);
  const unwanted = ["node_modules", ".git", "build", "dist", "prebuilds"];
  cpSync(project, copy, { recursive: true, filter: (source) => !unwanted.includes(basename(source)) });
  symlinkSync(join(project, "node_modules"), join(copy, "node_modules"));
  run("npm", ["run", "--silent", "prepack"], copy);
  const words = ["pack", "--json", "--ignore-scripts", "--pack-destination", copy];
  return (JSON.parse(run("npm", words, copy)) as Packed[])[0]!;
}

test("two builds in two places give the same bytes, with nothing of the machine in them", ({ skip }) => {
  const reason = lacks("aarch64-linux-gnu-gcc", "--version");
  skip(reason !== undefined, reason);
  const places = ["a", "another/place"];
  const tarballs = places.map((place) => join(folder, place, publish(place).filename));
  const unpacked = places.map((place, index) => {
    const into = join(folder, `unpacked-${index}`, place);
    mkdirSync(into, { recursive: true });
    run("tar", ["-xzf", tarballs[index]!, "-C", into, "--strip-components=1"], folder);
    const names = readdirSync(into, { recursive: true, encoding: "utf8" }).sort();
    return names
      .filter((name) => statSync(join(into, name)).isFile())
      .map((name) => ({ name, content: readFileSync(join(into, name)) }));
  });
  const differing = unpacked[0]!.filter(({ content }, index) => !content.equals(unpacked[1]![index]!.content));
  expect(differing.map(({ name }) => name)).toEqual([]);
  const sums = tarballs.map((path) => createHash("sha512").update(readFileSync(path)).digest("hex"));
  expect(sums[0]).toBe(sums[1]);
  const name = hostname();
  const traces = [folder, project, `${process.env["HOME"] ?? "/root"}/`, ...(name.length > 4 ? [name] : [])];
  const telling = unpacked[0]!.filter(({ content }) => traces.some((trace) => content.includes(trace)));
  expect(telling.map(({ name }) => name)).toEqual([]);
});
