import { describe, test } from "vitest";
import { Host, type SpanningTree, type SpanningTreePort } from "../../../src/index.js";
import { frame as frameOf, scene, type SceneHost } from "../../../src/testing/index.js";
import { frame, numbers } from "../../kernel/scene/frames.js";
import { inside } from "../differential/inside.js";

const WAIT = { timeout: 40_000, interval: 100 };
const SOON = { within: WAIT.timeout };

/** The shortest times that the kernel takes. */
const QUICK = { stpState: "kernel", forwardDelay: 2000, helloTime: 1000, maxAge: 6000, up: true } as const;

/** The states of a bridge's ports, in the order in which they joined. */
function statesOf({ ports }: SpanningTree): unknown[] {
  return ports.map(({ state }) => state);
}

/** A frame from one MAC to another that carries a number. */
function unicast(from: string, to: string, number: number): Buffer {
  return frameOf({ from, to, payload: Uint8Array.of(number) });
}

const A = "52:54:00:00:00:0a";
const B = "52:54:00:00:00:0b";
const EVERYBODY = "ff:ff:ff:ff:ff:ff";

describe.concurrent("scenes of bridges", () => {
  test("of two bridges in a loop one port blocks, and forwards when the loop's other link is cut", async ({
    expect,
  }) => {
    await using host = await Host.open({ namespace: "new" });
    const programs = await inside(host);
    await host.addBridge("brA", { ...QUICK, address: "52:54:00:00:01:01", priority: 0x1000 });
    await host.addBridge("brB", { ...QUICK, address: "52:54:00:00:01:02" });
    const [left, right] = await Promise.all([host.openTap("left"), host.openTap("right")]);
    await Promise.all([host.attach(left, "brA"), host.attach(right, "brB")]);
    for (const number of [0, 1]) {
      await host.addVeth(`a${number}`, { peer: { name: `b${number}` } });
      await host.attach(`a${number}`, "brA");
      await host.attach(`b${number}`, "brB");
    }
    const tree = (): Promise<SpanningTree> => host.spanningTree("brB");
    const port = async (name: string): Promise<SpanningTreePort> =>
      (await tree()).ports.find((each) => each.name === name)!;

    await expect.poll(async () => statesOf(await tree()), WAIT).toEqual(["forwarding", "forwarding", "blocking"]);
    await expect
      .poll(async () => statesOf(await host.spanningTree("brA")), WAIT)
      .toEqual(["forwarding", "forwarding", "forwarding"]);
    const [root, settled] = [await host.spanningTree("brA"), await tree()];
    expect(root).toMatchObject({ isRoot: true, bridgeId: "1000.525400000101", rootPort: 0, rootPathCost: 0 });
    expect(root.ports.map(({ role, state }) => `${role} ${state}`)).toEqual(Array(3).fill("designated forwarding"));
    const { bridgeId, bridgeId: designatedRoot } = root;
    expect(settled).toMatchObject({ isRoot: false, designatedRoot, rootPathCost: (await port("b0")).cost });
    expect(settled.rootPort).toBe((await port("b0")).no);
    const [own, open, blocked] = settled.ports;
    expect(own).toMatchObject({
      name: "right",
      role: "designated",
      state: "forwarding",
      designatedBridge: settled.bridgeId,
    });
    expect(open).toMatchObject({ name: "b0", role: "root", state: "forwarding", designatedBridge: bridgeId });
    expect(blocked).toMatchObject({ name: "b1", role: "alternate", state: "blocking", designatedBridge: bridgeId });
    expect(blocked).toMatchObject({ designatedRoot, designatedPort: root.ports.find(({ name }) => name === "a1")!.id });
    expect(blocked!.messageAgeTimer).toBeGreaterThan(0);
    const shown = programs
      .run("brctl", "showstp", "brB")
      .slice(programs.run("brctl", "showstp", "brB").indexOf("b1 ("));
    expect(shown).toMatch(new RegExp(`port id\\s+${blocked!.id}\\s+state\\s+blocking`));
    expect(shown).toMatch(new RegExp(`designated root\\s+${blocked!.designatedRoot}\\s+path cost\\s+${blocked!.cost}`));

    const [source, sink] = [left.frames(), right.frames()];
    const once = numbers(sink, 3);
    for (const number of [1, 2, 3]) source.write(frame(number));
    expect(await once).toEqual([1, 2, 3]);

    await host.setLink("a0", { up: false });
    await expect.poll(async () => (await port("b1")).state, WAIT).toBe("forwarding");
    expect(await port("b1")).toMatchObject({ role: "root" });
    expect(await port("b0")).toMatchObject({ role: "disabled", state: "disabled" });
    const again = numbers(sink, 1);
    source.write(frame(4));
    expect(await again).toEqual([4]);
  });

  test("a bridge learns where a MAC is, sends there alone, and forgets it when it is silent", async ({ expect }) => {
    await using net = await scene({
      hosts: {
        here: {
          bridges: { br0: {} },
          taps: { left: { bridge: "br0" }, right: { bridge: "br0" }, third: { bridge: "br0" } },
        },
      },
    });
    const { here } = net.hosts;
    const [left, right, third] = [net.tap("here:left"), net.tap("here:right"), net.tap("here:third")];
    const entries = async (): Promise<number> => (await here.fdb.list({ bridge: "br0", address: A })).length;
    await left.send(unicast(A, EVERYBODY, 1));
    await expect.poll(entries, WAIT).toBe(1);
    const entry = await here.fdb.get("br0", A);
    expect(entry).toMatchObject({ index: left.tap.index, state: "dynamic", local: false });
    expect(entry.updated).toBeLessThan(WAIT.timeout);
    await right.send(unicast(B, A, 2));
    await left.expect(unicast(B, A, 2), SOON);
    await right.send(unicast(B, EVERYBODY, 3));
    await third.expect(unicast(B, EVERYBODY, 3), SOON);
    expect(third.seen({ from: B })).toEqual([unicast(B, EVERYBODY, 3)]);
    await here.setBridge("br0", { ageingTime: 100 });
    await expect.poll(entries, WAIT).toBe(0);
  });

  test("a VXLAN between two namespaces carries what its forwarding entries say, and nothing before", async ({
    expect,
  }) => {
    const side = (address: string): SceneHost => ({
      bridges: { br0: {} },
      taps: { tap0: { bridge: "br0" } },
      addresses: { under: `${address}/24` },
    });
    await using net = await scene({
      hosts: { one: side("192.0.2.1"), two: side("192.0.2.2") },
      links: [["one:under", "two:under"]],
    });
    const { one, two } = net.hosts;
    for (const [host, local] of [
      [one, "192.0.2.1"],
      [two, "192.0.2.2"],
    ] as const) {
      (await inside(host)).run(..."ip link add vx0 type vxlan id 42 dstport 4789 nolearning local".split(" "), local);
      await host.attach("vx0", "br0");
    }
    const [here, there] = [net.tap("one:tap0"), net.tap("two:tap0")];
    await here.send(unicast(A, EVERYBODY, 1));
    await expect.poll(async () => (await one.link("tap0")).stats64!.rxPackets, WAIT).toBe(1);
    await expect.poll(async () => (await one.link("vx0")).stats64!.txDropped, WAIT).toBeGreaterThan(0);
    await one.fdb.append("vx0", "00:00:00:00:00:00", { dst: "192.0.2.2" });
    await here.send(unicast(A, EVERYBODY, 2));
    await one.fdb.add("vx0", B, { dst: "192.0.2.2" });
    await one.fdb.add("vx0", B, { state: "static" });
    await here.send(unicast(A, B, 3));
    await there.expect(unicast(A, B, 3), SOON);
    expect(there.seen({ from: A })).toEqual([unicast(A, EVERYBODY, 2), unicast(A, B, 3)]);
    await two.fdb.append("vx0", "00:00:00:00:00:00", { dst: "192.0.2.1" });
    await there.send(unicast(B, A, 4));
    await here.expect(unicast(B, A, 4), SOON);
    expect(await one.fdb.list({ link: "vx0", address: B, table: "device" })).toMatchObject([
      { state: "permanent", dst: "192.0.2.2", flags: ["self"] },
    ]);
  });
});
