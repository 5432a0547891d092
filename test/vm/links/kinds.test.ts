import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test, type TestContext } from "vitest";
import { Host, NetlinkError } from "../../../src/index.js";
import { CASES, type Options } from "./kind-cases.js";

let host: Host;

beforeAll(async () => {
  // The kernel does not load what wraps a tunnel's packets by itself.
  spawnSync("modprobe", ["fou"]);
  host = await Host.open({ namespace: "new" });
  await host.addVeth("eth0", { peer: { name: "far0", up: true }, up: true });
  await host.addAddress("eth0", "192.0.2.1/24");
  await host.addAddress("eth0", "2001:db8::1/64", { flags: ["nodad"] });
});

afterAll(async () => {
  await host.close();
});

const titled = CASES.map((each) => [[each.kind, each.title].filter(Boolean).join(" "), each] as const);

/** Skips where the kernel has no links of this kind. */
async function unlessLacking<T>({ skip }: TestContext, request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof NetlinkError) skip(error.kernelMessage === "Unknown device type", error.message);
    throw error;
  }
}

async function optionsOf(link: string): Promise<Options> {
  return ((await host.link(link)).linkInfo?.data ?? {}) as Options;
}

describe("each kind", () => {
  test.for(titled)(
    "%s: created with many options at once, read back, changed, nothing else changes",
    async ([, { kind, link, options, changes = {} }], context) => {
      const created = await unlessLacking(context, host.addLink("x0", kind, { link, ...options }));
      try {
        expect(created.kind).toBe(kind);
        expect(created.linkInfo?.data ?? {}).toMatchObject(options);
        if (Object.keys(changes).length === 0) return;
        const before = await optionsOf("x0");
        await host.setKind("x0", kind, changes);
        const { macaddrCount: _count, bcQueueLenUsed: _used, ...rest } = before;
        expect(await optionsOf("x0")).toMatchObject({ ...rest, ...changes });
      } finally {
        await host.remove("x0");
      }
    },
  );
});
