import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const FOLDER = fileURLToPath(new URL("../../../native/", import.meta.url));

/** The addon's modules, each a .c and its .h, and the modules that they include. */
function modules(): Map<string, string[]> {
  const graph = new Map<string, string[]>();
  for (const file of readdirSync(FOLDER).filter((name) => /\.[ch]$/.test(name))) {
    const name = file.slice(0, -2);
    const included = [...readFileSync(FOLDER + file, "utf8").matchAll(/^#include "(\w+)\.h"$/gm)].map(([, to]) => to!);
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

test("no file of the addon needs, by whatever way, one that needs it", () => {
  const graph = modules();
  expect(graph.size).toBeGreaterThan(15);
  expect([...graph.values()].flat().filter((name) => !graph.has(name))).toEqual([]);
  expect(circle(graph)).toBeUndefined();
});
