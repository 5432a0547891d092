import { expect, test } from "vitest";
import { DONE, terminal } from "../../kernel/cli/terminal.js";

test("bond show says of a port whose link is gone that it has failed", async () => {
  await using shell = await terminal();
  const { host, type } = shell;
  for (const name of ["eno4", "eno5"]) await host.addVeth(name, { peer: { name: `${name}-far`, up: true } });
  expect(await type("bond add bond0 mode=active-backup miimon=50ms ports=eno4,eno5 up")).toEqual(DONE);
  const states = async (): Promise<string[]> =>
    [...(await type("bond show bond0")).stdout.matchAll(/^eno\d +([\w-]+)/gm)].map(([, state]) => state!).sort();
  await expect.poll(states, { timeout: 20_000 }).toEqual(["active", "backup"]);
  await host.setLink("eno4-far", { up: false });
  await expect.poll(states, { timeout: 20_000 }).toEqual(["active", "failed"]);
  await host.setLink("eno4-far", { up: true });
  await expect.poll(states, { timeout: 20_000 }).toEqual(["active", "backup"]);
});

test("a bond's mode out of range is refused with all that there are, before anything is made", async () => {
  await using shell = await terminal();
  const { host, type } = shell;
  const { status, stderr } = await type("bond add bond0 mode=7");
  expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringContaining("balance-tlb") as string });
  expect((await host.links()).map(({ name }) => name)).not.toContain("bond0");
  expect(await type("bond add bond0 mode=4")).toEqual(DONE);
  expect((await host.link("bond0")).linkInfo?.data).toMatchObject({ mode: "802.3ad" });
});
