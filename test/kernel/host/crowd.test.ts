import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import { native } from "../../../src/kernel/addon.js";
import { startThread } from "../../../src/kernel/thread.js";
import { connect, type Connection } from "../../../src/netlink/connection.js";
import { dumpLinks } from "../../../src/rtnetlink/link/link-dump.js";
import { linkFrom, linkOf, RTM_NEWLINK } from "../../../src/rtnetlink/link/link.js";
import { messageTypes } from "../../../src/rtnetlink/messages.js";
import { expectSame } from "../watch/watching.js";
import { fixture } from "../scene/program.js";

/** TAPs that stand, and how many come and go in a second beside them. */
const STANDING = 5000;
const A_SECOND = 200;
const LISTINGS = 4;

/** Lets TAPs come and go in a host's namespace, in a process of its own, while `work` runs. */
async function whileTapsComeAndGo(host: Host, work: () => Promise<void>): Promise<number> {
  await using namespace = await host.namespaceDescriptor();
  const path = `/proc/${process.pid}/fd/${namespace.fd}`;
  const [program, ...words] = fixture("churn", path, String(A_SECOND));
  const child: ChildProcess = spawn(program!, words, { stdio: ["pipe", "pipe", "inherit"] });
  let said = "";
  child.stdout!.setEncoding("utf8").on("data", (piece: string) => (said += piece));
  const closed = once(child, "close");
  try {
    await Promise.race([once(child.stdout!, "data"), closed]);
    await work();
  } finally {
    child.stdin!.end();
    await closed;
  }
  return (JSON.parse(said.trimEnd().split("\n").at(-1)!) as { aSecond: number }).aSecond;
}

/** The names of links, and how many of the dumps that this took the kernel called interrupted. */
async function listCounting(host: Host): Promise<{ names: string[]; interrupted: number }> {
  await using namespace = await host.namespaceDescriptor();
  const thread = await startThread({ kind: "file", path: `/proc/self/fd/${namespace.fd}` });
  let count = 0;
  try {
    const connection = connect(thread.socket, messageTypes);
    const dumpOnce: Connection["dumpOnce"] = async (...given) => {
      const dump = await connection.dumpOnce(...given);
      if (dump.interrupted) count++;
      return dump;
    };
    const about = { reply: RTM_NEWLINK, into: linkFrom };
    const replies = await dumpLinks({ ...connection, dumpOnce }, {}, about);
    return { names: replies.map((reply) => linkOf(reply).name), interrupted: count };
  } finally {
    await thread.call((handle, id) => {
      native.closeThread(handle, id);
    });
  }
}

test("while 200 TAPs a second come and go beside 5000, listings that they interrupt have every link that stands, once, and every removal succeeds", async () => {
  await using host = await Host.open({ namespace: "new" });
  const taps = await Promise.all(Array.from({ length: STANDING }, (_, i) => host.addTap(`tap${i}`)));
  await host.addAddress("lo", "127.0.0.1/8");
  const standing = new Set(taps.map(({ name }) => name));
  let interrupted = 0;
  const rate = await whileTapsComeAndGo(host, async () => {
    await using mirror = await host.mirror();
    for (let i = 0; i < LISTINGS; i++) {
      const links = await host.links();
      const counted = await listCounting(host);
      interrupted += counted.interrupted;
      for (const names of [links.map(({ name }) => name), counted.names]) {
        expect(new Set(names).size).toBe(names.length);
        expect(names.filter((name) => standing.has(name)).length).toBe(standing.size);
      }
      const [one, other, third] = taps.splice(-3) as [(typeof taps)[0], (typeof taps)[0], (typeof taps)[0]];
      await host.remove(one);
      await host.removeAll([other.name, third]);
      for (const { name } of [one, other, third]) standing.delete(name);
      await mirror.settled();
      expect(mirror.links({ kind: "tun" }).filter(({ name }) => standing.has(name)).length).toBe(standing.size);
    }
    expect(await host.addresses({ family: "inet" })).toMatchObject([{ address: "127.0.0.1/8" }]);
    for (const list of [host.routes, host.neighbours, host.fdb, host.rules]) await list.list();
    await mirror.settled();
    expect([...standing].filter((name) => mirror.link(name)?.name !== name)).toEqual([]);
  });
  console.info(`${rate} TAPs a second came and went, and interrupted ${interrupted} dumps`);
  // A busy machine lets fewer come and go.
  expect(rate).toBeGreaterThan(0);
  expect(interrupted).toBeGreaterThan(0);
  await using mirror = await host.mirror();
  await expectSame(host, "link", mirror.links());
  await host.removeAll(taps);
}, 60_000);
