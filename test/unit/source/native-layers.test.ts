import { readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const FOLDER = fileURLToPath(new URL("../../../native/", import.meta.url));

/** The addon's modules, each a .c and its .h, and the modules that they include. */
function modules(): Map<string, string[]> {
  const graph = new Map<string, string[]>();
  const files = readdirSync(FOLDER, { recursive: true }).map(String);
  for (const file of files.filter((name) => /\.[ch]$/.test(name) && !/^(cni|qemu|runner|watchdog)\//.test(name))) {
    const name = file.slice(0, -2);
    const text = readFileSync(FOLDER + file, "utf8");
    const included = [...text.matchAll(/^#include "([\w/]+)\.h"$/gm)].map(([, to]) => to!);
    graph.set(name, [...(graph.get(name) ?? []), ...included.filter((to) => to !== name)]);
  }
  return graph;
}

/** A way from a module back to itself, if there is one. */
function circle(graph: Map<string, string[]>): string[] | undefined {
  const done = new Set<string>();
  const follow = (name: string, way: readonly string[]): string[] | undefined => {
    if (way.includes(name)) return [...way.slice(way.indexOf(name)), name];
    if (done.has(name)) return undefined;
    for (const next of graph.get(name) ?? []) {
      const found = follow(next, [...way, name]);
      if (found !== undefined) return found;
    }
    done.add(name);
    return undefined;
  };
  for (const name of graph.keys()) {
    const found = follow(name, []);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The folders of the addon: a file includes what is in its own, and in those that stand before it. */
const FOLDERS = [".", "thread", "files", "namespace", "sockets", "netlink", "tap"];
/** What makes a thread in a namespace, and what JavaScript calls: over everything else. */
const ABOVE_ALL = ["lifetime", "addon"];

test("no folder of the addon includes one that stands above it", () => {
  const rank = (name: string): number => (ABOVE_ALL.includes(name) ? FOLDERS.length : FOLDERS.indexOf(dirname(name)));
  const wrong = [...modules()].flatMap(([name, included]) =>
    included.filter((to) => rank(to) > rank(name)).map((to) => `${name} includes ${to}`),
  );
  expect([...modules().keys()].filter((name) => rank(name) < 0)).toEqual([]);
  expect(wrong).toEqual([]);
});

test("no file of the addon needs, by whatever way, one that needs it", () => {
  const graph = modules();
  expect(graph.size).toBeGreaterThan(15);
  expect([...graph.values()].flat().filter((name) => !graph.has(name))).toEqual([]);
  expect(circle(graph)).toBeUndefined();
});

interface Gyp {
  readonly targets: readonly { readonly target_name: string; readonly sources: readonly string[] }[];
}

const { targets } = JSON.parse(readFileSync(`${FOLDER}../binding.gyp`, "utf8").replace(/^ *#.*$/gm, "")) as Gyp;

/** A target's files, each with those whose functions or variables it names. */
function users(sources: readonly string[]): Map<string, string[]> {
  const texts = sources.map((path): [string, string] => [
    path,
    readFileSync(`${FOLDER}../${path}`, "utf8").replace(/\/\*[^]*?\*\/|"(\\.|[^"\\])*"/g, ""),
  ]);
  const owners = new Map<string, string>();
  for (const [path, text] of texts)
    for (const [, name] of text.matchAll(
      /^(?!static |typedef |extern )\w[\w *]*?(\w+)(?:\([^;{}]*\) \{|(?:\[\w*\])?(?: =.*)?;)$/gm,
    ))
      owners.set(name!, path);
  return new Map(
    texts.map(([path, text]) => {
      const named = new Set([...text.matchAll(/\b[a-z]\w*\b/g)].map(([name]) => owners.get(name)));
      return [path, [...named].filter((owner) => owner !== undefined && owner !== path) as string[]];
    }),
  );
}

test.each(targets.map(({ target_name: name, sources }) => [name, sources] as const))(
  "no file of %s calls, by whatever way, one that calls it",
  (_name, sources) => {
    const graph = users(sources);
    expect(graph.size).toBe(sources.length);
    expect([...graph.values()].flat().length).toBeGreaterThanOrEqual(graph.size - 1);
    expect(circle(graph)).toBeUndefined();
  },
);
