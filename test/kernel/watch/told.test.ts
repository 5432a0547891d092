import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import { native } from "../../../src/kernel/addon.js";
import { startThread } from "../../../src/kernel/thread.js";
import { changedProperties } from "../../../src/watch/compare.js";
import type { Link } from "../../../src/rtnetlink/link/link.js";
import { subjects } from "../../../src/watch/subjects.js";
import { another, listed, listen, type RawMessage } from "./watching.js";

/** A bridge, a port of it that is a TAP without a carrier, and a pair; up or down. */
async function scene(host: Host, up: boolean): Promise<void> {
  await host.addBridge("br0", { up });
  await host.addTap("tap0", { bridge: "br0" });
  await host.setLink("tap0", { up });
  await host.addVeth("v0", { up, peer: { name: "v1", up } });
  if (!up) return;
  // What follows from all that by and by is told before.
  await host.waitFor("br0", { operstate: "down" }, { timeout: 10_000 });
  await host.waitFor("tap0", { operstate: "down" }, { timeout: 10_000 });
  for (const name of ["v0", "v1"]) {
    await host.waitFor(name, { operstate: "up" }, { timeout: 10_000 });
    await host.waitFor(name, "addresses", { timeout: 10_000 });
  }
}

/** Writes a file of a link's in sysfs, as a program does that is not this host. */
async function writeSysfs(host: Host, path: string, text: string): Promise<void> {
  await using namespace = await host.namespaceDescriptor();
  const thread = await startThread({ kind: "file", path: `/proc/self/fd/${namespace.fd}` });
  await thread.call((handle, id) => {
    native.writeSysfs(handle, id, `class/net/${path}`, text);
  });
  await thread.call((handle, id) => {
    native.closeThread(handle, id);
  });
}

const RTM_NEWLINK = 16;
const RTM_NEWADDR = 20;
const RTM_NEWNETCONF = 80;
const LINK = "RTM_NEWLINK";
/** The same of the bridge's family, which tells of ports. */
const PORT = "RTM_NEWLINK of AF_BRIDGE";
const NETCONF = "RTM_NEWNETCONF";

/** What is told of a link, each word once. */
function wordsOf(messages: readonly RawMessage[], index: number): string[] {
  const words = messages.flatMap(({ type, family, index: about }) => {
    if (type === RTM_NEWNETCONF) return [NETCONF];
    if (type !== RTM_NEWLINK || about !== index) return [];
    return [family === 7 ? PORT : LINK];
  });
  return [...new Set(words)].sort();
}

interface Row {
  readonly what: string;
  readonly link: string;
  /** What a listing has otherwise then; undefined where it reports nothing of it. */
  readonly path?: string;
  /** Does it; gives what has to stay until it was looked at, such as another namespace. */
  readonly act: (host: Host) => Promise<unknown>;
  /** What is told while the link is down, and while it is up; undefined: something else changes with it then. */
  readonly down?: readonly string[];
  readonly up?: readonly string[];
}

async function setCost(host: Host, cost: number): Promise<void> {
  const { index } = await host.link("tap0");
  await host.request("RTM_SETLINK", { header: { family: 7, index }, attributes: { protinfo: { cost } } as never });
}

async function setOwner(host: Host): Promise<void> {
  const tap = await host.openTap("tap0", { owner: 1000, persist: true });
  await tap.close();
}

/** The table of docs/watching.md, and beside it what is told. */
const rows: readonly Row[] = [
  {
    what: "an alias",
    link: "br0",
    path: "alias",
    act: (host) => host.setLink("br0", { alias: "office" }),
    down: [],
    up: [LINK],
  },
  {
    what: "a group",
    link: "br0",
    path: "group",
    act: (host) => host.setLink("br0", { group: 7 }),
    down: [],
    up: [LINK],
  },
  {
    what: "an alternative name",
    link: "br0",
    path: "altnames",
    act: (host) => host.setLink("br0", { altnames: ["office"] }),
    down: [],
    up: [LINK],
  },
  {
    what: "a bridge's option",
    link: "br0",
    path: "linkInfo.data.ageingTime",
    act: (host) => host.setBridge("br0", { ageingTime: 10_000 }),
    down: [],
    up: [LINK],
  },
  {
    what: "a bridge's option by sysfs",
    link: "br0",
    path: "linkInfo.data.ageingTime",
    act: (host) => writeSysfs(host, "br0/bridge/ageing_time", "2000"),
    down: [],
    up: [LINK],
  },
  {
    what: "a port's cost by its link",
    link: "tap0",
    path: "linkInfo.slaveData.cost",
    act: (host) => host.setPort("tap0", { cost: 97 }),
    down: [],
    up: [LINK, PORT],
  },
  {
    what: "a port's cost by the bridge's family",
    link: "tap0",
    path: "linkInfo.slaveData.cost",
    act: (host) => setCost(host, 98),
    down: [PORT],
    up: [PORT],
  },
  {
    what: "a port's cost by sysfs",
    link: "tap0",
    path: "linkInfo.slaveData.cost",
    act: (host) => writeSysfs(host, "tap0/brport/path_cost", "99"),
    down: [PORT],
    up: [PORT],
  },
  {
    what: "the root that a port has, when it is its bridge's new MAC",
    link: "tap0",
    path: "linkInfo.slaveData.rootId",
    act: (host) => host.setLink("br0", { address: "52:54:00:00:00:01" }),
    down: [],
    up: [],
  },
  {
    what: "gsoMaxSize",
    link: "br0",
    path: "gsoMaxSize",
    act: (host) => host.setLink("br0", { gsoMaxSize: 30_000 }),
    down: [],
    up: [],
  },
  {
    what: "gsoMaxSegs",
    link: "br0",
    path: "gsoMaxSegs",
    act: (host) => host.setLink("br0", { gsoMaxSegs: 30 }),
    down: [],
    up: [],
  },
  {
    what: "addr_gen_mode",
    link: "v0",
    path: "afSpec.inet6.addrGenMode",
    act: (host) => host.setSysctl("net.ipv6.conf.v0.addr_gen_mode", 1),
    down: [],
    up: [],
  },
  {
    what: "accept_ra",
    link: "v0",
    act: (host) => host.setSysctl("net.ipv6.conf.v0.accept_ra", 2),
    down: [],
    up: [],
  },
  {
    what: "rp_filter",
    link: "v0",
    act: (host) => host.setSysctl("net.ipv4.conf.v0.rp_filter", 2),
    down: [NETCONF],
    up: [NETCONF],
  },
  {
    what: "forwarding",
    link: "v0",
    act: (host) => host.setSysctl("net.ipv6.conf.v0.forwarding", 1),
    down: [NETCONF],
    up: [NETCONF],
  },
  { what: "the owner of a TAP", link: "tap0", path: "linkInfo.data.owner", act: setOwner, down: [] },
  {
    what: "an MTU",
    link: "v0",
    path: "mtu",
    act: (host) => host.setLink("v0", { mtu: 1400 }),
    down: [LINK],
    up: [LINK],
  },
  {
    what: "a MAC",
    link: "v0",
    path: "address",
    act: (host) => host.setLink("v0", { address: "52:54:00:00:00:02" }),
    down: [LINK],
    up: [LINK],
  },
  {
    what: "the length of a queue",
    link: "v0",
    path: "txqlen",
    act: (host) => host.setLink("v0", { txqlen: 77 }),
    down: [LINK],
    up: [LINK],
  },
  {
    what: "promiscuity",
    link: "v0",
    path: "promiscuity",
    act: (host) => host.attach("v0", "br0"),
    up: [LINK, PORT],
  },
  {
    what: "where the other end of a pair is",
    link: "v0",
    path: "linkNetnsid",
    async act(host) {
      const elsewhere = await Host.open({ namespace: "new" });
      await using there = await elsewhere.namespaceDescriptor();
      await host.setLink("v1", { namespace: `/proc/self/fd/${there.fd}` });
      return elsewhere;
    },
    down: [],
  },
];

describe.each(["down", "up"] as const)("while the link is %s", (state) => {
  let host: Host;
  let other: Host;
  beforeAll(async () => {
    host = await Host.open({ namespace: "new" });
    other = await another(host);
    await scene(host, state === "up");
  });
  afterAll(async () => {
    await other.close();
    await host.close();
  });

  test.for(rows.flatMap((row) => (row[state] === undefined ? [] : [{ ...row, messages: row[state] }])))(
    "what is told of $what: $messages",
    async ({ link, path, act, messages }) => {
      const { index } = await host.link(link);
      const find = async (): Promise<Link> => (await listed(host, "link")).find((each) => each.index === index)!;
      const before = await find();
      await using listener = await listen(host);
      const kept = (await act(other)) as Partial<AsyncDisposable> | undefined;
      const told = wordsOf(listener.messages(), index);
      const changed = changedProperties(before, await find(), new Set(subjects.link.silent));
      await kept?.[Symbol.asyncDispose]?.();
      if (path !== undefined) expect(changed).toContain(path);
      expect(told, "this kernel tells otherwise: docs/watching.md is to be changed").toEqual([...messages].sort());
    },
  );
});

test("the address of IPv6 that a link gives itself is told when no duplicate of it was found", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addVeth("v0", { peer: { name: "v1" } });
  await using listener = await listen(host);
  const isTold = (): boolean => listener.messages().some(({ type }) => type === RTM_NEWADDR);
  for (const name of ["v0", "v1"]) await host.setLink(name, { up: true });
  const flags = async (): Promise<readonly string[]> => (await host.addresses({ link: "v0" }))[0]?.flags ?? [];
  await expect.poll(flags, { timeout: 5000, interval: 5 }).toContain("tentative");
  expect(isTold(), "this kernel tells otherwise: docs/watching.md is to be changed").toBe(false);
  await expect.poll(isTold, { timeout: 20_000 }).toBe(true);
});
