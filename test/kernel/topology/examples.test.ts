import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import { frame, scene } from "../../../src/testing/index.js";
import { apply, describePlan, plan, readDeclaration } from "../../../src/topology/index.js";

const journal = mkdtempSync(join(tmpdir(), "linkwright-topology-"));
afterAll(() => {
  rmSync(journal, { recursive: true });
});

const folder = new URL("../../../examples/", import.meta.url);
/** Those that need VLANs or bonds, which this kernel may lack. */
const ELSEWHERE = ["bridge-per-vlan.yaml", "vlan-filtering-bridge.yaml", "bond-vlans-bridges.yaml"];

function example(name: string): ReturnType<typeof readDeclaration> {
  return readDeclaration(readFileSync(new URL(name, folder), "utf8"), `examples/${name}`);
}

const names = readdirSync(folder).filter((name) => name.endsWith(".yaml"));

test.each(names)("examples/%s is a declaration", (name) => {
  expect(Object.keys(example(name).links).length).toBeGreaterThan(0);
});

test.each(names.filter((name) => !ELSEWHERE.includes(name)))("examples/%s is applied, twice", async (name) => {
  await using host = await Host.open({ namespace: "new" });
  await host.addVeth("eno3", { peer: { name: "far0", up: true }, up: true });
  await host.addTap("vnet0");
  await apply(host, example(name), { journal });
  expect(describePlan(await plan(host, example(name)))).toBe("nothing to do\n");
});

test("examples/vxlan.yaml, and the same with the hosts' addresses exchanged, are one network of guests over two hosts", async () => {
  await using net = await scene({
    hosts: { left: { taps: { vm0: {} } }, right: { taps: { vm1: {} } } },
    links: [["left:eno3", "right:eno3"]],
  });
  const text = readFileSync(new URL("vxlan.yaml", folder), "utf8");
  const other = text.replaceAll(/192\.0\.2\.[12]/g, (address) => `192.0.2.${3 - Number(address.at(-1))}`);
  const { left, right } = net.hosts;
  await apply(left, readDeclaration(text), { journal });
  await apply(right, readDeclaration(other), { journal });
  await left.attach("vm0", "br5");
  await right.attach("vm1", "br5");
  const [vm0, vm1] = [net.tap("left:vm0"), net.tap("right:vm1")];
  const [to, from] = ["02:00:00:00:01:00", "02:00:00:00:01:01"];
  await vm0.send(frame({ from: to, payload: Buffer.from("who is there?") }));
  await vm1.expect({ from: to, payload: Buffer.from("who is there?") }, { within: 20_000 });
  // The way back is known by now: the answer is for one host alone.
  await vm1.send(frame({ from, to, payload: Buffer.from("I am") }));
  await vm0.expect({ from, to, payload: Buffer.from("I am") }, { within: 20_000 });
  const known = expect.objectContaining({ address: from, dst: "192.0.2.2" }) as unknown;
  expect(await left.fdb.list({ link: "vxlan5", table: "device" })).toContainEqual(known);
});
