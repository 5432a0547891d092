import { expect, test, type TestContext } from "vitest";
import { Host } from "../../../src/index.js";
import { unlessLacking } from "../scene/lacking.js";

async function shaped(context: TestContext): Promise<Host> {
  const host = await Host.open({ namespace: "new" });
  await host.addTap("tap0", { up: true });
  await unlessLacking(context, host.qdiscs.add("tap0", { kind: "htb", handle: "1:" }));
  return host;
}

test("a class is replaced where it is there, and added where it is not", async (context) => {
  await using host = await shaped(context);
  const added = await host.classes.replace("tap0", { kind: "htb", handle: "1:10", options: { rate: 1e6, ceil: 2e6 } });
  expect(added).toMatchObject({ handle: "1:10", options: { rate: 1e6, ceil: 2e6 } });
  await host.classes.replace("tap0", { kind: "htb", handle: "1:10", options: { rate: 3e6, ceil: 4e6 } });
  const classes = await host.classes.list({ link: "tap0", qdisc: "1:" });
  expect(classes.map(({ handle, options }) => [handle, options])).toMatchObject([["1:10", { rate: 3e6, ceil: 4e6 }]]);
});

test("a filter takes the place of the one with its priority and handle", async (context) => {
  await using host = await shaped(context);
  for (const handle of ["1:10", "1:20"] as const)
    await host.classes.add("tap0", { kind: "htb", handle, options: { rate: 1e6 } });
  const sel = { keys: [{ mask: 0xffffff00, val: 0x0a000100, off: 16 }] };
  const settings = { kind: "u32", protocol: "ip", priority: 5, handle: "800::801" } as const;
  for (const classid of ["1:10", "1:20"] as const)
    await host.filters.replace("tap0", { ...settings, options: { classid, sel } });
  const found = (await host.filters.list({ link: "tap0", priority: 5 })).filter(({ handle }) => handle === "800::801");
  expect(found).toMatchObject([{ kind: "u32", options: { classid: "1:20" } }]);
});
