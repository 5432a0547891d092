import { expect, test } from "vitest";
import { Host, InputError } from "../../../src/index.js";
import * as nft from "../../../src/netfilter/index.js";
import { accept } from "../../../src/netfilter/rules/statements.js";
import { iifname } from "../../../src/netfilter/rules/matches.js";
import { addRule } from "../../../src/netfilter/rules/rule-changes.js";
import { addChain, addTable, removeTable } from "../../../src/netfilter/chains/table-changes.js";
import { frame, scene } from "../../../src/testing/index.js";
import { failure } from "../../unit/netlink/fake-kernel.js";

const table = { family: "inet", table: "linkwright" } as const;
const chain = { ...table, chain: "forward" };
const base = { hook: "forward", priority: "filter", policy: "drop" } as const;

test("a host writes a ruleset of its namespace, lists it, and takes it away", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.netfilter.commit([
    addTable(table),
    addChain({ ...chain, base }),
    addRule(chain, [iifname("br0"), accept()], { comment: "guests" }),
  ]);
  const { tables, chains, rules } = await host.netfilter.ruleset({ family: "inet", table: "linkwright" });
  expect(tables).toMatchObject([{ family: "inet", name: "linkwright" }]);
  expect(chains).toMatchObject([
    { name: "forward", hook: { hooknum: 2, priority: 0 }, policy: "drop", type: "filter" },
  ]);
  expect(rules).toMatchObject([
    { chain: "forward", expressions: [{ name: "meta" }, { name: "cmp" }, { name: "immediate" }] },
  ]);
  expect(await host.netfilter.ruleset({ family: "ip" })).toMatchObject({ tables: [], chains: [], rules: [] });
  expect(await host.netfilter.ruleset({ family: "inet", table: "none" })).toMatchObject({ tables: [], sets: [] });
  expect(await host.netfilter.baseChains()).toMatchObject([{ family: "inet", chain: "forward", hook: "forward" }]);
  expect(await host.netfilter.baseChains({ family: "ip6" })).toEqual([]);
  expect(await host.netfilter.tables()).toMatchObject([{ family: "inet", name: "linkwright" }]);
  expect(await host.netfilter.rulesOf(chain)).toEqual(rules);
  expect(await host.netfilter.rulesOf({ ...table, chain: "none" })).toEqual([]);
  expect(await host.netfilter.droppingElsewhere()).toMatchObject([{ chain: "forward" }]);
  expect(await host.netfilter.droppingElsewhere([table])).toEqual([]);
  await host.netfilter.commit([removeTable(table)]);
  expect((await host.netfilter.ruleset()).tables).toEqual([]);
  expect(await host.netfilter.connections()).toEqual([]);
});

test("what several change at once, each by what it saw, is all there", async () => {
  await using host = await Host.open({ namespace: "new" });
  await using other = await Host.open({ namespace: `/proc/self/fd/${(await host.namespaceDescriptor()).fd}` });
  await host.netfilter.commit([addTable(table), addChain(chain)]);
  // Each adds a chain whose name is how many there are: without a check of the generation, two would find the same number.
  const add = (each: Host): Promise<void> =>
    each.netfilter.transact(({ chains }) => [addChain({ ...table, chain: `c${chains.length}` })]);
  await Promise.all([host, other, host, other].map(add));
  const { chains } = await host.netfilter.ruleset();
  expect(chains.map(({ name }) => name).sort()).toEqual(["c1", "c2", "c3", "c4", "forward"]);
});

test("a refusal says what was refused by name", async () => {
  await using host = await Host.open({ namespace: "new" });
  const error = await failure(host.netfilter.commit([addChain(chain)]));
  expect(error.message).toBe(
    "chain forward of table inet linkwright: the kernel refused table of NFT_MSG_NEWCHAIN: no such file or directory (ENOENT)",
  );
  await expect(host.netfilter.forgetConnections({})).rejects.toThrow(InputError);
});

test("netfilter is closed with its host", async () => {
  const host = await Host.open({ namespace: "new" });
  await host.netfilter.ruleset();
  await host.close();
  expect(await failure(host.netfilter.ruleset())).toMatchObject({ code: "ECANCELED" });
});

test("what rules do with a packet that is traced is told to who listens, until it is closed", async () => {
  await using net = await scene({
    hosts: { host: { bridges: { br0: {} }, taps: { vm1: { bridge: "br0" } } } },
  });
  const { host } = net.hosts;
  const place = { family: "bridge", table: "t", chain: "c" } as const;
  await host.netfilter.commit([
    nft.addTable({ family: "bridge", table: "t" }),
    nft.addChain({ ...place, base: { hook: "prerouting", priority: "filter" } }),
    nft.addRule(place, [nft.trace(), nft.drop()]),
  ]);
  const steps: nft.TraceStep[] = [];
  const traces = await host.netfilter.traces((step) => steps.push(step));
  await host.waitFor("vm1", "forwarding");
  await net.tap("host:vm1").send(frame({}));
  await expect.poll(() => steps).toMatchObject([{ family: "bridge", table: "t", chain: "c", verdict: "drop" }]);
  await traces.close();
});

test("a change of the ruleset is told, until nobody listens any more", async () => {
  await using host = await Host.open({ namespace: "new" });
  let told = 0;
  const changes = await host.netfilter.changes(() => (told += 1));
  await host.netfilter.commit([addTable(table)]);
  await expect.poll(() => told).toBeGreaterThan(0);
  await changes.close();
  const before = told;
  await host.netfilter.commit([removeTable(table)]);
  expect((await host.netfilter.ruleset()).tables).toEqual([]);
  expect(told).toBe(before);
});
