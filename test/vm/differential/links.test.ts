import { spawnSync } from "node:child_process";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import { inside, type Inside } from "./inside.js";
import { expectPrinted, expectRead, printedLinks, sample, sorted, type Values, wordsOf } from "./agreement.js";
import { PORT_OPTIONS } from "./ip-bridge-words.js";
import { KINDS } from "./ip-words.js";
import { BELOW } from "./spoken.js";

let host: Host;
let programs: Inside;

beforeAll(async () => {
  // The kernel does not load what wraps a tunnel's packets by itself.
  spawnSync("modprobe", ["-a", "fou", "fou6"]);
  host = await Host.open({ namespace: "new" });
  programs = await inside(host);
  for (const name of BELOW)
    await host.addVeth(name, { peer: { name: name.replace("eth", "far"), up: true }, up: true });
});

afterAll(async () => {
  await host.close();
});

/** Numbers and far ends that must differ from link to link do. */
function distinct(values: Values, place: number): Values {
  const { id, remote } = values;
  const own = (end: string): string =>
    end.replace("192.0.2.", `198.18.${place}.`).replace("2001:db8::", `2001:db8:${place}::`);
  return {
    ...values,
    ...(id === undefined ? {} : { id: 100 + place }),
    ...(typeof remote === "string" ? { remote: own(remote) } : {}),
  };
}

/** Links of every kind with random options. */
const wanted = KINDS.flatMap((spoken) =>
  sample(spoken.options)
    .slice(0, spoken.most)
    .map((values) => ({ spoken, values })),
).map(({ spoken, values }, place) => ({
  name: `${spoken.kind}-${place}`,
  spoken,
  values: distinct(values, place),
}));

async function removeAll(): Promise<void> {
  const names = new Set((await host.links()).map(({ name }) => name));
  await host.removeAll(wanted.map(({ name }) => name).filter((name) => names.has(name)));
}

describe("links of random options", () => {
  afterEach(removeAll);

  test("what linkwright sets is what ip prints", async () => {
    for (const { name, spoken, values } of wanted)
      await host.addLink(name, spoken.kind, {
        ...spoken.fixed,
        ...(spoken.below && { link: spoken.below }),
        ...values,
      });
    const printed = printedLinks(programs);
    for (const { name, spoken, values } of wanted) {
      const { info_kind: kind, info_data: data = {} } = printed.get(name)!.linkinfo ?? {};
      expect(kind, name).toBe(spoken.kind);
      expectPrinted(data, spoken.options, values, name);
    }
  });

  test("what ip sets is what linkwright reads", async () => {
    const lines = wanted.map(
      ({ name, spoken: { kind, below, fixedWords = "", options }, values }) =>
        `link add ${below === undefined ? "" : `link ${below} `}name ${name} type ${kind} ${fixedWords} ${wordsOf(options, values)}`,
    );
    programs.batch("ip", lines);
    for (const { name, spoken, values } of wanted) {
      const link = await host.link(name);
      expect(link.kind, name).toBe(spoken.kind);
      expectRead(link.linkInfo?.data, spoken.options, values, name);
    }
  });
});

test("a bridge's port: what linkwright sets is what ip prints, and what ip sets is what linkwright reads", async () => {
  await host.addBridge("br0");
  await host.addVeth("port0", { peer: "other0" });
  await host.attach("port0", "br0");
  await host.attach("other0", "br0");
  const [first, second] = sample(PORT_OPTIONS) as [Values, Values];
  await host.setPort("port0", first);
  expectPrinted(printedLinks(programs).get("port0")!.linkinfo!.info_slave_data!, PORT_OPTIONS, first, "port0");
  programs.batch("ip", [`link set port0 type bridge_slave ${wordsOf(PORT_OPTIONS, second)}`]);
  expectRead((await host.link("port0")).linkInfo?.slaveData, PORT_OPTIONS, second, "port0");
  const { index } = await host.link("other0");
  await host.setPort("port0", { backupPort: index });
  expect(printedLinks(programs).get("port0")!.linkinfo!.info_slave_data).toMatchObject({ backup_port: "other0" });
});

for (const [kind, options] of [
  ["vrf", { table: 77 }],
  ["team", undefined],
] as const)
  test(`a port of a ${kind} is the same for linkwright and for ip, whoever makes it one`, async () => {
    const { index } = await (kind === "vrf" ? host.addLink("master0", kind, options) : host.addLink("master0", kind));
    await host.addVeth("port1", { peer: "port2" });
    await host.setLink("port1", { master: index });
    programs.run("ip", "link", "set", "port2", "master", "master0");
    const shown = programs.ask("ip", "-d", "-j", "link", "show", "master", "master0") as Record<string, unknown>[];
    expect(shown).toHaveLength(2);
    for (const { linkinfo } of shown as { linkinfo: object }[])
      expect(linkinfo).toMatchObject({ info_slave_kind: kind, ...(options && { info_slave_data: options }) });
    for (const { linkInfo } of await host.links({ master: "master0" }))
      expect(linkInfo).toMatchObject({ slaveKind: kind, ...(options && { slaveData: options }) });
    expect(await host.links({ master: "master0" })).toHaveLength(2);
    await host.removeAll(["master0", "port1"]);
  });

test("addresses: what linkwright sets is what ip prints, and what ip sets is what linkwright reads", async () => {
  await host.addAddress("eth0", "10.1.0.1/24", { broadcast: "10.1.0.255", label: "eth0:x", scope: "link" });
  await host.addAddress("eth0", "2001:db8::5/64", { flags: ["nodad"] });
  programs.batch("ip", [
    "addr add 10.2.0.1/25 dev eth0 broadcast 10.2.0.9 scope host",
    "addr add 2001:db8::6/65 dev eth0 nodad",
  ]);
  type Shown = { local: string; prefixlen: number; scope: string; broadcast?: string; label?: string };
  const [printed] = programs.ask("ip", "-j", "addr", "show", "dev", "eth0") as { addr_info: Shown[] }[];
  const shown = printed!.addr_info.map(({ local, prefixlen, scope, broadcast }) => ({
    address: `${local}/${prefixlen}`,
    scope,
    broadcast,
  }));
  const read = (await host.addresses({ link: "eth0" })).map(({ address, scope, broadcast }) => ({
    address,
    scope: String(scope),
    broadcast,
  }));
  expect(sorted(read)).toEqual(sorted(shown));
  expect(read).toHaveLength(shown.length);
  expect(shown.find(({ address }) => address === "10.1.0.1/24")).toMatchObject({
    scope: "link",
    broadcast: "10.1.0.255",
  });
});
