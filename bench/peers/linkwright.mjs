import { createInterface } from "node:readline";
import { Host } from "../../dist/index.js";

/** The benchmark's work by linkwright: a command a line is read, and answered with a line of JSON. */
const host = await Host.open();
const names = (from, to) => Array.from({ length: to - from }, (_, i) => `t${Number(from) + i}`);
const turn = () => new Promise((resolve) => setImmediate(resolve));

async function timed(work) {
  const start = performance.now();
  const result = await work();
  return { milliseconds: performance.now() - start, ...result };
}

const ways = {
  async each(ports, bridge) {
    const each = [];
    let last = performance.now();
    for (const port of ports) {
      await host.attach(port, bridge);
      const now = performance.now();
      each.push((now - last) * 1000);
      last = now;
    }
    return { each };
  },

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
  ready: () => undefined,
  async bridge(name) {
    await host.addBridge(name, { up: true });
  },
  async create(from, to) {
    await Promise.all(names(from, to).map((name) => host.addTap(name)));
  },
  attach: (from, to, bridge, way) => ways[way](names(from, to), bridge),
  async remove(from, to, ...bridges) {
    await host.removeAll([...names(from, to), ...bridges]);
  },
  links: async () => ({ count: (await host.links()).length }),
  async link(name) {
    await host.link(name);
  },
  fdb: async (bridge) => ({ count: (await host.fdb.list({ bridge })).length }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const [command, ...words] = line.split(" ");
  const answer = await timed(() => commands[command](...words)).catch((error) => ({ error: error.message }));
  console.log(JSON.stringify(answer));
}
await host.close();
