import { afterEach, beforeEach, expect, test } from "vitest";
import { run } from "../../../src/cli/run.js";
import { Host } from "../../../src/index.js";
import { NLM_F_CREATE, NLM_F_DUMP } from "../../../src/netlink/message.js";
import { tc } from "../../kernel/traffic/tc.js";

let host: Host;

beforeEach(async () => {
  host = await Host.open({ namespace: "new" });
  await host.addTap("tap0", { up: true });
});

afterEach(async () => {
  await host.close();
});

async function linkwright(...words: string[]): Promise<string> {
  const namespace = await host.namespaceDescriptor();
  let said = "";
  const output = { write: (text: string) => (said += text) };
  await run(["--netns", `/proc/self/fd/${namespace.fd}`, ...words], { stdout: output, stderr: output, env: {} });
  await namespace.close();
  return said;
}

test.for([
  ["ingress", "u32", "ingress", "parent ffff: protocol ip prio 5 u32 match u32 0 0 police rate 8mbit burst 9k drop"],
  ["ingress", "basic", "clsact", "ingress protocol ip prio 5 basic action police rate 8mbit burst 9k drop"],
  ["egress", "matchall", "clsact", "egress protocol all prio 5 matchall action police rate 8mbit burst 9k drop"],
] as const)("what comes or goes (%s) past a police in a %s filter of somebody else is not unlimited", async (each) => {
  const [direction, kind, qdisc, filter] = each;
  await tc(host, "qdisc", "add", "dev", "tap0", qdisc);
  await tc(host, "filter", "add", "dev", "tap0", ...filter.split(" "));
  const { others, ...own } = await host.rateLimit("tap0");
  expect(own).toEqual({});
  expect(others).toMatchObject([{ direction, what: "filter", kind }]);
  const words = `${kind} filter ${others![0]!.handle}, which somebody has put there, polices`;
  expect(await linkwright("rate", "tap0")).toMatch(new RegExp(`^${direction}: ${words} what .*\n$`));
  await expect(host.limitRate("tap0", { [direction]: "unlimited" })).rejects.toMatchObject({ code: "EBUSY" });
  expect(await linkwright("rate", "tap0", `${direction}=unlimited`)).toContain(words);
  expect((await host.rateLimit("tap0")).others).toEqual(others);
  const other = direction === "ingress" ? "egress" : "ingress";
  await host.limitRate("tap0", { [other]: "unlimited" });
});

test("a limit of ours beside that of somebody else is read, and stays when it cannot be lifted", async () => {
  await host.limitRate("tap0", { ingress: 8e6 });
  const police = "action police rate 4mbit burst 9k drop";
  await tc(host, ..."filter add dev tap0 ingress protocol ip prio 60000 matchall".split(" "), ...police.split(" "));
  const before = await host.rateLimit("tap0");
  expect(before).toMatchObject({ ingress: { rate: 8e6 }, others: [{ direction: "ingress", kind: "matchall" }] });
  await expect(host.limitRate("tap0", { ingress: "unlimited" })).rejects.toMatchObject({ code: "EBUSY" });
  expect((await host.rateLimit("tap0")).ingress?.rate).toBe(8e6);
  await host.limitRate("tap0", { ingress: 16e6 });
  expect((await host.rateLimit("tap0")).ingress?.rate).toBe(16e6);
});

test("options of a qdisc and a filter without a table here say of which kind they are", async () => {
  await tc(host, ..."qdisc add dev tap0 root cake bandwidth 10mbit".split(" "));
  await tc(host, ..."qdisc add dev tap0 clsact".split(" "));
  await tc(host, ..."filter add dev tap0 ingress protocol ip prio 5 basic action drop".split(" "));
  expect(await linkwright("qdisc", "list", "tap0")).toMatch(/\(\d+ bytes: the options of cake are not known here\)/);
  expect(await linkwright("filter", "list", "tap0", "parent=ingress")).toMatch(
    /\(\d+ bytes: the options of basic are not known here\)/,
  );
});

test("a dump of actions, which the kernel numbers from 0, is a list of them", async () => {
  const gact = (index: number) => ({ kind: "gact" as const, options: { action: "drop" as const, index } });
  await host.request("RTM_NEWACTION", { flags: NLM_F_CREATE, attributes: { tab: [gact(3), gact(5)] } });
  const [reply] = await host.request("RTM_GETACTION", {
    flags: NLM_F_DUMP,
    attributes: { tab: [{ kind: "gact" }] },
  });
  expect(reply!.attributes).not.toHaveProperty("unknown");
  expect(reply!.attributes.tab).toMatchObject([gact(3), gact(5)]);
});
