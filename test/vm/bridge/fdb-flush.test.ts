import { release } from "node:os";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FlushFilter, type FdbSettings, type FdbTables, Host } from "../../../src/index.js";
import { fdbTablesOf } from "../../../src/host/forwarding/fdb.js";
import { startThread, type Thread } from "../../../src/kernel/thread.js";
import { native } from "../../../src/kernel/addon.js";
import { connect, type Connection } from "../../../src/netlink/connection.js";
import { NetlinkError } from "../../../src/kernel/error.js";
import { NLM_F_BULK } from "../../../src/netlink/message.js";
import { messageTypes } from "../../../src/rtnetlink/messages.js";
import { filteringBridge } from "./filtering-bridge.js";
import { inside } from "../differential/inside.js";

const A = "02:00:00:00:00:0a";
const ZEROS = "00:00:00:00:00:00";
let host: Host;
let thread: Thread;
let eachByItself: FdbTables;

beforeAll(async () => {
  host = await Host.open({ namespace: "new" });
  await filteringBridge(host, await inside(host));
  const namespace = await host.namespaceDescriptor();
  thread = await startThread({ kind: "file", path: `/proc/self/fd/${namespace.fd}` });
  const connection = connect(thread.socket, messageTypes);
  const refusal = new NetlinkError({ errno: 95, syscall: "RTM_DELNEIGH" });
  // A kernel before Linux 6.0.
  eachByItself = fdbTablesOf({
    ...connection,
    request: (...[type, content, about]: Parameters<Connection["request"]>) =>
      content.flags === NLM_F_BULK ? Promise.reject(refusal) : connection.request(type, content, about),
  } as Connection);
});

afterAll(async () => {
  await thread.call((handle, id) => {
    native.closeThread(handle, id);
  });
  await host.close();
});

/** The VLANs in which A has an entry, its link, its state and its flags. */
async function entriesOfA(): Promise<unknown[]> {
  const found = await host.fdb.list({ bridge: "br0", address: A });
  const names = new Map((await host.links()).map(({ index, name }) => [index, name]));
  return found
    .map(({ vlan = 0, index, state, flags }) => [vlan, names.get(index), state, ...flags] as const)
    .sort(([one], [other]) => one - other);
}

test.for(["v0", "br0"])(
  "without bulk requests, flushing %s takes the entry without VLAN and leaves those of its MAC in VLANs that were not meant",
  async (link) => {
    await host.fdb.add("v0", A, { state: "dynamic" });
    await host.fdb.replace("v0", A, { vlan: 10, state: "static", flags: ["sticky"] });
    await host.fdb.replace("v0", A, { vlan: 20, state: "permanent" });
    const left = [
      [10, "v0", "static", "sticky"],
      [20, "v0", "permanent"],
    ];
    expect(await entriesOfA()).toEqual([[0, "v0", "dynamic"], [1, "v0", "dynamic"], ...left]);
    expect(await eachByItself.flush(link)).toMatchObject({ method: "each", removed: 2 });
    expect(await entriesOfA()).toEqual(left);
    await host.fdb.remove("v0", A);
  },
);

test("without bulk requests, an entry of the same MAC on another port, or in a VLAN that the port has left, stays as it is", async () => {
  await host.fdb.add("v0", A, { state: "dynamic" });
  await host.fdb.replace("v0", A, { vlan: 20, state: "static" });
  await host.fdb.replace("v1", A, { vlan: 10, state: "static" });
  await host.bridgeVlans.remove("v0", [{ id: 20 }]);
  expect(await eachByItself.flush("v0")).toMatchObject({ method: "each", removed: 2 });
  expect(await entriesOfA()).toEqual([
    [10, "v1", "static"],
    [20, "v0", "static"],
  ]);
  await host.bridgeVlans.add("v0", [{ id: 20 }]);
  await host.fdb.remove("v0", A);
  await host.fdb.remove("v1", A);
});

const [major = 0, minor = 0] = release().split(".").map(Number);
const hasBulk = major > 6 || (major === 6 && minor >= 7);

const FAR_ENDS: readonly (readonly [string, FdbSettings])[] = [
  [ZEROS, { dst: "192.0.2.2" }],
  [ZEROS, { dst: "192.0.2.3", vni: 9 }],
  ["02:00:00:00:00:01", { dst: "192.0.2.2", port: 4790 }],
  ["02:00:00:00:00:02", { dst: "192.0.2.4", via: "v0p", state: "dynamic" }],
  ["02:00:00:00:00:03", { dst: "192.0.2.4", state: "static" }],
  ["02:00:00:00:00:04", { dst: "192.0.2.5", state: "dynamic", flags: ["extLearned"] }],
];

test("a VXLAN's entries are flushed by each thing that is known of them, at once since Linux 6.7", async () => {
  await host.addLink("vx0", "vxlan", { id: 7, port: 4789, local: "192.0.2.1", learning: false });
  const any = ["permanent", "static", "dynamic"] as const;
  const cases: readonly (readonly [FlushFilter, readonly number[]])[] = [
    [{}, [3, 5]],
    [{ state: "static" }, [4]],
    [{ state: any }, [0, 1, 2, 3, 4, 5]],
    [{ state: any, dst: "192.0.2.2" }, [0, 2]],
    [{ state: any, vni: 9 }, [1]],
    [{ state: any, port: 4790 }, [2]],
    [{ state: any, via: "v0p" }, [3]],
    [{ state: any, flags: ["extLearned"] }, [5]],
    [{ state: ["permanent", "static"], dst: "192.0.2.4" }, [4]],
  ];
  for (const [filter, gone] of cases) {
    for (const [address, settings] of FAR_ENDS)
      await host.fdb[address === ZEROS ? "append" : "add"]("vx0", address, settings);
    const flush = await host.fdb.flush("vx0", filter);
    expect(flush, JSON.stringify(filter)).toMatchObject(
      hasBulk && filter.via === undefined ? { method: "bulk" } : { method: "each", removed: gone.length },
    );
    expect(flush.refusal === undefined).toBe(hasBulk || filter.via !== undefined);
    const left = FAR_ENDS.filter((_, place) => !gone.includes(place));
    const found = await host.fdb.list({ link: "vx0" });
    expect(found.map(({ address, dst }) => [address, dst].join(" ")).sort(), JSON.stringify(filter)).toEqual(
      left.map(([address, { dst }]) => [address, dst].join(" ")).sort(),
    );
    for (const [address, { dst, vni, port, via }] of left)
      await host.fdb.remove("vx0", address, { dst, vni, port, via });
  }
});
