import { expect, test } from "vitest";
import { Host, InputError, type RuleSettings } from "../../../src/index.js";

test.for([
  [
    { from: "10.0.0.0/8", table: 100 },
    { family: "inet", action: "toTbl", protocol: "static", flags: [] },
  ],
  [{ to: "fd00::/8", table: 4000000000 }, { family: "inet6" }],
  [{ family: "inet6", fwmark: 5, fwmask: 0xff, table: "default" }],
  [{ fwmark: 0x10 }, { table: "main" }],
  [{ fwmark: 0 }],
  [{ fwmark: 0, fwmask: 0xff }],
  [{ iif: "eth7", oif: "eth8" }, { flags: ["iifDetached", "oifDetached"] }],
  [{ tos: 16, uidRange: { start: 0, end: 1000 } }],
  [{ ipProto: 6, sportRange: { start: 1, end: 5 }, dportRange: { start: 80, end: 80 } }],
  [{ suppressPrefixlen: 0, suppressIfgroup: 7 }],
  [
    { goto: 40000, priority: 100 },
    { action: "goto", flags: ["unresolved"] },
  ],
  [{ action: "blackhole", from: "10.1.0.0/16" }],
  [{ action: "prohibit", family: "inet6" }],
  [{ action: "unreachable", invert: true, to: "10.0.0.0/8" }, { flags: ["invert"] }],
  [{ action: "nop", protocol: "bgp" }, { protocol: "bgp" }],
  [{ flow: 0x10002, table: 7 }],
] as [RuleSettings, object?][])("a rule with %j is what the kernel then has", async ([settings, also]) => {
  await using host = await Host.open({ namespace: "new" });
  const before = await host.rules.list();
  const added = await host.rules.add(settings);
  expect(added).toMatchObject({ priority: settings.priority ?? 32765, ...settings, ...also });
  expect(await host.rules.list(settings)).toEqual([added]);
  await expect(host.rules.add(added)).rejects.toMatchObject({ code: "EEXIST", hint: "there is such a rule already" });
  expect(await host.rules.remove(settings)).toEqual(added);
  expect(await host.rules.list()).toEqual(before);
});

test("a tunnel's id is a bigint, for it has 64 bits", async () => {
  await using host = await Host.open({ namespace: "new" });
  const added = await host.rules.add({ tunId: 2n ** 63n, table: 7 });
  expect(added).toMatchObject({ tunId: 2n ** 63n, table: 7 });
  expect(await host.rules.remove({ tunId: 2n ** 63n })).toEqual(added);
});

test("rules stand in the order of their priorities, and the kernel's own are among them", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.rules.add({ priority: 200, table: 2 });
  await host.rules.add({ priority: 100, table: 1 });
  const rules = await host.rules.list({ family: "inet" });
  expect(rules.map(({ priority, table }) => [priority, table])).toEqual([
    [0, "local"],
    [100, 1],
    [200, 2],
    [32766, "main"],
    [32767, "default"],
  ]);
});

test("of several rules none is removed until it is said which", async () => {
  await using host = await Host.open({ namespace: "new" });
  const { rules } = host;
  await rules.add({ priority: 100, table: 7 });
  const other = await rules.add({ priority: 200, table: 7 });
  await expect(rules.remove({ table: 7 })).rejects.toMatchObject({
    code: "ENOTUNIQ",
    message:
      "rule table=7: the kernel refused RTM_DELRULE: several rules have this: 100 (inet), 200 (inet) (ENOTUNIQ); " +
      "say more of the one",
  });
  await rules.remove({ table: 7, priority: 100 });
  expect(await rules.list({ table: 7 })).toEqual([other]);
});

test("only a rule that has all that is given is removed, whatever the kernel compares", async () => {
  await using host = await Host.open({ namespace: "new" });
  const before = await host.rules.list();
  for (const settings of [{ dscp: 8 }, { fwmark: 0 }, { from: "10.0.0.0/8" }, { priority: 99 }, { invert: true }])
    await expect(host.rules.remove(settings)).rejects.toMatchObject({
      code: "ENOENT",
      kernelMessage: "there is no such rule",
    });
  expect(await host.rules.list()).toEqual(before);
});

test("what the kernel does not know of a rule is refused, and no half of the rule stands", async ({ skip }) => {
  await using host = await Host.open({ namespace: "new" });
  const before = await host.rules.list();
  const outcome = await host.rules.add({ priority: 5, dscp: 8 }).catch((error: unknown) => error);
  if (!(outcome instanceof Error)) skip("this kernel knows DSCP");
  expect(outcome).toMatchObject({
    code: "EOPNOTSUPP",
    kernelMessage: "the kernel took no notice of dscp",
    hint: "it is newer than this kernel, or not built into it; the rule was taken back",
  });
  expect(await host.rules.list()).toEqual(before);
});

test.for([
  [{ from: "10.1.2.3/16" }, '"10.1.2.3/16" has bits behind its length; the network is 10.1.0.0/16'],
  [{ from: "10.0.0.0/8", to: "fd00::/8" }, '"fd00::/8" is no IPv4 network'],
  [{ l3mdev: true, table: 7 }, "table: it excludes l3mdev"],
  [{ goto: 5, action: "nop" }, "goto: it excludes action nop"],
  [{ goto: 5, priority: 10 }, "goto: 5 is no later rule's priority"],
  [{ action: "goto" }, "goto: the rule to go on with is missing"],
  [{ uidRange: { start: 7, end: 1 } }, "uidRange: 7 is larger than 1"],
  [{ fwmark: -1 }, "fwmark: -1 is not an integer from 0 to 4294967295"],
  [{ iif: "a-name-that-is-too-long" }, 'iifname: "a-name-that-is-too-long" has 23 bytes; at most 15 fit'],
] as [RuleSettings, string][])("a rule with %j is refused before anything is sent", async ([settings, message]) => {
  await using host = await Host.open({ namespace: "new" });
  const adding = host.rules.add(settings);
  await expect(adding).rejects.toBeInstanceOf(InputError);
  await expect(adding).rejects.toMatchObject({ message });
});

test("nothing given removes nothing", async () => {
  await using host = await Host.open({ namespace: "new" });
  await expect(host.rules.remove({})).rejects.toMatchObject({ message: "nothing says which rule is meant" });
});
