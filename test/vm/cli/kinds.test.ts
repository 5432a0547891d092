import { expect, test } from "vitest";
import { DONE, terminal } from "../../kernel/cli/terminal.js";

/** Words that a link of a kind is added with and changed with, and what it then has. */
const KINDS = [
  ["vlan", "link=eth0 id=10", { id: 10 }, "flags=gvrp:on", { flags: { gvrp: true } }],
  ["macvlan", "link=eth0 mode=bridge", { mode: "bridge" }, "bc-queue-len=7", { bcQueueLen: 7 }],
  ["macvtap", "link=eth0 mode=vepa", { mode: "vepa" }, "bc-queue-len=9", { bcQueueLen: 9 }],
  ["vxlan", "id=42 port=4789 remote=192.0.2.2", { id: 42, remote: "192.0.2.2" }, "ageing=60s", { ageing: 60_000 }],
] as const;

test("VLANs, macvlans, macvtaps and VXLANs: added, listed, shown, changed and deleted on the command line", async () => {
  await using shell = await terminal();
  const { type, ask, host } = shell;
  await host.addVeth("eth0", { peer: { name: "far0", up: true }, up: true });
  for (const [kind, words, made, change, changed] of KINDS) {
    expect(await type(`${kind} add x0 ${words}`)).toEqual(DONE);
    expect(await ask(`${kind} show x0`)).toMatchObject({ name: "x0", kind, linkInfo: { data: made } });
    expect(await ask(`${kind} list`)).toMatchObject([{ name: "x0", kind }]);
    expect((await type(`${kind} list`)).stdout).toMatch(/^NAME .*\nx0 .*\n$/);
    expect(await type(`${kind} set x0 ${change}`)).toEqual(DONE);
    expect((await host.link("x0")).linkInfo?.data).toMatchObject({ ...made, ...changed });
    expect((await type(`${kind} set eth0 ${change}`)).stderr).toMatch(
      /^linkwright: eth0 is of kind veth, not a \w+\n$/,
    );
    expect(await type(`${kind} delete x0`)).toEqual(DONE);
    expect(await ask(`${kind} list`)).toEqual([]);
  }
});

test("a link of any kind is changed by its kind's words", async () => {
  await using shell = await terminal();
  const { type, host } = shell;
  await host.addVeth("eth0", { peer: { name: "far0", up: true }, up: true });
  expect(await type("link add x0 kind=macvlan link=eth0 mode=vepa")).toEqual(DONE);
  expect(await type("link set x0 kind=macvlan mode=private up")).toEqual(DONE);
  expect(await host.link("x0")).toMatchObject({ up: true, linkInfo: { data: { mode: "private" } } });
  expect(await type("link set eth0 kind=macvlan mode=private")).toMatchObject({
    status: 2,
    stderr: "linkwright: eth0 is of kind veth, not of kind macvlan\n",
  });
});
