import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { disable, enable } from "../../../src/boot/enabled.js";
import { keepEnabled, type KeepEvent } from "../../../src/boot/keep-enabled.js";
import { Host } from "../../../src/index.js";
import { apply, confirm, defineHost } from "../../../src/topology/index.js";

let folder: string;
let host: Host;
let stop: AbortController;
let keeping: Promise<void>;
const events: KeepEvent[] = [];
let noticed = (): void => undefined;

/** Resolves when an event of this sort has been reported. */
async function told(sort: KeepEvent["event"]): Promise<void> {
  while (!events.some(({ event }) => event === sort)) await new Promise<void>((resolve) => (noticed = resolve));
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "linkwright-keep-"));
  host = await Host.open({ namespace: "new" });
  stop = new AbortController();
  keeping = Promise.resolve();
  events.length = 0;
});
afterEach(async () => {
  stop.abort();
  await keeping;
  await host.close();
  rmSync(folder, { recursive: true });
});

const journal = (): string => join(folder, "journal");

function start(delays?: readonly [number, number]): void {
  const report = (event: KeepEvent): void => {
    events.push(event);
    noticed();
  };
  keeping = keepEnabled(host, { root: folder, journal: journal(), signal: stop.signal, report, delays });
}

test("what is kept comes back whenever it is otherwise, and what is only enabled does not", async () => {
  enable("kept", "links: { br0: { kind: bridge, mtu: 1400 } }", { root: folder, keep: true });
  enable("other", "links: { br1: { kind: bridge } }", { root: folder });
  start([1, 2]);
  await told("repaired");
  await host.setLink("br0", { mtu: 1300 });
  await host.waitFor("br0", ({ mtu }) => mtu === 1400);
  await host.remove("br0");
  await host.waitFor("br0", "there");
  expect((await host.links({ only: ["name"] })).map(({ name }) => name)).toEqual(["lo", "br0"]);
  expect(events[0]).toMatchObject({ event: "repaired", times: 1, steps: [expect.stringMatching(/^\+ link br0: /)] });
});

test("whoever changes it again and again is answered after ever longer pauses, and each doubling is told once", async () => {
  enable("kept", "links: { lo: { mtu: 60000 } }", { root: folder, keep: true });
  start([20, 60_000]);
  for (let i = 0; i < 6; i++) {
    await host.waitFor("lo", ({ mtu }) => mtu === 60000);
    await host.setLink("lo", { mtu: 50_000 + i });
  }
  await host.waitFor("lo", ({ mtu }) => mtu === 60000);
  expect(events.map(({ times }) => times)).toEqual([1, 2, 4]);
});

test("a link that is late joins when it is there, one that goes and comes again, too", async () => {
  enable("kept", "links: { br0: { kind: bridge }, late0: { master: br0 } }", { root: folder, keep: true });
  start([1, 2]);
  await host.waitFor("br0", "there");
  for (let i = 0; i < 2; i++) {
    await host.addVeth("late0", { peer: { name: "far0" } });
    await host.waitFor("late0", { master: "br0" });
    await host.remove("late0");
  }
});

test("what is enabled and disabled meanwhile is heeded", async () => {
  start([1, 2]);
  enable("kept", "links: { br0: { kind: bridge } }", { root: folder, keep: true });
  await host.waitFor("br0", "there");
  enable("more", "links: { br1: { kind: bridge } }", { root: folder, keep: true });
  await host.waitFor("br1", "there");
  disable("kept", { root: folder });
  enable("last", "links: { br2: { kind: bridge } }", { root: folder, keep: true });
  await host.waitFor("br2", "there");
  await host.remove("br0");
  await host.remove("br1");
  await host.waitFor("br1", "there");
  expect((await host.links({ only: ["name"] })).map(({ name }) => name)).not.toContain("br0");
});

test("while a declaration waits to be confirmed, nothing is changed back", async () => {
  enable("kept", "links: { lo: { mtu: 60000 } }", { root: folder, keep: true });
  start([1, 2]);
  await host.waitFor("lo", ({ mtu }) => mtu === 60000);
  await apply(host, defineHost({ links: { lo: { mtu: 40_000 } } }), { journal: journal(), confirm: 60_000 });
  await told("notRepaired");
  expect((await host.link("lo")).mtu).toBe(40_000);
  await confirm(host, { journal: journal() });
  await host.waitFor("lo", ({ mtu }) => mtu === 60000);
});

test("linkwright serve keeps what is to be kept, and ends when it is told to", async () => {
  enable("kept", "links: { br0: { kind: bridge } }", { root: folder, keep: true });
  const namespace = await host.namespaceDescriptor();
  const words = [
    `root=${folder}`,
    `journal=${journal()}`,
    `state=${folder}/state`,
    `run=${folder}/run`,
    `service=${folder}/s`,
  ];
  const path = new URL("../../../dist/code/cli.cjs", import.meta.url).pathname;
  const child = spawn("nsenter", ["--net=/proc/self/fd/3", process.execPath, path, "serve", ...words], {
    stdio: ["ignore", "pipe", "inherit", namespace.fd],
  });
  try {
    await host.waitFor("br0", "there");
    await host.remove("br0");
    await host.waitFor("br0", "there");
  } finally {
    child.kill("SIGTERM");
  }
  expect(await once(child, "exit")).toEqual([0, null]);
  await namespace.close();
});
