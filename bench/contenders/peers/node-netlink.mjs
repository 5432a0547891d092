import { createRequire } from "node:module";
import { join } from "node:path";
import { oneByOne, serve, taps } from "./program.mjs";

/**
 * The benchmark's work by npm's node-netlink, which is in the folder given. It sends and receives messages; what is in them
 * is the user's to write and read.
 */
const { default: netlink } = await import(createRequire(join(process.argv[2], "_")).resolve("node-netlink"));

const RTM_NEWLINK = 16n;
const RTM_DELLINK = 17n;
const RTM_GETLINK = 18n;
const RTM_GETNEIGH = 30n;
const IFLA_IFNAME = 3;
const IFLA_MASTER = 10;
const IFLA_LINKINFO = 18;
const IFLA_INFO_KIND = 1;
const NDA_MASTER = 9;
const IFF_UP = 1;
const AF_BRIDGE = 7;

const socket = await netlink.open({ family: 0 });

function attribute(type, value) {
  const bytes = Buffer.alloc((4 + value.length + 3) & ~3);
  bytes.writeUInt16LE(4 + value.length, 0);
  bytes.writeUInt16LE(type, 2);
  bytes.set(value, 4);
  return bytes;
}

const text = (type, value) => attribute(type, Buffer.from(`${value}\0`));

function number(type, value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return attribute(type, bytes);
}

/** The attributes of a message after a header of its own: [type, value] each. */
function attributes(payload, header) {
  const found = [];
  for (let at = header; at + 4 <= payload.length; at += (payload.readUInt16LE(at) + 3) & ~3)
    found.push([payload.readUInt16LE(at + 2), payload.subarray(at + 4, at + payload.readUInt16LE(at))]);
  return found;
}

function linkMessage(up, ...parts) {
  const header = Buffer.alloc(16);
  if (up) {
    header.writeUInt32LE(IFF_UP, 8);
    header.writeUInt32LE(IFF_UP, 12);
  }
  return Buffer.concat([header, ...parts]);
}

function talk(type, flags, payload) {
  const header = { nlmsg_type: type, nlmsg_flags: netlink.NLM_F_REQUEST | netlink.NLM_F_ACK | flags };
  return socket.talk({ header, payload });
}

async function indexOf(name) {
  const [{ payload }] = await talk(RTM_GETLINK, 0n, linkMessage(false, text(IFLA_IFNAME, name)));
  return payload.readInt32LE(4);
}

const attach = (name, master) =>
  talk(RTM_NEWLINK, 0n, linkMessage(true, text(IFLA_IFNAME, name), number(IFLA_MASTER, master)));

const ways = {
  each: (names, master) => oneByOne(names, (name) => attach(name, master)),
  pipelined: () => ({ unsupported: "of several requests under way at once it answers one, and loses the others" }),
  batch: () => ({ unsupported: "each request is sent on its own" }),
};

await serve({
  async bridge(name) {
    const info = attribute(IFLA_LINKINFO, text(IFLA_INFO_KIND, "bridge"));
    const flags = netlink.NLM_F_CREATE | netlink.NLM_F_EXCL;
    await talk(RTM_NEWLINK, flags, linkMessage(true, text(IFLA_IFNAME, name), info));
  },
  create: () => ({ unsupported: "it knows no TAPs, and JavaScript no ioctl" }),
  attach: async (from, to, bridge, way) => ways[way](taps(from, to), await indexOf(bridge)),
  async remove(from, to, ...bridges) {
    for (const name of [...taps(from, to), ...bridges])
      await talk(RTM_DELLINK, 0n, linkMessage(false, text(IFLA_IFNAME, name)));
  },
  async links() {
    const messages = await talk(RTM_GETLINK, netlink.NLM_F_DUMP, linkMessage(false));
    return { count: messages.filter(({ payload }) => attributes(payload, 16).length > 0).length };
  },
  all: () => ({ unsupported: "it gives attributes as bytes" }),
  async link(name) {
    await indexOf(name);
  },
  async fdb(bridge) {
    const master = await indexOf(bridge);
    const header = Buffer.alloc(12);
    header[0] = AF_BRIDGE;
    const messages = await talk(RTM_GETNEIGH, netlink.NLM_F_DUMP, header);
    const isOurs = ([type, value]) => type === NDA_MASTER && value.readInt32LE(0) === master;
    return { count: messages.filter(({ payload }) => attributes(payload, 12).some(isOurs)).length };
  },
});
await socket.close();
