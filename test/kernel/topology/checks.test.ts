import { expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import { apply, ApplyError, capture, type HostDeclaration } from "../../../src/topology/index.js";
import { journalFolder, takenBack } from "./journal.js";
import { speaker } from "./speaker.js";

const journal = journalFolder();

async function pair(): Promise<readonly [Host, Host]> {
  const host = await Host.open({ namespace: "new" });
  const far = await Host.open({ namespace: "new" });
  await host.addVeth("eno3", { peer: { name: "far0", namespace: far, up: true }, up: true });
  for (const each of [host, far]) await each.setLink("lo", { up: true });
  await far.addAddress("far0", "10.0.0.1/24");
  await far.addAddress("far0", "fd00::1/64", { flags: ["nodad"] });
  await host.addAddress("eno3", "10.0.0.5/24");
  await host.addAddress("eno3", "fd00::5/64", { flags: ["nodad"] });
  await host.routes.add("default", { gateway: "10.0.0.1" });
  return [host, far];
}

const bridged: HostDeclaration = { links: { br0: { kind: "bridge", takeOver: "eno3" } } };
const down: HostDeclaration = { links: { eno3: { up: false } } };
const cutOff: HostDeclaration = { links: { eno3: { addresses: { only: true, entries: ["10.9.9.9/32"] } } } };

test("what answers keeps a declaration: by echo, by TCP, and the gateway as a neighbour, through the bridge that took over", async () => {
  const [host, far] = await pair();
  await using _host = host;
  await using _far = far;
  const server = await speaker(far, "server");
  const checks = ["ping:10.0.0.1", "ping:fd00::1", "tcp:10.0.0.1:5000", "tcp:[fd00::1]:5000", "neighbour"];
  await apply(host, bridged, { journal, checks, confirm: 20_000, acceptLoss: true });
  server.child.kill();
  expect((await host.link("eno3")).master).toBe((await host.link("br0")).index);
});

test.each([
  ["ping:10.0.0.1", cutOff],
  ["tcp:10.0.0.1:5001", bridged],
  ["neighbour", down],
])("what does not answer takes a declaration back at once, and says so: %s", async (check, declared) => {
  const [host, far] = await pair();
  await using _host = host;
  await using _far = far;
  const state = await capture(host);
  const error = await apply(host, declared, { journal, checks: [check], confirm: 300 }).catch(
    (refusal: unknown) => refusal,
  );
  expect(error).toBeInstanceOf(ApplyError);
  expect(error).toMatchObject({ standing: [], differences: [{ name: check }] });
  expect(await capture(host)).toEqual(state);
});

test.each(["ping:host", "tcp:10.0.0.1", "tcp:10.0.0.1:70000", "dns"])("%s is no check", async (check) => {
  await using host = await Host.open({ namespace: "new" });
  await expect(apply(host, {}, { journal, checks: [check] })).rejects.toThrow("is none of ping:ADDRESS");
});

test("the famous mistake: a declaration that cuts the host off hangs its connection, which comes back with all that was", async () => {
  const [host, far] = await pair();
  await using _host = host;
  await using _far = far;
  const server = await speaker(far, "server");
  const client = await speaker(host, "client", "10.0.0.1");
  const state = await capture(host);
  await apply(host, cutOff, { journal, confirm: 1000, acceptLoss: true });
  await takenBack(host, journal);
  client.child.stdin!.end();
  const { lost, gap, reset } = JSON.parse(await client.line()) as { lost: number; gap: number; reset: boolean };
  server.child.kill();
  expect({ lost, reset }).toEqual({ lost: 0, reset: false });
  expect(gap).toBeGreaterThan(300);
  expect(await capture(host)).toEqual(state);
});
