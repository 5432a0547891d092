import { inspect } from "node:util";
import { expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import { terminal } from "../cli/terminal.js";

/** Gives a link a name of any bytes. */
async function rename(host: Host, index: number, bytes: readonly number[]): Promise<void> {
  const unknown = [{ number: 3, bytes: new Uint8Array([...bytes, 0]) }];
  await host.request("RTM_NEWLINK", { header: { index }, attributes: { unknown } });
}

test("links whose names differ only in bytes that are no UTF-8 are told apart, and found by what they print", async () => {
  await using host = await Host.open({ namespace: "new" });
  const bridge = await host.addBridge("br0");
  const [one, other] = [await host.addTap("tap0"), await host.addTap("tap1")];
  await rename(host, one.index, [0x61, 0xff]);
  await rename(host, other.index, [0x61, 0xfe]);
  const named = (await host.links({ kind: "tun" })).map(({ index, name }) => [index, name]);
  expect(named).toEqual([
    [one.index, "a%ff"],
    [other.index, "a%fe"],
  ]);
  await host.attach("a%fe", "br0");
  expect(await host.link("a%fe")).toMatchObject({ index: other.index, master: bridge.index });
  await host.setLink("a%fe", { mtu: 1400 });
  await host.setLink("a%fe", { name: "b%fe" });
  expect(await host.link("b%fe")).toMatchObject({ index: other.index, mtu: 1400 });
  await host.addAddress("b%fe", "192.0.2.1/24");
  expect((await host.addresses({ link: "b%fe" })).map(({ address }) => address)).toEqual(["192.0.2.1/24"]);
  await expect(host.removeAll(["a%ff", "a%fe"])).rejects.toMatchObject({ code: "ENODEV", subject: "a%fe" });
  await host.removeAll(["a%ff", "b%fe"]);
  expect(await host.links({ kind: "tun" })).toEqual([]);
});

test("settings and descriptors tell such links apart, too", async () => {
  await using host = await Host.open({ namespace: "new" });
  const [one, other] = [await host.addTap("tap0"), await host.addTap("tap1")];
  await rename(host, one.index, [0x61, 0xdf]);
  await rename(host, other.index, [0x61, 0xde]);

  await host.setSysctl("net.ipv4.conf.a%df.forwarding", 1);
  expect(await host.sysctl("net.ipv4.conf.a%de.forwarding")).toBe("0");
  const listed = await host.sysctls("net.ipv4.conf");
  expect(listed).toEqual(expect.arrayContaining(["net.ipv4.conf.a%de.forwarding", "net.ipv4.conf.a%df.forwarding"]));

  await using tap = await host.openTap("a%df");
  expect(tap).toMatchObject({ name: "a%df", index: one.index });
  expect((await tap.status()).name).toBe("a%df");
  expect(inspect(host)).toContain("a%df");
  await using fresh = await host.openTap("a%df1", { exclusive: true });
  expect(fresh.name).toMatch(/^a\df1$/);
});

test("the command line touches a link whose name is no UTF-8, by its index and by what it prints", async () => {
  await using shell = await terminal();
  const { host, type } = shell;
  await host.addBridge("br0");
  const { index } = await host.addTap("tap0");
  await rename(host, index, [0x61, 0xff]);
  const done = { status: 0, stderr: "" };
  for (const word of [String(index), "a%ff"]) {
    expect(await type(`attach ${word} br0 isolated`)).toMatchObject(done);
    expect((await type(`link show ${word}`)).stdout).toMatch(/^a%ff\n/);
    expect(await type(`up ${word}`)).toMatchObject(done);
    expect((await type("bridge show br0")).stdout).toContain("a%ff");
    expect(await type(`detach ${word}`)).toMatchObject(done);
  }
  expect(await type(`tap delete ${index}`)).toMatchObject(done);
  await expect(host.link(index)).rejects.toMatchObject({ code: "ENODEV" });
});

test("a link that the command line was given by index stays the same one while others take its name", async () => {
  await using shell = await terminal();
  const { host, type } = shell;
  const { index } = await host.addBridge("br0");
  const other = await host.addBridge("br1");
  let renaming = true;
  const swapping = (async () => {
    while (renaming) {
      await host.setLink(index, { name: "x" });
      await host.setLink(other, { name: "br0" });
      await host.setLink(other, { name: "br1" });
      await host.setLink(index, { name: "br0" });
    }
  })();
  for (let i = 0; i < 20; i++) expect((await type(`link set ${index} mtu=1400`)).stderr).toBe("");
  renaming = false;
  await swapping;
  expect((await host.link(index)).mtu).toBe(1400);
  expect((await host.link(other)).mtu).toBe(1500);
});
