import { Host } from "../../../dist/index.js";
import { oneByOne, taps } from "./program.mjs";

/** What everybody reads of each link. */
const SUMMARY = { only: ["name", "kind", "master", "address", "mtu", "operstate"] };

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Opens a host, whose requests are executed as its option `thread` says; the benchmark's commands, which are done by it, and what closes it. */
export async function openCommands(thread) {
  const host = await Host.open({ thread });

  /** What host.addTap gave, by name: its user has it at hand. */
  const created = new Map();

  const ways = {
    each: (ports, bridge) => oneByOne(ports, (port) => host.attach(port, bridge)),

    /** Requests of one turn of the event loop would leave together. */
    async pipelined(ports, bridge) {
      const attached = [];
      for (const port of ports) {
        attached.push(host.attach(port, bridge));
        await turn();
      }
      await Promise.all(attached);
    },

    async batch(ports, bridge) {
      await Promise.all(ports.map((port) => host.attach(port, bridge)));
    },
  };

  const commands = {
    async bridge(name) {
      await host.addBridge(name, { up: true });
    },
    async create(from, to) {
      for (const tap of await Promise.all(taps(from, to).map((name) => host.addTap(name)))) created.set(tap.name, tap);
    },
    async attach(from, to, bridge, way) {
      const ports = taps(from, to).map((name) => created.get(name) ?? name);
      return ways[way](ports, await host.link(bridge));
    },
    async remove(from, to, ...bridges) {
      await host.removeAll([...taps(from, to), ...bridges]);
      for (const name of taps(from, to)) created.delete(name);
    },
    links: async () => ({ count: (await host.links(SUMMARY)).length }),
    all: async () => ({ count: (await host.links()).length }),
    async link(name) {
      await host.link(name, SUMMARY);
    },
    fdb: async (bridge) => ({ count: (await host.fdb.list({ bridge, table: "bridge" })).length }),
  };
  return { commands, close: () => host.close() };
}
