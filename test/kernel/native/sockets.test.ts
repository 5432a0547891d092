import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import { startThread, type Thread } from "../../../src/kernel/thread.js";
import { type DescriptorHandle, type ExchangeOutcome, native, type SocketHandle } from "../../../src/kernel/addon.js";
import type { ExchangeKind, NetlinkSocket } from "../../../src/kernel/netlink-socket.js";

/** linux/netlink.h, linux/rtnetlink.h, linux/netfilter/nfnetlink.h, linux/netfilter/nf_tables.h, linux/genetlink.h. */
const NETLINK = { ROUTE: 0, NETFILTER: 12, GENERIC: 16 };
const FLAG = { REQUEST: 1, ACK: 4, DUMP: 0x300, CREATE: 0x400, EXCL: 0x200 };
const RTM_GETLINK = 18;
const RTM_NEWLINK = 16;
const RTNLGRP_LINK = 1;
const NFNL_MSG_BATCH = { BEGIN: 0x10, END: 0x11 };
const NFT_MSG = { NEWTABLE: 0xa00, GETGEN: 0xa10 };
const CTRL_CMD_GETFAMILY = 3;
const GENL_ID_CTRL = 16;
const NLMSG_ERROR = 2;
const ENOENT = 2;
const EEXIST = 17;

const NONE = Buffer.alloc(0);

function message(type: number, flags: number, sequence: number, ...body: Uint8Array[]): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(16), ...body]);
  bytes.writeUInt32LE(bytes.length, 0);
  bytes.writeUInt16LE(type, 4);
  bytes.writeUInt16LE(FLAG.REQUEST | flags, 6);
  bytes.writeUInt32LE(sequence, 8);
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}

function attribute(type: number, value: Uint8Array): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(4), value]);
  bytes.writeUInt16LE(bytes.length, 0);
  bytes.writeUInt16LE(type, 2);
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}

/** struct ifinfomsg of a link. */
function link(index: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeInt32LE(index, 4);
  return bytes;
}

/** struct nfgenmsg: inet, of a subsystem. */
const generation = Buffer.from([1, 0, 0, 10]);
const table = (name: string): Buffer => attribute(1, Buffer.from(`${name}\0`));

interface Reply {
  readonly type: number;
  readonly sequence: number;
  /** Of NLMSG_ERROR, positive. */
  readonly errno: number | undefined;
}

function split(bytes: Buffer): Reply[] {
  const replies: Reply[] = [];
  for (let offset = 0; offset < bytes.length; offset += (bytes.readUInt32LE(offset) + 3) & ~3) {
    const type = bytes.readUInt16LE(offset + 4);
    const errno = type === NLMSG_ERROR ? Math.abs(bytes.readInt32LE(offset + 16)) : undefined;
    replies.push({ type, sequence: bytes.readUInt32LE(offset + 8), errno });
  }
  return replies;
}

/** Sends messages and resolves with what came back. */
function exchange(socket: NetlinkSocket, messages: readonly Buffer[], kind: ExchangeKind = "any"): Promise<Reply[]> {
  const pieces: Buffer[] = [];
  return new Promise((resolve, reject) => {
    socket.exchange(
      Buffer.concat(messages),
      NONE,
      (piece, end) => {
        if (piece !== undefined) pieces.push(piece);
        if (end?.errno === 0) resolve(split(Buffer.concat(pieces)));
        else if (end !== undefined) reject(new Error(`${end.syscall} failed: ${end.errno}`));
      },
      kind,
    );
  });
}

async function withThread(use: (thread: Thread) => Promise<void>): Promise<void> {
  const thread = await startThread({ kind: "new" });
  try {
    await use(thread);
  } finally {
    await thread.call((handle, id) => {
      native.closeThread(handle, id);
    });
  }
}

function openSocket({ handle, call }: Thread): Promise<SocketHandle> {
  let socket!: SocketHandle;
  return call((_, id) => {
    socket = native.openSocket(handle, id, NETLINK.ROUTE, undefined);
  }).then(() => socket);
}

interface Watching {
  readonly groups?: readonly number[];
  readonly receiveBuffer?: number;
  readonly filter?: Uint8Array;
  readonly allNamespaces?: boolean;
}

function openMulticast(thread: Thread, watching: Watching = {}): Promise<DescriptorHandle> {
  const { groups = [RTNLGRP_LINK], receiveBuffer = 0, filter = NONE, allNamespaces = false } = watching;
  return thread.call((handle, id) => {
    native.openMulticast(handle, id, NETLINK.ROUTE, groups, receiveBuffer, filter, allNamespaces);
  });
}

/** What a batch said, and its datagrams. */
function receive(socket: DescriptorHandle, room = 1 << 20, most = 1000): Record<string, number> & { batch: Buffer[] } {
  const into = Buffer.alloc(room);
  const report = new Int32Array(6 + 3 * most);
  native.receiveBatch(socket, into, report);
  const [datagrams, more, losses, drops, error, tooLarge] = report as unknown as [
    ...[number, number, number, number, number, number],
  ];
  const each = Array.from({ length: datagrams }, (_, i) => report.subarray(6 + 3 * i, 9 + 3 * i));
  const batch = each.map(([start, length]) => into.subarray(start, start! + length!));
  const namespaces = each.map(([, , id]) => id!);
  return { more, losses, drops, error, tooLarge, namespace: namespaces[0] ?? -2, batch } as never;
}

/** Changes a link of a host's so often. */
async function change(host: Host, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await host.setLink("lo", { up: i % 2 === 0 });
}

/** A host in the namespace of a thread. */
async function hostOf(thread: Thread): Promise<Host> {
  const handle = await thread.call<DescriptorHandle>((it, id) => {
    native.openNamespace(it, id, undefined);
  });
  return Host.open({ namespace: `/proc/self/fd/${native.descriptorNumber(handle)}` });
}

test("sockets of several families are open at once, each with its own requests", () =>
  withThread(async (thread) => {
    const [netfilter, generic] = [await thread.openSocket(NETLINK.NETFILTER), await thread.openSocket(NETLINK.GENERIC)];
    const family = Buffer.concat([Buffer.from([CTRL_CMD_GETFAMILY, 1, 0, 0]), attribute(2, Buffer.from("nlctrl\0"))]);
    const [links, genes, families] = await Promise.all([
      exchange(thread.socket, [message(RTM_GETLINK, FLAG.ACK, 1, link(1))]),
      exchange(netfilter, [message(NFT_MSG.GETGEN, FLAG.ACK, 1, generation)]),
      exchange(generic, [message(GENL_ID_CTRL, FLAG.ACK, 1, family)]),
    ]);
    expect(links.map(({ type, errno }) => errno ?? type)).toEqual([RTM_NEWLINK, 0]);
    expect(families.map(({ type, errno }) => errno ?? type)).toEqual([GENL_ID_CTRL, 0]);
    expect(genes.at(-1)).toMatchObject({ sequence: 1, errno: 0 });
    await netfilter.close();
    await expect(exchange(netfilter, [message(NFT_MSG.GETGEN, FLAG.ACK, 2, generation)])).rejects.toThrow("socket");
    await exchange(generic, [message(GENL_ID_CTRL, FLAG.ACK, 2, family)]);
  }));

test("a batch of nfnetlink ends with what the kernel says of it: nothing, what failed, or the acknowledgement asked for", ({
  skip,
}) =>
  withThread(async (thread) => {
    const netfilter = await thread.openSocket(NETLINK.NETFILTER);
    const [generationReply] = await exchange(netfilter, [message(NFT_MSG.GETGEN, FLAG.ACK, 1, generation)]);
    skip(generationReply?.errno !== undefined && generationReply.errno > 0, "this kernel has no nf_tables");
    const batch = (flags: number, ...between: Buffer[]): Promise<Reply[]> =>
      exchange(
        netfilter,
        [
          message(NFNL_MSG_BATCH.BEGIN, 0, 10, generation),
          ...between,
          message(NFNL_MSG_BATCH.END, flags, 19, generation),
        ],
        "batch",
      );
    const add = (name: string, sequence: number, flags = FLAG.CREATE): Buffer =>
      message(NFT_MSG.NEWTABLE, flags, sequence, generation, table(name));
    const start = performance.now();
    expect(await batch(0, add("first", 11))).toEqual([]);
    expect(await batch(0, add("second", 11), add("first", 12, FLAG.CREATE | FLAG.EXCL))).toMatchObject([
      { sequence: 12, errno: EEXIST },
    ]);
    const ended = await batch(FLAG.ACK, add("third", 11, FLAG.CREATE | FLAG.ACK));
    expect(ended[0]).toMatchObject({ sequence: 11, errno: 0 });
    // Since Linux 6.10.
    if (ended.length > 1) expect(ended[1]).toMatchObject({ sequence: 19, errno: 0 });
    expect(performance.now() - start).toBeLessThan(2000);
    const there = (name: string): Promise<Reply[]> =>
      exchange(netfilter, [message(NFT_MSG.NEWTABLE + 1, FLAG.ACK, 30, generation, table(name))]);
    expect((await there("second")).at(-1)).toMatchObject({ errno: ENOENT });
    expect((await there("third")).at(-1)).toMatchObject({ errno: 0 });
    // Larger than the socket's buffer for sending.
    const many = Array.from({ length: 40_000 }, (_, i) => add(`table${i % 100}-${"x".repeat(40)}`, 100 + i));
    expect(await batch(0, ...many)).toEqual([]);
  }));

test("a netlink socket that somebody passed is used like one's own", () =>
  withThread(async (thread) => {
    await using host = await hostOf(thread);
    const [near, far] = host.socketPair();
    const passed = await openMulticast(thread, { groups: [] });
    const descriptor = host.adoptDescriptor(native.descriptorNumber(passed));
    await host.sendDescriptors(near, [descriptor]);
    const [received] = (await host.receiveDescriptors(far)).descriptors;
    const socket = await thread.openSocket(NETLINK.ROUTE, received!.handle);
    const replies = await exchange(socket, [message(RTM_GETLINK, FLAG.ACK, 1, link(1))]);
    expect(replies.map(({ type, errno }) => errno ?? type)).toEqual([RTM_NEWLINK, 0]);
  }));

test("a multicast socket is polled and read in batches, and says what was lost", () =>
  withThread(async (thread) => {
    await using host = await hostOf(thread);
    const [roomy, tight] = [await openMulticast(thread), await openMulticast(thread, { receiveBuffer: 4096 })];
    const woken: number[] = [];
    const stopped = new Promise<void>((resolve) => {
      native.watchDescriptor(tight, 1, (status, events) => {
        woken.push(status, events);
        native.watchDescriptor(tight, 0, undefined);
        resolve();
      });
    });
    expect(receive(roomy)).toMatchObject({ more: 0, losses: 0, drops: 0, error: 0, batch: [] });
    await change(host, 50);
    await stopped;
    expect(woken).toEqual([0, 1]);
    const whole = receive(roomy);
    expect(whole).toMatchObject({ more: 0, losses: 0, drops: 0, error: 0 });
    expect(whole.batch.length).toBeGreaterThanOrEqual(50);
    expect(new Set(whole.batch.flatMap((datagram) => split(datagram).map(({ type }) => type)))).toEqual(
      new Set([RTM_NEWLINK]),
    );
    const part = receive(tight);
    expect(part).toMatchObject({ more: 0, losses: 1, error: 0 });
    expect(part["drops"]! + part.batch.length).toBe(whole.batch.length);
    // After the overrun it goes on.
    await change(host, 1);
    expect(receive(tight)).toMatchObject({ losses: 0, drops: part["drops"] });
  }));

test("a batch ends where there is no room, and says how large a datagram is that fits in no room", () =>
  withThread(async (thread) => {
    await using host = await hostOf(thread);
    const socket = await openMulticast(thread);
    await change(host, 10);
    const small = receive(socket, 256);
    expect(small).toMatchObject({ more: 1, batch: [], error: 0 });
    expect(small["tooLarge"]).toBeGreaterThan(256);
    const two = receive(socket, 2 * small["tooLarge"]! + 8);
    expect(two).toMatchObject({ more: 1, tooLarge: 0 });
    expect(two.batch.length).toBe(2);
    expect(receive(socket, 1 << 20, 3)).toMatchObject({ more: 1 });
    expect(receive(socket)).toMatchObject({ more: 0 });
  }));

test("a filter of classic BPF lets through what it is for, and groups are joined and left", () =>
  withThread(async (thread) => {
    await using host = await hostOf(thread);
    const instruction = (code: number, yes: number, no: number, value: number): Buffer => {
      const bytes = Buffer.alloc(8);
      bytes.writeUInt16LE(code, 0);
      bytes.writeUInt8(yes, 2);
      bytes.writeUInt8(no, 3);
      bytes.writeUInt32LE(value, 4);
      return bytes;
    };
    // ld [20] is the link's index, most significant byte first.
    const of = (index: number): Buffer =>
      Buffer.concat([
        instruction(0x20, 0, 0, 20),
        instruction(0x15, 0, 1, index << 24),
        instruction(6, 0, 0, 0xffffffff),
        instruction(6, 0, 0, 0),
      ]);
    const br0 = await host.addBridge("br0");
    const socket = await openMulticast(thread, { filter: of(br0.index) });
    await change(host, 4);
    expect(receive(socket).batch).toEqual([]);
    await host.setLink(br0, { up: true });
    expect(receive(socket).batch.length).toBeGreaterThan(0);
    expect(native.setFilter(socket, NONE)).toBe(0);
    await change(host, 2);
    expect(receive(socket).batch.length).toBeGreaterThan(0);
    expect(native.setMembership(socket, RTNLGRP_LINK, false)).toBe(0);
    await change(host, 2);
    expect(receive(socket).batch).toEqual([]);
    expect(native.setMembership(socket, RTNLGRP_LINK, true)).toBe(0);
    await change(host, 2);
    expect(receive(socket).batch.length).toBeGreaterThan(0);
    expect(native.setMembership(socket, 9999, true)).toBeLessThan(0);
    expect(() => native.setFilter(socket, Buffer.alloc(7))).toThrow("eight bytes");
  }));

test("a socket for all namespaces says from which one a message is", () =>
  withThread(async (thread) => {
    await using host = await hostOf(thread);
    await using other = await Host.open({ namespace: "new" });
    const socket = await openMulticast(thread, { allNamespaces: true });
    await host.addVeth("here", { peer: { name: "there", namespace: other } });
    // Being told of the peer's namespace gives it an id here.
    await host.link("here");
    receive(socket);
    await change(other, 1);
    const { batch, namespace } = receive(socket);
    expect(batch.length).toBeGreaterThan(0);
    expect(namespace).toBeGreaterThanOrEqual(0);
    await change(host, 1);
    expect(receive(socket)["namespace"]).toBe(-1);
  }));

test("requests by the calling thread are answered at once, and on conditions", () =>
  withThread(async (thread) => {
    const socket = await openSocket(thread);
    const into = Buffer.alloc(8192);
    const now = (
      messages: Buffer[],
      conditions: Buffer = NONE,
      room: Buffer = into,
    ): number | ExchangeOutcome | undefined =>
      native.exchangeNow(thread.handle, socket, Buffer.concat(messages), conditions, room, 0);
    const get = (index: number, sequence: number): Buffer => message(RTM_GETLINK, FLAG.ACK, sequence, link(index));
    const outcome = (said: number | ExchangeOutcome | undefined): (number | undefined)[] =>
      split(typeof said === "number" ? into.subarray(0, said) : said!.answered).map(({ type, errno }) => errno ?? type);
    expect(outcome(now([get(1, 1)]))).toEqual([RTM_NEWLINK, 0]);
    expect(outcome(now([get(99, 2), get(1, 3)]))).toEqual([19, RTM_NEWLINK, 0]);
    // The second depends on an attribute of the reply to the first: IFLA_MASTER (10), which lo has not.
    const condition = (present: number): Buffer => Buffer.from(new Uint32Array([32, 1, 16, 10, present, 1]).buffer);
    expect(outcome(now([get(1, 4), get(1, 5)], condition(0)))).toEqual([RTM_NEWLINK, 0, RTM_NEWLINK, 0]);
    expect(outcome(now([get(1, 6), get(1, 7)], condition(1)))).toEqual([RTM_NEWLINK, 0, 125]);
    // The second is sent by who has the lock alone.
    const locked = Buffer.from(new Uint32Array([32, 0, 0, 0, 3, 0]).buffer);
    expect(outcome(now([get(1, 8), get(1, 9)], locked))).toEqual([RTM_NEWLINK, 0, RTM_NEWLINK, 0]);
    // What has no room comes in a buffer of its own.
    const many = now(
      Array.from({ length: 50 }, (_, i) => get(1, 10 + i)),
      NONE,
      Buffer.alloc(100),
    );
    expect(many).toMatchObject({ errno: 0 });
    expect(outcome(many).length).toBe(100);
    // A dump, too.
    expect(outcome(now([message(RTM_GETLINK, FLAG.DUMP, 70, link(0))])).slice(0, 1)).toEqual([RTM_NEWLINK]);
    // One that the kernel does not answer: what it did is not known, what it said is.
    expect(now([get(1, 71), message(RTM_GETLINK + 1, 0, 72, link(1))])).toMatchObject({ syscall: "recvmsg" });
    await thread.call((handle, id) => {
      native.closeSocket(handle, id, socket);
    });
    expect(() => now([get(1, 80)])).toThrow(expect.objectContaining({ code: "EBADF" }));
  }));

test("the calling thread sends nothing while the thread has work, nor while another has its turn", () =>
  withThread(async (thread) => {
    const socket = await openSocket(thread);
    const now = (conditions = NONE): number | ExchangeOutcome | undefined => {
      const messages = [1, 2].map((sequence) => message(RTM_GETLINK, FLAG.ACK, sequence, link(1)));
      return native.exchangeNow(thread.handle, socket, Buffer.concat(messages), conditions, Buffer.alloc(8192), 0);
    };
    const working = thread.call((handle, id) => {
      native.readFile(handle, id, "/proc/sys/net/ipv4/ip_forward");
    });
    expect(now()).toBeUndefined();
    await working;
    expect(now()).toBeGreaterThan(0);
    const condition = Buffer.from(new Uint32Array([32, 1, 16, 10, 0, 1]).buffer);
    expect(now(condition)).toBeGreaterThan(0);
    await using host = await hostOf(thread);
    await using namespace = await host.namespaceDescriptor();
    const holder = spawn("sh", ["-c", "flock --exclusive 3 && cat && flock --unlock 3"], {
      stdio: ["pipe", "pipe", "ignore", namespace.fd],
    });
    holder.stdin!.write("held\n");
    await once(holder.stdout!, "data");
    expect(now(condition)).toBeUndefined();
    expect(now()).toBeGreaterThan(0);
    holder.stdin!.end();
    await once(holder, "exit");
    expect(now(condition)).toBeGreaterThan(0);
  }));

test("whatever is given to a function of the addon, what it throws has a code, and handles are told apart", () =>
  withThread((thread) => {
    const { handle } = thread;
    const pair = native.socketPair(handle);
    const functions = Object.entries(Object.getPrototypeOf(native) as object) as [
      string,
      (...given: unknown[]) => unknown,
    ][];
    expect(functions.length).toBeGreaterThan(30);
    const wrong: [string, ...unknown[]][] = [];
    for (const [name, call] of functions)
      for (const first of [undefined, {}, 1, pair[0], handle])
        for (let count = 0; count <= 7; count++) {
          const given = [first, ...Array.from({ length: count }, () => "nonsense")].slice(0, count);
          try {
            call(...given);
            if (name !== "openThread") wrong.push([name, count, "took it"]);
          } catch (error) {
            const { code } = error as NodeJS.ErrnoException;
            if (!/^(ERR_INVALID_ARG_TYPE|ERR_OUT_OF_RANGE|E[A-Z]+)$/.test(String(code)))
              wrong.push([name, count, code]);
          }
        }
    const harmless = [
      "descriptorNumber",
      "isOpen",
      "adoptDescriptor",
      "duplicateDescriptor",
      "socketPair",
      "openDescriptors",
      "lockFile",
    ];
    expect(wrong.filter(([name, , what]) => !(harmless.includes(name) && what === "took it"))).toEqual([]);
    expect(() => native.closeThread(pair[0] as never, 1)).toThrow(
      expect.objectContaining({ code: "ERR_INVALID_ARG_TYPE" }),
    );
    expect(() => native.descriptorNumber(handle as never)).toThrow(
      expect.objectContaining({ code: "ERR_INVALID_ARG_TYPE" }),
    );
    return Promise.resolve();
  }));

test("a Unix socket carries plain bytes, before and after descriptors", async () => {
  await using host = await Host.open({ namespace: "new" });
  const [near, far] = host.socketPair();
  await host.sendBytes(near, Buffer.from("hello"));
  expect((await host.receiveDescriptors(far)).bytes.toString()).toBe("hello");
  await host.sendDescriptors(near, [far], Buffer.from("x"));
  await host.sendBytes(near, Buffer.from("after"));
  const { bytes, descriptors } = await host.receiveDescriptors(far, 1);
  expect([bytes.toString(), descriptors.length]).toEqual(["x", 1]);
  expect((await host.receiveDescriptors(far)).bytes.toString()).toBe("after");
  // More than the kernel takes at once.
  const large = Buffer.alloc(4 << 20, 7);
  const sending = host.sendBytes(near, large);
  let received = 0;
  while (received < large.length) received += (await host.receiveDescriptors(far, 1 << 20)).bytes.length;
  await sending;
  expect(received).toBe(large.length);
  await expect(host.sendBytes(near, "text" as never)).rejects.toThrow("bytes");
});
