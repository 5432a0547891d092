import { join } from "node:path";
import { Host } from "../../../src/index.js";
import { openvswitch } from "../../../src/openvswitch/open-vswitch.js";
import { lackedBy } from "../../../scripts/lib/tools.mjs";
import { lacking, startSwitch } from "../../../test/e2e/openvswitch/servers.js";
import { type Contender, speakTo } from "../../contenders/contender.js";
import { OPEN_VSWITCH, switchersAt } from "../../contenders/switchers.js";
import { inTurn } from "../arena.js";
import type { Bench } from "../section.js";

const FLOOR = "ovs-floor";
/** Those two take part in more rounds, as neighbours. */
const OWN = [FLOOR, "linkwright"];
const PORT = 6640;
const ROUNDS = { full: 40, quick: 3 };
/** Ports that are there already, and as many at once. */
const PORTS = { full: [0, 200, 1000], quick: [0, 50] };
const AT_ONCE = { full: 200, quick: 20 };
/** Rounds until what is compiled while it runs is, and those after the number of ports has changed. */
const WARM_UP = { first: 20, later: 2 };

/** Ports of Open vSwitch by those who speak to its database, and by its own program: in one switch, by turns. */
export async function run(bench: Bench): Promise<string | undefined> {
  const lacked = lackedBy(OPEN_VSWITCH);
  if (lacked.length > 0 || lacking !== undefined) return lacking ?? `${lacked.join(", ")} not installed`;
  if (process.getuid?.() !== 0) return "only root can start a switch";
  const host = await Host.open({ namespace: "new" });
  try {
    await host.setLink("lo", { up: true });
    const real = await startSwitch(host, [`--remote=ptcp:${PORT}:127.0.0.1`]);
    try {
      await measure(bench, host, real.folder);
    } finally {
      await real[Symbol.asyncDispose]();
    }
  } finally {
    await host.close();
  }
  return undefined;
}

async function measure(bench: Bench, host: Host, folder: string): Promise<void> {
  const { record } = bench;
  const extent = bench.quick ? "quick" : "full";
  const rounds = bench.rounds(ROUNDS[extent]);
  const counts = PORTS[extent].filter((count) => count <= bench.most);
  const many = AT_ONCE[extent];
  const path = join(folder, "db.sock");
  const remote = `unix:${path}`;
  const { found, missing } = switchersAt({ remote, path, port: PORT });
  for (const { name, described } of found) if (name !== "linkwright") bench.describe(name, described);
  const namespace = await host.namespaceDescriptor();
  const inside = ["nsenter", `--net=/proc/${process.pid}/fd/${namespace.fd}`];
  const row = (id: string, title: string, count = 1): string => {
    const whole = `openvswitch.${id}`;
    record.row({ section: "openvswitch", id: whole, title, count, unit: "ms", floor: FLOOR });
    return whole;
  };
  const ovs = await openvswitch({ remote, timeout: 60_000 });
  await ovs.addBridge("br0", { datapathType: "netdev" });
  const most = counts.at(-1)!;
  const names = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => ({ name: `t${from + i}` }));
  await Promise.all(names(0, most + many).map(({ name }) => host.addTap(name)));

  const present: { name: string; ask: Contender["ask"]; stop: Contender["stop"] }[] = [];
  const failed = new Set<string>();
  try {
    for (const { name, command } of found)
      try {
        present.push({ name, ...(await speakTo({ name, command: [...inside, ...command] })) });
      } catch (error) {
        missing.push({ name, reason: (error as Error).message });
      }
    const timed = async (id: string, name: string, ask: () => ReturnType<Contender["ask"]>, keep: boolean) => {
      if (failed.has(name)) return;
      try {
        const { milliseconds } = await ask();
        if (keep) record.add(id, name, milliseconds!);
      } catch (error) {
        failed.add(name);
        record.failSection("openvswitch", name, (error as Error).message);
      }
    };
    /** What one makes, it takes away; who cannot any more, for him it is taken. */
    const clear = async (from: number, to: number): Promise<void> =>
      ovs.removePort(
        names(from, to).map(({ name }) => name),
        { ifExists: true },
      );
    let there = 0;
    for (const [place, count] of counts.entries()) {
      if (count > there) await ovs.addPorts("br0", names(there, count));
      there = count;
      const beside = count === 0 ? "" : `, beside ${count}`;
      const adding = row(`add.${count}`, `one port, until it is switched${beside}`);
      const deleting = row(`delete.${count}`, `one port away${beside}`);
      const before = place === 0 ? WARM_UP.first : WARM_UP.later;
      for (let round = -before; round < rounds; round++) {
        bench.progress((place + Math.max(round, 0) / rounds) / (counts.length + 1), `${count} ports`);
        const takingPart = present.filter(({ name }) => round < rounds / 4 || OWN.includes(name));
        for (const { name, ask } of inTurn(takingPart, round & 1)) {
          await timed(adding, name, () => ask("add", count, count + 1), round >= 0);
          await timed(deleting, name, () => ask("delete", count), round >= 0);
          if (failed.has(name)) await clear(count, count + 1);
        }
      }
    }
    const listing = row(`list.${most}`, `a list of ${most} ports`);
    const several = row(`add-many.${many}`, `${many} ports in one transaction, beside ${most}`, many);
    const fewer = Math.max(1, Math.ceil(rounds / 8));
    for (let round = -WARM_UP.later; round < fewer; round++)
      for (const { name, ask } of inTurn(present, round & 1)) {
        bench.progress((counts.length + Math.max(round, 0) / fewer) / (counts.length + 1), "many at once");
        await timed(listing, name, () => ask("list"), round >= 0);
        await timed(several, name, () => ask("add", most, most + many), round >= 0);
        await clear(most, most + many);
      }
    for (const { name, reason } of missing)
      for (const { id, section } of record.rows()) if (section === "openvswitch") record.lack(id, name, reason);
  } finally {
    for (const { stop } of present) await stop();
    ovs.close();
    await namespace.close();
  }
}
