import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeEach, expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import { atTerminal, noScript, type Shown } from "../scene/pseudo-terminal.js";

const built = fileURLToPath(new URL("../../../dist/code/cli.cjs", import.meta.url));

beforeEach(({ skip }) => {
  if (noScript !== undefined) skip(noScript);
  if (!existsSync(built)) skip("dist is not built");
});

/** A bridge with a port that is up, and the command line at a terminal. */
async function bridgeInUse() {
  const host = await Host.open({ namespace: "new" });
  const namespace = await host.namespaceDescriptor();
  await host.addBridge("br0", { up: true });
  await host.addTap("vm0", { bridge: "br0" });
  const netns = `/proc/${process.pid}/fd/${namespace.fd}`;
  return {
    type: (line: string, ...answers: string[]): Promise<Shown> =>
      atTerminal([process.execPath, built, "--netns", netns, ...line.split(" ")], answers),
    bridges: async () => (await host.links({ kind: "bridge" })).map(({ name }) => name),
    [Symbol.asyncDispose]: () => host.close(),
  };
}

const QUESTION = "br0 has a port that is up: vm0. Remove it? [y/N]";

test.each([
  ["n", "n\n"],
  ["nothing", "\n"],
  ["something else", "yesterday\n"],
  ["Ctrl+C", "\u0003"],
  ["Ctrl+D", "\u0004"],
])("a bridge whose ports are up is asked about on a terminal, and %s keeps it", async (_name, answer) => {
  await using scene = await bridgeInUse();
  const { status, shown, asked } = await scene.type("bridge delete br0", answer);
  expect({ status, asked }).toEqual({ status: 2, asked: 1 });
  expect(shown).toContain(QUESTION);
  expect(shown).toContain("linkwright: br0: it stays");
  expect(await scene.bridges()).toEqual(["br0"]);
});

test.each(["y\n", "YES\n"])("a yes removes it (%j)", async (answer) => {
  await using scene = await bridgeInUse();
  const { status, shown, asked } = await scene.type("bridge delete br0", answer);
  expect({ status, asked }).toEqual({ status: 0, asked: 1 });
  expect(shown).toContain(QUESTION);
  expect(await scene.bridges()).toEqual([]);
});

test("link delete asks of a bridge, too", async () => {
  await using scene = await bridgeInUse();
  const kept = await scene.type("link delete br0", "n\n");
  expect(kept).toMatchObject({ status: 2, asked: 1 });
  expect(kept.shown).toContain(QUESTION);
  expect(await scene.type("link delete vm0")).toMatchObject({ status: 0, asked: 0 });
  expect(await scene.type("link delete br0")).toMatchObject({ status: 0, asked: 0 });
  expect(await scene.bridges()).toEqual([]);
});

test("--force removes it without a question, and a bridge that is not in use needs none", async () => {
  await using scene = await bridgeInUse();
  expect(await scene.type("bridge delete br0 --force")).toEqual({ status: 0, shown: "", asked: 0 });
  expect(await scene.type("bridge add br1")).toMatchObject({ status: 0 });
  expect(await scene.type("bridge delete br1")).toEqual({ status: 0, shown: "", asked: 0 });
  expect(await scene.bridges()).toEqual([]);
});
