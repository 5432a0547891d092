import { expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import { apply, capture, describePlan, type HostDeclaration, plan } from "../../../src/topology/index.js";
import { journalFolder, takenBack } from "../../kernel/topology/journal.js";

const journal = journalFolder();

const wired: HostDeclaration = {
  links: { eno3: { addresses: ["10.0.0.5/24", { address: "fd00::5/64", flags: ["nodad"] }] } },
  routes: [
    { destination: "default", gateway: "10.0.0.1", link: "eno3" },
    { destination: "default", gateway: "fd00::1", link: "eno3" },
  ],
  rules: [{ iif: "eno3", priority: 100, table: 100 }],
};

test("a bond takes a NIC's place with all that hangs on it, gives it back, and is taken back when nobody confirms it", async () => {
  await using host = await Host.open({ namespace: "new" });
  await using far = await Host.open({ namespace: "new" });
  await host.addVeth("eno3", { peer: { name: "far0", namespace: far, up: true }, up: true });
  await apply(host, wired, { journal });
  const before = await capture(host);
  const nic = await host.link("eno3");
  const bonded: HostDeclaration = { links: { bond0: { kind: "bond", mode: "active-backup", takeOver: "eno3" } } };
  await apply(host, bonded, { journal, confirm: 1 });
  await takenBack(host, journal);
  expect(await capture(host)).toEqual(before);
  await apply(host, bonded, { journal });
  const bond = await host.link("bond0");
  expect((await host.link("eno3")).master).toBe(bond.index);
  expect(bond).toMatchObject({ address: nic.address, up: true });
  expect((await host.addresses({ link: "bond0" })).map(({ address }) => address)).toEqual(
    expect.arrayContaining(["10.0.0.5/24", "fd00::5/64"]),
  );
  for (const family of ["inet", "inet6"] as const)
    expect(await host.routes.list({ destination: "default", family })).toMatchObject([{ link: bond.index }]);
  expect(await host.rules.list()).toContainEqual(expect.objectContaining({ iif: "bond0", priority: 100 }));
  expect(describePlan(await plan(host, bonded))).toBe("nothing to do\n");
  await apply(host, { links: { bond0: { release: "eno3" } } }, { journal });
  await apply(host, { links: { bond0: { absent: true } } }, { journal });
  const flagless = (state: unknown): unknown =>
    JSON.parse(JSON.stringify(state).replaceAll(/,"flags":\[[^\]]*\]/g, ""));
  expect(flagless(await capture(host))).toEqual(flagless(before));
});
