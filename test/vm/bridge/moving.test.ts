import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as passed } from "node:timers/promises";
import { expect, test } from "vitest";
import {
  apply,
  describePlan,
  plan,
  type ReadDeclaration,
  readDeclaration,
  revert,
} from "../../../src/topology/index.js";
import { frame, scene, type SceneTap } from "../../../src/testing/index.js";
import { journalFolder } from "../../kernel/topology/journal.js";

const journal = journalFolder();

function example(name: string): ReadDeclaration {
  return readDeclaration(readFileSync(join(process.cwd(), "examples", name), "utf8"), name);
}

/** Sends frames by a TAP as a guest does: what is sent while the link is down is lost. */
function sender({ tap }: SceneTap): (bytes: Buffer) => Promise<void> {
  const stream = tap.frames().on("refused", () => undefined);
  return (bytes) =>
    new Promise((resolve, reject) => {
      stream.write(bytes, (error) => {
        if (error instanceof Error) reject(error);
        else resolve();
      });
    });
}

/** Who sends where: a guest to the trunk, or the trunk to a guest, whose frames have a tag there. */
interface Way {
  readonly send: (bytes: Buffer) => Promise<void>;
  readonly to: SceneTap;
  readonly tag: number | undefined;
  readonly arrives: number | undefined;
  readonly mac: string;
}

function numbered({ mac, tag }: Way, number: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(number);
  return frame({ from: mac, vlan: tag, payload });
}

/** Sends frames one after the other while something is done; gives how many were sent and did not come. */
async function lostWhile(ways: readonly Way[], work: () => Promise<unknown>): Promise<{ sent: number; lost: number }> {
  const before = ways.map(({ to, arrives, mac }) => to.seen({ from: mac, vlan: arrives }).length);
  let isDone = false;
  const done = work().finally(() => (isDone = true));
  let sent = 0;
  for (; !isDone; sent++) {
    for (const way of ways) await way.send(numbered(way, sent));
    await passed();
  }
  await done;
  // What comes last shows that it goes on, and that all before it has come, or is lost.
  const last = Buffer.alloc(4, 0xff);
  for (const way of ways) {
    await way.send(numbered(way, 0xffffffff));
    await way.to.expect({ from: way.mac, vlan: way.arrives, payload: last }, { within: 60_000 });
  }
  const came = ways.map(
    ({ to, arrives, mac }, place) => to.seen({ from: mac, vlan: arrives }).length - before[place]! - 1,
  );
  return { sent: sent * ways.length, lost: sent * ways.length - came.reduce((one, other) => one + other, 0) };
}

test("guests on a bridge for each VLAN move to one bridge that filters, and back, while they speak with the trunk", async () => {
  await using net = await scene({ hosts: { here: { taps: { eno3: {}, vnet10: {}, vnet20: {} } } } });
  const { here: host } = net.hosts;
  const trunk = net.tap("here:eno3");
  const fromTrunk = sender(trunk);
  const ways = [10, 20].flatMap((vlan): Way[] => {
    const guest = net.tap(`here:vnet${vlan}`);
    return [
      { send: sender(guest), to: trunk, tag: undefined, arrives: vlan, mac: `02:00:00:00:01:${vlan}` },
      { send: fromTrunk, to: guest, tag: vlan, arrives: undefined, mac: `02:00:00:00:02:${vlan}` },
    ];
  });
  await apply(host, example("bridge-per-vlan.yaml"), { journal });
  await lostWhile(ways, () => Promise.resolve());
  const filtering = example("vlan-filtering-bridge.yaml");
  const back = await revert(host, filtering);
  for (const [words, declared] of [
    ["to one bridge that filters", filtering],
    ["to a bridge for each VLAN", back],
  ] as const) {
    const started = performance.now();
    const { sent, lost } = await lostWhile(ways, () => apply(host, declared, { journal }));
    const rate = sent / (performance.now() - started);
    console.log(
      `${words}: ${lost} of ${sent} frames lost, about ${(lost / rate).toFixed(0)} ms of ${(sent / rate).toFixed(0)}`,
    );
    expect(lost).toBeLessThan(sent);
    expect(describePlan(await plan(host, declared))).toBe("nothing to do\n");
  }
});
