import { createRequire } from "node:module";
import { join } from "node:path";
import { manyAtOnce, oneByOne, serve, taps } from "./program.mjs";

/** The benchmark's work by npm's netlink, which is in the folder given. */
const { createRtNetlink, FlagsNew, ifla } = createRequire(join(process.argv[2], "_"))("netlink");

const AF_BRIDGE = 7;
const UP = { change: { up: true }, flags: { up: true } };
const socket = createRtNetlink();

async function find(ifname) {
  const [link] = await socket.getLink({}, { ifname });
  return link;
}

const indexOf = async (name) => (await find(name)).data.index;

async function attach(name, master) {
  await socket.setLink({ index: await indexOf(name), ...UP }, { master });
}

const ways = {
  each: (names, master) => oneByOne(names, (name) => attach(name, master)),
  pipelined: (names, master) => manyAtOnce(names, (name) => attach(name, master)),
  batch: () => ({ unsupported: "each request is sent on its own" }),
};

await serve({
  async bridge(ifname) {
    const linkinfo = ifla.formatInfo({ kind: "bridge" });
    await socket.newLink(UP, { ifname, linkinfo }, { flags: FlagsNew.CREATE | FlagsNew.EXCL });
  },
  create: () => ({ unsupported: "it knows no TAPs, and JavaScript no ioctl" }),
  attach: async (from, to, bridge, way) => ways[way](taps(from, to), await indexOf(bridge)),
  async remove(from, to, ...bridges) {
    await manyAtOnce([...taps(from, to), ...bridges], (ifname) => socket.delLink({}, { ifname }));
  },
  links: async () => ({ count: (await socket.getLinks()).length }),
  all: async () => ({ count: (await socket.getLinks()).length }),
  async link(name) {
    await find(name);
  },
  async fdb(bridge) {
    const master = await indexOf(bridge);
    const entries = await socket.getNeighbors({ family: AF_BRIDGE });
    return { count: entries.filter(({ attrs }) => attrs.master === master).length };
  },
});
