import { beforeAll, expect, test } from "vitest";
import { run } from "../../../src/cli/run.js";
import { Host } from "../../../src/index.js";

let missing: string | undefined;

async function withTap(): Promise<Host> {
  const host = await Host.open({ namespace: "new" });
  await host.setSysctl("net.ipv6.conf.default.disable_ipv6", 1);
  await host.addTap("tap0", { up: true });
  return host;
}

async function commands(host: Host): Promise<(...words: string[]) => Promise<string>> {
  const namespace = await host.namespaceDescriptor();
  return async (...words) => {
    let said = "";
    const output = { write: (text: string) => (said += text) };
    await run(["--netns", `/proc/self/fd/${namespace.fd}`, ...words], { stdout: output, stderr: output, env: {} });
    return said;
  };
}

beforeAll(async () => {
  await using host = await withTap();
  try {
    await host.qdiscs.add("tap0", { kind: "htb", handle: "1:" });
    await host.qdiscs.add("tap0", { kind: "ingress" });
  } catch (error) {
    missing = (error as Error).message;
  }
});

test("a root qdisc of somebody else is named where the limits are read, and unlimited is not said of it", async ({
  skip,
}) => {
  skip(missing !== undefined, missing);
  await using host = await withTap();
  const linkwright = await commands(host);
  await host.qdiscs.add("tap0", { kind: "htb", handle: "1:" });
  expect(await host.rateLimit("tap0")).toEqual({
    others: [{ direction: "egress", what: "qdisc", kind: "htb", handle: "1:" }],
  });
  const words = "its root qdisc is a htb that somebody has put there";
  expect(await linkwright("rate", "tap0")).toBe(`egress: ${words}\n`);
  await expect(host.limitRate("tap0", { egress: "unlimited" })).rejects.toMatchObject({
    code: "EBUSY",
    message: `tap0: ${words} (EBUSY); remove it first`,
  });
  expect(await linkwright("rate", "tap0", "egress=unlimited")).toContain(words);
  expect((await host.qdiscs.list({ link: "tap0" })).map(({ kind }) => kind)).toEqual(["htb"]);
  await host.limitRate("tap0", { ingress: "unlimited" });
  await host.qdiscs.remove("tap0");
  await host.limitRate("tap0", { egress: "unlimited" });
  expect(await linkwright("rate", "tap0")).toBe("unlimited\n");
});

test("a root qdisc of somebody else that only puts in order is no limit", async ({ skip }) => {
  skip(missing !== undefined, missing);
  await using host = await withTap();
  await host.qdiscs.add("tap0", { kind: "pfifo", handle: "1:", options: { limit: 100 } });
  expect(await host.rateLimit("tap0")).toEqual({});
  await host.limitRate("tap0", { egress: "unlimited" });
  expect((await host.qdiscs.list({ link: "tap0" })).map(({ kind }) => kind)).toEqual(["pfifo"]);
});

test("a qdisc of kind ingress stands in ingress, one of kind clsact in clsact, and is found and removed there", async ({
  skip,
}) => {
  skip(missing !== undefined, missing);
  await using host = await withTap();
  const linkwright = await commands(host);
  for (const kind of ["ingress", "clsact"] as const) {
    expect(await host.qdiscs.add("tap0", { kind })).toMatchObject({ kind, parent: kind, handle: "ffff:" });
    expect(await linkwright("qdisc", "list", "tap0")).toMatch(new RegExp(`^tap0 +${kind} +ffff: +${kind} `, "m"));
    for (const parent of ["ingress", "clsact"] as const) {
      expect(await host.qdiscs.list({ link: "tap0", parent })).toMatchObject([{ kind }]);
      expect((await host.qdiscs.list({ parent })).map((qdisc) => qdisc.kind)).toEqual([kind]);
    }
    expect(await linkwright("qdisc", "delete", "tap0", `parent=${kind}`)).toBe("");
    expect(await host.qdiscs.list({ parent: kind })).toEqual([]);
  }
});
