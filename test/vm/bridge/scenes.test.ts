import type { Duplex } from "node:stream";
import { describe, test } from "vitest";
import { Host, type SpanningTree, type SpanningTreePort } from "../../../src/index.js";
import { frame, numbers } from "../../kernel/scene/frames.js";
import { inside } from "../differential/inside.js";

const WAIT = { timeout: 40_000, interval: 100 };

/** The shortest times that the kernel takes. */
const QUICK = { stpState: "kernel", forwardDelay: 2000, helloTime: 1000, maxAge: 6000, up: true } as const;

/** The states of a bridge's ports, in the order in which they joined. */
function statesOf({ ports }: SpanningTree): unknown[] {
  return ports.map(({ state }) => state);
}

/** A frame from one MAC to another that carries a number. */
function unicast(from: string, to: string, number: number): Buffer {
  const bytes = frame(number);
  bytes.write(to.replaceAll(":", "") + from.replaceAll(":", ""), 0, "hex");
  return bytes;
}

const A = "52:54:00:00:00:0a";
const B = "52:54:00:00:00:0b";

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
    await using host = await Host.open({ namespace: "new" });
    await host.addBridge("br0", { up: true });
    const taps = await Promise.all(["left", "right", "third"].map((name) => host.openTap(name)));
    await Promise.all(taps.map((tap) => host.attach(tap, "br0")));
    const [left, right, third] = taps.map((tap) => tap.frames()) as [Duplex, Duplex, Duplex];
    const [atLeft, atThird] = [numbers(left, 1), numbers(third, 2)];
    left.write(unicast(A, "ff:ff:ff:ff:ff:ff", 1));
    await expect.poll(async () => (await host.fdb.list({ bridge: "br0", address: A })).length, WAIT).toBe(1);
    const entry = await host.fdb.get("br0", A);
    expect(entry).toMatchObject({ index: taps[0]!.index, state: "dynamic", local: false });
    expect(entry.updated).toBeLessThan(WAIT.timeout);
    right.write(unicast(B, A, 2));
    expect(await atLeft).toEqual([2]);
    right.write(unicast(B, "ff:ff:ff:ff:ff:ff", 3));
    expect(await atThird).toEqual([1, 3]);
    await host.setBridge("br0", { ageingTime: 100 });
    await expect.poll(async () => (await host.fdb.list({ bridge: "br0", address: A })).length, WAIT).toBe(0);
  });

  test("a VXLAN between two namespaces carries what its forwarding entries say, and nothing before", async ({
    expect,
  }) => {
    await using one = await Host.open({ namespace: "new" });
    await using two = await Host.open({ namespace: "new" });
    await one.addVeth("under", { up: true, peer: { name: "under", namespace: two, up: true } });
    const sides = await Promise.all(
      [one, two].map(async (host, place) => {
        const [own, far] = [`192.0.2.${place + 1}`, `192.0.2.${2 - place}`];
        await host.addAddress("under", `${own}/24`);
        (await inside(host)).run(..."ip link add vx0 type vxlan id 42 dstport 4789 nolearning local".split(" "), own);
        await host.addBridge("br0", { up: true });
        await host.attach("vx0", "br0");
        const tap = await host.openTap("tap0");
        await host.attach(tap, "br0");
        return { host, far, frames: tap.frames() };
      }),
    );
    const [here, there] = sides as [(typeof sides)[0], (typeof sides)[0]];
    const arrived = numbers(there.frames, 2);
    here.frames.write(frame(1));
    await expect.poll(async () => (await one.link("tap0")).stats64!.rxPackets, WAIT).toBe(1);
    await expect.poll(async () => (await one.link("vx0")).stats64!.txDropped, WAIT).toBeGreaterThan(0);
    await here.host.fdb.append("vx0", "00:00:00:00:00:00", { dst: here.far });
    here.frames.write(frame(2));
    await here.host.fdb.add("vx0", B, { dst: here.far });
    await here.host.fdb.add("vx0", B, { state: "static" });
    here.frames.write(unicast(A, B, 3));
    expect(await arrived).toEqual([2, 3]);
    const back = numbers(here.frames, 1);
    await there.host.fdb.append("vx0", "00:00:00:00:00:00", { dst: there.far });
    there.frames.write(unicast(B, A, 4));
    expect(await back).toEqual([4]);
    expect(await one.fdb.list({ link: "vx0", address: B, table: "device" })).toMatchObject([
      { state: "permanent", dst: here.far, flags: ["self"] },
    ]);
  });
});
