import { expect, test } from "vitest";
import { describeOperations, Host, type WrittenOperation } from "../../../src/index.js";

async function opened(): Promise<Host> {
  const host = await Host.open({ namespace: "new" });
  await host.addBridge("br0", { up: true });
  await host.addBridge("br1", { up: true });
  await host.addTap("tap0", { bridge: "br0", port: { isolated: true, learning: false } });
  await host.addTap("tap1", { up: true });
  await host.addVeth("v0", { peer: { name: "v1", up: true }, up: true });
  await host.addAddress("v0", "fd00::5/64", { flags: ["nodad"] });
  await host.routes.add("fd01::/64", { link: "v0" });
  return host;
}

/** All that is to be as it was: links with their options, addresses and routes. */
async function stateOf(host: Host): Promise<object> {
  const links = (await host.links()).map(({ name, master, up, mtu, linkInfo }) => {
    const { isolated, learning, cost } = (linkInfo?.slaveData ?? {}) as Record<string, unknown>;
    return { name, master, up, mtu, isolated, learning, cost };
  });
  const addresses = (await host.addresses({ link: "v0" })).map(({ address }) => address).filter((a) => /^fd/.test(a));
  const routes = (await host.routes.list({ link: "v0" })).map(({ destination }) => destination);
  return { links, addresses, routes: routes.filter((each) => each.startsWith("fd")).sort() };
}

test("a journal that was written down as JSON is replayed backwards by another host, and everything is as it was", async () => {
  await using host = await opened();
  const before = await stateOf(host);
  const journal = host.journal();
  await host.attach("tap1", "br0", { journal });
  await host.attach("tap0", "br1", { move: true, journal });
  await host.attach("tap0", "br1", { cost: 77, isolated: true, journal });
  await host.attach("v0", "br1", { isolated: true, journal });
  await host.detach("tap1", { journal });
  const written = JSON.parse(JSON.stringify(await journal.write())) as WrittenOperation[];
  expect(await stateOf(host)).not.toEqual(before);
  expect(describeOperations(written).filter((line) => !line.startsWith(" "))).toEqual([
    "tap1 was made a port of br0; to take it back: put tap1 back as it was",
    "tap0 was made a port of br1; to take it back: put tap0 back as it was",
    "tap0 was given other options; to take it back: give tap0 its former options back",
    "v0 was made a port of br1; to take it back: put v0 back as it was",
    "tap1 was taken out of its master; to take it back: put tap1 back as it was",
  ]);
  await using namespace = await host.namespaceDescriptor();
  await using other = await Host.open({ namespace: `/proc/self/fd/${namespace.fd}` });
  await other.replay(written);
  expect(await stateOf(host)).toEqual(before);
});

test("a journal takes back at once what it was told of, and is empty then", async () => {
  await using host = await opened();
  const before = await stateOf(host);
  const journal = host.journal();
  await host.attach("v0", "br0", { isolated: true, journal });
  await host.detach("tap0", { journal });
  expect(await journal.undo()).toBeUndefined();
  expect(await stateOf(host)).toEqual(before);
  expect(journal.operations).toEqual([]);
});

test("what failed is not in the journal, for it was undone", async () => {
  await using host = await opened();
  const before = await stateOf(host);
  const journal = host.journal();
  await expect(host.attach("v0", "br0", { priority: 9999, journal })).rejects.toThrow(/ERANGE/);
  await expect(host.attach("tap0", "br1", { journal })).rejects.toThrow(/it belongs to br0 already/);
  expect(journal.operations).toEqual([]);
  expect(await stateOf(host)).toEqual(before);
});

test("replaying passes over what is gone, and says what stands of the rest", async () => {
  await using host = await opened();
  const journal = host.journal();
  await host.detach("tap0", { journal });
  await host.attach("tap1", "br1", { journal });
  const written = await journal.write();
  await host.removeAll(["tap1", "br0"]);
  await expect(host.replay(written)).rejects.toMatchObject({
    subject: "tap0",
    hint: "tap0 was taken out of its master, and could not be taken back",
  });
  expect((await host.link("tap0")).master).toBeUndefined();
});
