import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Host, type Link } from "../../src/index.js";
import { inside, type Inside } from "./inside.js";
import { KINDS, PORT_OPTIONS } from "./ip-words.js";
import type { Spoken, SpokenKind } from "./spoken.js";

const RUNS = 3;
const SEED = 20;

let host: Host;
let programs: Inside;

beforeAll(async () => {
  host = await Host.open({ namespace: "new" });
  programs = await inside(host);
  for (const number of [0, 1])
    await host.addVeth(`eth${number}`, { peer: { name: `far${number}`, up: true }, up: true });
});

afterAll(async () => {
  await host.close();
});

type Values = Record<string, unknown>;
type Printed = Record<string, unknown>;

/** What `ip` prints of each link's kind, or of its master's, by the link's name. */
function printedLinks(part: "info_data" | "info_slave_data"): Map<string, Printed> {
  const links = programs.ask("ip", "-d", "-j", "link", "show") as {
    ifname: string;
    linkinfo?: Record<string, Printed>;
  }[];
  return new Map(links.map(({ ifname, linkinfo = {} }) => [ifname, linkinfo[part] ?? {}]));
}

function sample(options: Readonly<Record<string, Spoken>>): Values[] {
  const values = Object.fromEntries(Object.entries(options).map(([name, option]) => [name, option.values]));
  return fc.sample(fc.record(values), { numRuns: RUNS, seed: SEED });
}

/** Links of every kind with random options; numbers that must differ do. */
const wanted = KINDS.flatMap((spoken) =>
  sample(spoken.options)
    .slice(0, spoken.most)
    .map((values) => ({ spoken, values })),
).map(({ spoken, values }, place) => ({
  name: `${spoken.kind}-${place}`,
  spoken,
  values: "id" in values ? { ...values, id: 100 + place } : values,
}));

/** Values whose order is the kernel's own. */
function sorted(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return [...(value as unknown[])].sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
}

function expectPrinted(printed: Printed, options: SpokenKind["options"], values: Values, name: string): void {
  const picture = Object.entries(options).map(([property, { key, printed: change }]) => {
    const value = values[property];
    return [key, sorted(change === undefined ? value : change(value as never))] as const;
  });
  const shown = picture.map(([key]) => [key, sorted(printed[key])] as const);
  expect(Object.fromEntries(shown), name).toEqual(Object.fromEntries(picture));
}

function wordsOf(options: SpokenKind["options"], values: Values): string {
  return Object.entries(options)
    .map(([property, { words }]) => words(values[property] as never))
    .join(" ");
}

function expectRead(link: Link, part: "data" | "slaveData", values: Values): void {
  const read = (link.linkInfo?.[part] ?? {}) as Values;
  const given = Object.entries(values).map(([name, value]) => [name, sorted(value)] as const);
  const found = given.map(([name]) => [name, sorted(read[name])] as const);
  expect(Object.fromEntries(found), link.name).toMatchObject(Object.fromEntries(given));
}

async function removeAll(): Promise<void> {
  await host.removeAll(wanted.map(({ name }) => name));
}

describe("links of random options", () => {
  test("what linkwright sets is what ip prints", async () => {
    for (const { name, spoken, values } of wanted)
      await host.addLink(name, spoken.kind, {
        ...spoken.fixed,
        ...(spoken.below && { link: spoken.below }),
        ...values,
      });
    const printed = printedLinks("info_data");
    for (const { name, spoken, values } of wanted) expectPrinted(printed.get(name)!, spoken.options, values, name);
    await removeAll();
  });

  test("what ip sets is what linkwright reads", async () => {
    const lines = wanted.map(
      ({ name, spoken: { kind, below, fixedWords = "", options }, values }) =>
        `link add ${below === undefined ? "" : `link ${below} `}name ${name} type ${kind} ${fixedWords} ${wordsOf(options, values)}`,
    );
    programs.batch("ip", lines);
    for (const { name, values } of wanted) expectRead(await host.link(name), "data", values);
    await removeAll();
  });
});

test("a bridge's port: what linkwright sets is what ip prints, and what ip sets is what linkwright reads", async () => {
  await host.addBridge("br0");
  await host.addVeth("port0", { peer: "other0" });
  await host.attach("port0", "br0");
  await host.attach("other0", "br0");
  const [first, second] = sample(PORT_OPTIONS) as [Values, Values];
  await host.setPort("port0", first);
  expectPrinted(printedLinks("info_slave_data").get("port0")!, PORT_OPTIONS, first, "port0");
  programs.batch("ip", [`link set port0 type bridge_slave ${wordsOf(PORT_OPTIONS, second)}`]);
  expectRead(await host.link("port0"), "slaveData", second);
  const { index } = await host.link("other0");
  await host.setPort("port0", { backupPort: index });
  expect(printedLinks("info_slave_data").get("port0")).toMatchObject({ backup_port: "other0" });
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
