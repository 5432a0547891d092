import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import { fixture } from "../scene/program.js";

/** TAPs that stand, and how many come and go in a second beside them. */
const STANDING = 4000;
const A_SECOND = 200;
const LISTINGS = 10;

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

test("while 200 TAPs a second come and go, every listing has every link that stands, once, and every removal succeeds", async () => {
  await using host = await Host.open({ namespace: "new" });
  const taps = await Promise.all(Array.from({ length: STANDING }, (_, i) => host.addTap(`tap${i}`)));
  await host.addAddress("lo", "127.0.0.1/8");
  const standing = new Set(taps.map(({ name }) => name));
  const rate = await whileTapsComeAndGo(host, async () => {
    for (let i = 0; i < LISTINGS; i++) {
      const links = await host.links();
      expect(new Set(links.map(({ index }) => index)).size).toBe(links.length);
      expect(links.filter(({ name }) => standing.has(name)).length).toBe(standing.size);
      if (i % 5 !== 0) continue;
      expect(await host.addresses({ family: "inet" })).toMatchObject([{ address: "127.0.0.1/8" }]);
      const [one, other] = taps.splice(-2) as [(typeof taps)[0], (typeof taps)[0]];
      expect(await host.removeAll([one.name, other])).toEqual({ method: "group" });
      standing.delete(one.name);
      standing.delete(other.name);
    }
  });
  console.info(`${rate} TAPs a second came and went`);
  expect(rate).toBeGreaterThan(A_SECOND / 4);
  await host.removeAll(taps);
}, 60_000);
