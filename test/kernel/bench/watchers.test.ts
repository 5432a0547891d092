import { expect, test } from "vitest";
import { start } from "../../../bench/contenders/contender.js";
import { findPeers } from "../../../bench/contenders/peers.js";
import { provideStorm, watchersOf } from "../../../bench/contenders/watchers.js";
import { Host } from "../../../src/index.js";
import { run } from "../scene/program.js";

const LINKS = 20;
const CHANGES = 80;
/** So few that they have room in anybody's buffer. */
const RATE = 200;

const marks = { own: false, processes: false, compiledLater: false, anotherWay: false, lacks: {} };
const { found } = findPeers({ build: false });
const { program, missing } = provideStorm();
if (program === undefined) console.log(`skipped: nothing makes a storm: ${missing}`);

test.runIf(program).for(watchersOf(found.map((peer) => ({ ...peer, ...marks }))))(
  "$name sees each of the changes of a storm for which it has room, and knows how it left the links",
  async (watcher) => {
    const { pid, ask, stop } = await start(watcher, { limit: 30_000 });
    try {
      await using host = await Host.open({ namespace: { pid } });
      const taps = await Promise.all(Array.from({ length: LINKS }, (_, i) => host.addTap(`t${i}`)));
      const first = Math.min(...taps.map(({ index }) => index));
      await ask("watch");
      const words = [first, LINKS, 0, CHANGES, RATE].map(String);
      const { stdout } = await run(["nsenter", `--net=/proc/${pid}/ns/net`, program!, ...words]);
      expect(JSON.parse(stdout)).toMatchObject({ made: CHANGES });
      const { count, known = {}, said } = await ask("report");
      expect({ count, said }).toEqual({ count: CHANGES, said: undefined });
      const links = (await host.links()).filter(({ name }) => name !== "lo");
      expect(Object.entries(known).sort()).toEqual(links.map(({ index, mtu }) => [String(index), mtu]).sort());
    } finally {
      await stop();
    }
  },
);
