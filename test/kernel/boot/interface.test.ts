import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { enable } from "../../../src/boot/enabled.js";
import type { Host } from "../../../src/index.js";
import { program, type Program } from "../topology/program.js";

const root = mkdtempSync(join(tmpdir(), "linkwright-interface-"));
const folder = join(root, "etc/linkwright/host.d");
let linkwright: Program;
let host: Host;

beforeAll(async () => {
  linkwright = await program();
  ({ host } = linkwright);
  await host.addVeth("eth0", { up: true, address: "52:54:00:00:00:01", peer: { name: "far0", up: true } });
});
afterAll(async () => {
  await host.close();
  rmSync(root, { recursive: true });
});

const run = (...words: readonly string[]): ReturnType<Program["run"]> =>
  linkwright.run("interface", ...words, `root=${root}`, `journal=${join(root, "journal")}`);

const addressesOf = async (link: string): Promise<string[]> =>
  (await host.addresses({ link })).map(({ address }) => address).filter((address) => !address.startsWith("fe80"));

test("the life of an interface: defined by libvirt's XML, listed, started, dumped, destroyed, undefined", async () => {
  const xml = `<interface type='bridge' name='br5'>
  <start mode='onboot'/>
  <protocol family='ipv4'>
    <ip address='192.0.2.5' prefix='24'/>
  </protocol>
  <bridge stp='off' delay='0'/>
</interface>
`;
  const file = join(root, "br5.xml");
  writeFileSync(file, xml);
  expect(await run("define", file)).toMatchObject({ status: 0 });
  expect(readdirSync(folder)).toEqual(["br5.yaml"]);
  expect((await run("list")).stdout).toMatch(/^br5 +inactive +br5$/m);
  expect(await run("start", "br5")).toMatchObject({ status: 0 });
  expect(await addressesOf("br5")).toEqual(["192.0.2.5/24"]);
  expect((await run("list")).stdout).toMatch(/^br5 +active +[0-9a-f:]{17} +br5$/m);
  expect((await run("dump", "br5")).stdout).toBe(xml);
  expect((await run("dump", "br5", "live")).stdout).toContain("<ip address='192.0.2.5' prefix='24'/>");
  expect(await run("destroy", "br5")).toMatchObject({ status: 0 });
  expect((await host.links({ only: ["name"] })).map(({ name }) => name)).not.toContain("br5");
  expect(await run("undefine", "br5")).toMatchObject({ status: 0 });
  expect(readdirSync(folder)).toEqual([]);
  expect(await run("start", "br5")).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("br5: no enabled declaration") as string,
  });
});

test("a MAC is found by a name, and a name by its MAC", async () => {
  expect(await run("mac", "eth0")).toMatchObject({ status: 0, stdout: "52:54:00:00:00:01\n" });
  expect(await run("name", "52:54:00:00:00:01")).toMatchObject({ status: 0, stdout: "eth0\n" });
  expect(await run("name", "52:54:00:00:00:99")).toMatchObject({ status: 2 });
});

test("bridge puts a bridge in a NIC's place, now and at boot, and unbridge is the way back", async () => {
  await host.addAddress("eth0", "192.0.2.10/24");
  await host.routes.add("10.8.0.0/16", { gateway: "192.0.2.1" });
  enable("eth0", "links: { eth0: { up: true, addresses: [192.0.2.10/24] } }", { root });
  expect(await run("bridge", "eth0", "br0", "stp=off")).toMatchObject({ status: 0 });
  expect(readdirSync(folder)).toEqual(["br0.yaml"]);
  expect(readFileSync(join(folder, "br0.yaml"), "utf8")).toContain("192.0.2.10/24");
  expect(await addressesOf("br0")).toEqual(["192.0.2.10/24"]);
  expect((await host.link("eth0")).master).toBe((await host.link("br0")).index);
  expect(await run("unbridge", "br0")).toMatchObject({ status: 0 });
  expect(readdirSync(folder)).toEqual(["eth0.yaml"]);
  const text = readFileSync(join(folder, "eth0.yaml"), "utf8");
  expect(text).toContain("192.0.2.10/24");
  expect(text).toContain("10.8.0.0/16");
  expect(await addressesOf("eth0")).toEqual(["192.0.2.10/24"]);
  expect((await host.links({ only: ["name"] })).map(({ name }) => name)).not.toContain("br0");
});

test("what is declared with others is changed there, not by interface", async () => {
  enable("host", "links: { br7: { kind: bridge }, eth0: { up: true } }", { root });
  for (const words of [
    ["undefine", "br7"],
    ["bridge", "eth0", "br8"],
  ])
    expect(await run(...words)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("host.yaml, with others") as string,
    });
  expect((await host.links({ only: ["name"] })).map(({ name }) => name)).not.toContain("br8");
});
