import { expect, test } from "vitest";
import { type Contender, start } from "../../../bench/contenders/contender.js";
import { findPeers, type Peer } from "../../../bench/contenders/peers.js";
import { differenceOf, type State, stateOf } from "../../../bench/measure/state.js";
import { Host } from "../../../src/index.js";

const { found, missing } = findPeers({ build: false });
const floor = found.find(({ name }) => name === "floor");
const WAYS = ["each", "pipelined", "batch"];

/** The ways to attach that a contender has. */
const ways: Record<string, string[]> = {
  ip: ["each"],
  "ip-batch": ["batch"],
  brctl: ["each"],
  pyroute2: ["each", "batch"],
  go: ["each"],
  rust: ["each", "pipelined"],
  "npm-netlink": ["each", "pipelined"],
  "node-netlink": ["each"],
};

/** Does work with a contender, and with a host in its namespace. */
async function withPeer(peer: Peer, work: (ask: Contender["ask"], host: Host) => Promise<void>): Promise<void> {
  const { pid, ask, stop } = await start(peer, { limit: 30_000 });
  try {
    await using host = await Host.open({ namespace: { pid } });
    await work(ask, host);
  } finally {
    await stop();
  }
}

const expected = floor && leftBy(floor).then((states) => states.get("batch")!);

/** What a contender leaves when it attaches ten TAPs, by the ways that it has; it removes them after each. */
async function leftBy(peer: Peer): Promise<Map<string, State>> {
  const states = new Map<string, State>();
  await withPeer(peer, async (ask, host) => {
    for (const way of WAYS) {
      await ask("bridge", "br0");
      const names = Array.from({ length: 10 }, (_, i) => `t${i}`);
      if ((await ask("create", 0, 10)).unsupported) await Promise.all(names.map((name) => host.addTap(name)));
      const { unsupported } = await ask("attach", 0, 10, "br0", way);
      if (unsupported === undefined) states.set(way, await stateOf(host));
      await ask("remove", 0, 10, "br0");
      expect((await host.links()).map(({ name }) => name)).toEqual(["lo"]);
    }
  });
  return states;
}

test.runIf(floor)("the floor leaves ten TAPs up, in a bridge that is up", async () => {
  const links = Object.fromEntries((await expected)!);
  const taps = Array.from({ length: 10 }, (_, i) => `t${i}`);
  expect(Object.keys(links).sort()).toEqual(["br0", "lo", ...taps]);
  expect(links.br0).toMatchObject({ up: true, kind: "bridge" });
  const data = { type: "tap", pi: false, persist: true };
  for (const tap of taps) expect(links[tap]).toMatchObject({ up: true, master: "br0", group: 0, linkInfo: { data } });
});

test.runIf(floor).concurrent.each(found)("$name leaves what the floor leaves, and removes it", async (peer) => {
  const states = await leftBy(peer);
  expect([...states.keys()]).toEqual(ways[peer.name] ?? WAYS);
  for (const [way, state] of states) expect(differenceOf((await expected)!, state), way).toBe(undefined);
});

for (const { name, reason } of missing)
  test(`${name} leaves what the floor leaves, and removes it`, ({ skip }) => skip(reason));

test.concurrent.each(found)("$name reads what is there", async (peer) => {
  await withPeer(peer, async (ask, host) => {
    const bridge = await host.addBridge("br0", { up: true });
    for (const name of ["t0", "t1"]) await host.addTap(name, { bridge });
    await host.fdb.add("t1", "02:00:00:00:00:02");
    const entries = peer.name === "brctl" ? 3 : 4; // brctl does not show the bridge's own
    const reading: Record<string, object> = { links: { count: 4 }, "link t1": {}, "fdb br0": { count: entries } };
    for (const [command, expected] of Object.entries(reading)) {
      const answer = await ask(command);
      if (answer.unsupported === undefined) expect(answer, command).toMatchObject(expected);
    }
  });
});

test.runIf(floor)("what is not as it should be is found", async () => {
  await withPeer(floor!, async (ask, host) => {
    await ask("bridge", "br0");
    await ask("create", 0, 2);
    await ask("attach", 0, 2, "br0", "each");
    const before = await stateOf(host);
    expect(differenceOf(before, await stateOf(host))).toBe(undefined);
    await host.setLink("t1", { up: false });
    expect(differenceOf(before, await stateOf(host))).toBe(
      't1.flags is ["broadcast","multicast"], not ["up","broadcast","multicast"]',
    );
    await host.setLink("t1", { up: true });
    await host.setPort("t0", { isolated: true });
    expect(differenceOf(before, await stateOf(host))).toBe("t0.linkInfo.slaveData.isolated is true, not false");
    await host.remove("t0");
    expect(differenceOf(before, await stateOf(host))).toBe("t0 is not there");
  });
});
