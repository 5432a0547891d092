import { expect, test, type TestContext } from "vitest";
import { scene } from "../../../src/testing/index.js";
import { Host } from "../../../src/index.js";
import type { Change, WatchEvent } from "../../../src/watch/events.js";
import type { Subject } from "../../../src/watch/subject.js";
import { unlessLacking } from "../scene/lacking.js";

interface Life {
  readonly create: (host: Host) => Promise<unknown>;
  /** Something of it, by its path, becomes another; undefined where the kernel replaces one by another. */
  readonly change?: readonly [path: string, change: (host: Host) => Promise<unknown>];
  readonly remove: (host: Host) => Promise<unknown>;
}

const MAC = "52:54:00:00:00:99";

/** One of each that can be watched, in a namespace with a bridge br0 and its port tap0. */
const lives: { readonly [S in Exclude<Subject, "namespace">]: Life } = {
  link: {
    create: (host) => host.addBridge("br1"),
    change: ["mtu", (host) => host.setLink("br1", { mtu: 1400 })],
    remove: (host) => host.remove("br1"),
  },
  address: {
    create: (host) => host.addAddress("br0", "10.9.0.1/24"),
    change: ["rtPriority", (host) => host.replaceAddress("br0", "10.9.0.1/24", { rtPriority: 5 })],
    remove: (host) => host.removeAddress("br0", "10.9.0.1/24"),
  },
  route: {
    create: (host) => host.routes.add("10.8.0.0/16", { link: "br0" }),
    change: ["protocol", (host) => host.routes.replace("10.8.0.0/16", { link: "br0", protocol: "boot" })],
    remove: (host) => host.routes.remove("10.8.0.0/16"),
  },
  rule: {
    create: (host) => host.rules.add({ priority: 1000, from: "10.7.0.0/16", table: 7 }),
    remove: (host) => host.rules.remove({ priority: 1000, from: "10.7.0.0/16", table: 7 }),
  },
  neighbour: {
    create: (host) => host.neighbours.add("br0", "10.9.0.9", { lladdr: MAC }),
    change: ["lladdr", (host) => host.neighbours.replace("br0", "10.9.0.9", { lladdr: "52:54:00:00:00:98" })],
    remove: (host) => host.neighbours.remove("br0", "10.9.0.9"),
  },
  fdb: {
    create: (host) => host.fdb.add("tap0", MAC),
    remove: (host) => host.fdb.remove("tap0", MAC),
  },
  mdb: {
    create: (host) => host.mdb.add("tap0", "239.1.1.1"),
    remove: (host) => host.mdb.remove("tap0", "239.1.1.1"),
  },
  vlan: {
    create: (host) => host.bridgeVlans.add("tap0", [{ id: 7 }]),
    change: ["untagged", (host) => host.bridgeVlans.add("tap0", [{ id: 7, untagged: true }])],
    remove: (host) => host.bridgeVlans.remove("tap0", [{ id: 7 }]),
  },
  nexthop: {
    create: (host) => host.nexthops.add({ id: 5, link: "lo" }),
    change: ["blackhole", (host) => host.nexthops.replace(5, { blackhole: true })],
    remove: (host) => host.nexthops.remove(5),
  },
};

/** Where bridges have VLANs, the FDB has an entry for each, too. */
const isOfVlan = ({ subject, before, after }: Change): boolean =>
  subject === "fdb" && (after ?? before)!.vlan !== undefined;

/** Reads until something has been removed. */
async function untilRemoved(watch: AsyncIterable<WatchEvent>): Promise<Change[]> {
  const changes: Change[] = [];
  for await (const event of watch) {
    if (event.subject === "overrun") throw new Error("events were lost");
    if (isOfVlan(event)) continue;
    changes.push(event);
    if (event.change === "removed") break;
  }
  return changes;
}

test.for(Object.entries(lives) as [Subject, Life][])(
  "a watch of the subject %s alone tells that one is created, changed and removed, with what it was before and is after",
  async ([subject, { create, change, remove }], context: TestContext) => {
    await using host = await Host.open({ namespace: "new" });
    // No address comes by itself.
    await host.setSysctl("net.ipv6.conf.default.addr_gen_mode", 1);
    await host.setLink("lo", { up: true });
    await host.addBridge("br0", { up: true });
    await host.addTap("tap0", { bridge: "br0" });
    // That they have no carrier may be told late.
    for (const name of ["br0", "tap0"]) await host.waitFor(name, ({ operstate }) => operstate === "down");
    await using watch = host.watch([subject]);
    await unlessLacking(context, watch.ready);
    await unlessLacking(context, create(host));
    await change?.[1](host);
    await remove(host);
    const changes = await untilRemoved(watch);
    expect(changes.map((each) => each.subject)).toEqual(changes.map(() => subject));
    const [first, ...others] = changes;
    const last = others.pop();
    expect(first).toMatchObject({ change: "created", before: undefined, properties: [] });
    expect(first!.after).toBeDefined();
    expect(last).toMatchObject({ change: "removed", after: undefined, properties: [] });
    expect(last!.before).toBeDefined();
    if (change !== undefined) expect(others.flatMap(({ properties }) => properties)).toContain(change[0]);
    for (const each of others) expect(each.change).toBe("changed");
    // Each was as the one before left it.
    for (const [place, { before }] of changes.slice(1).entries()) expect(before).toEqual(changes[place]!.after);
  },
);

test("a watch of namespaces' ids tells when one gets an id, and when it is gone", async () => {
  await using host = await Host.open({ namespace: "new" });
  const other = await Host.open({ namespace: "new" });
  await using watch = host.watch(["namespace"]);
  await watch.ready;
  await host.addVeth("v0", { peer: { name: "v1", namespace: other } });
  const { value } = await watch.next();
  expect(value).toMatchObject({
    subject: "namespace",
    change: "created",
    after: { nsid: expect.any(Number) as number },
  });
  await other.close();
  expect((await untilRemoved(watch)).at(-1)).toMatchObject({ change: "removed", before: (value as Change).after });
});

test("a port of a bond is waited for until the bond uses it", async (context) => {
  await using net = await scene({ hosts: { here: {} }, links: [["here:v0", "here:v1"]] });
  const host = net.hosts.here;
  await unlessLacking(context, host.addBond("bond0", { mode: "active-backup", miimon: 10, ports: ["v0"], up: true }));
  expect((await host.waitFor("v0", "active", { timeout: 60_000 }))!.name).toBe("v0");
});

test("counters of a bridge's port are those of its VLANs and its spanning tree, too", async (context) => {
  await using host = await Host.open({ namespace: "new" });
  await unlessLacking(context, host.addBridge("br0", { up: true, vlanFiltering: true, vlanStatsPerPort: true }));
  await host.addTap("tap0", { bridge: "br0" });
  await host.bridgeVlans.add("tap0", [{ id: 7 }]);
  const [counted] = await host.counters("tap0");
  expect(counted!.port?.vlan?.map(({ vid }) => vid)).toEqual([1, 7]);
  expect(counted).toMatchObject({ link: { rxBytes: expect.anything() as unknown }, port: { stp: { rxBpdu: 0 } } });
});
