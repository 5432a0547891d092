import { expect, test } from "vitest";
import { DONE, terminal } from "./terminal.js";

const A = "02:00:00:00:00:0a";

async function bridged(): ReturnType<typeof terminal> {
  const shell = await terminal();
  await shell.host.addBridge("br0", { up: true, address: "52:54:00:00:00:01" });
  await shell.host.addVeth("v0", { peer: { name: "v0p", up: true }, up: true, address: "52:54:00:00:00:02" });
  await shell.host.attach("v0", "br0", { learning: false });
  return shell;
}

test("an entry of a forwarding table is added, shown, replaced, listed, deleted and flushed", async () => {
  await using shell = await bridged();
  const { type, ask } = shell;
  expect(await type(`fdb add v0 ${A} flags=sticky`)).toEqual(DONE);
  expect((await type(`fdb show br0 ${A}`)).stdout).toMatch(
    /^ADDRESS +LINK +BRIDGE +VLAN +STATE +AGE +FLAGS\n02:00:00:00:00:0a +v0 +br0 +- +static +\d\S*s +sticky\n$/,
  );
  expect(await ask(`fdb replace v0 ${A} state=dynamic`)).toMatchObject([{ address: A, state: "dynamic" }]);
  expect(await ask("bridge fdb br0 state=dynamic")).toMatchObject([{ address: A }]);
  expect((await type("bridge fdb br0 state=permanent")).stdout).toMatch(
    /^ADDRESS +PORT +VLAN +STATE +AGE +FLAGS\n(.*\n)*52:54:00:00:00:02 +v0 +- +permanent/,
  );
  expect(await ask(`fdb list v0 address=${A} table=device`)).toEqual([]);
  expect(await ask("fdb flush br0 state=static,dynamic")).toEqual({ method: "bulk" });
  expect(await type(`fdb delete v0 ${A}`)).toMatchObject({ status: 1 });
  expect((await type(`fdb add v0 ${A} state=nonsense`)).stderr).toBe(
    'linkwright: state: "nonsense" is none of permanent|static|dynamic\n',
  );
});

test("a port is made a member of a group, and is one no longer", async () => {
  await using shell = await bridged();
  const { type, ask } = shell;
  expect(await ask("mdb add v0 239.1.1.1")).toMatchObject([{ group: "239.1.1.1", state: "permanent" }]);
  expect((await type("bridge mdb br0 group=239.1.1.1")).stdout).toMatch(
    /^GROUP +BRIDGE +PORT +VLAN +STATE +LEFT +SOURCES +BY +FLAGS\n239\.1\.1\.1 +br0 +v0 +- +permanent +- +- +static +-\n$/,
  );
  expect(await ask("bridge mdb br0 group=239.1.1.1")).toMatchObject({ entries: [{ group: "239.1.1.1" }], routers: [] });
  await shell.host.setPort("v0", { multicastRouter: "perm" });
  expect((await type("bridge mdb br0")).stdout).toMatch(/\nROUTERS +BRIDGE +PORT +VLAN +LEFT\nperm +br0 +v0 +- +-\n$/);
  expect(await ask("mdb list port=v0 group=239.1.1.1")).toHaveLength(1);
  expect(await type("mdb delete v0 239.1.1.1")).toEqual(DONE);
  expect(await ask("mdb list group=239.1.1.1")).toEqual([]);
});

test("a bridge's spanning tree is printed", async () => {
  await using shell = await bridged();
  await shell.host.setBridge("br0", { stpState: "kernel" });
  const { stdout } = await shell.type("bridge stp br0");
  expect(stdout).toMatch(/^br0\n {2}stp-state +kernel\n {2}bridge-id +8000\.525400000001\n/);
  expect(stdout).toMatch(/\n {2}designated-root +8000\.525400000001 \(this bridge\)\n/);
  expect(stdout).toMatch(
    /\nv0 +8001 +designated +(listening|learning|forwarding) +2 +8000\.525400000001 +8001 +0 +forward-delay/,
  );
  expect(await shell.ask("bridge stp br0")).toMatchObject({
    isRoot: true,
    ports: [{ name: "v0", role: "designated" }],
  });
  expect((await shell.type("bridge stp v0")).stderr).toBe("linkwright: v0 is of kind veth, not a bridge\n");
});
