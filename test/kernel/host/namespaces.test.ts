import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import { eventually } from "../netfilter/counting.js";
import { lacks, run } from "../scene/program.js";
import { resident } from "../lifetime/resident.js";

/** The namespaces of every thread of this process that is not a host's. */
function ownNamespaces(): Set<string> {
  const spaces = new Set([readlinkSync("/proc/self/ns/net")]);
  for (const task of readdirSync("/proc/self/task")) {
    const name = readFileSync(`/proc/self/task/${task}/comm`, "utf8").trim();
    if (name !== "linkwright") spaces.add(readlinkSync(`/proc/self/task/${task}/ns/net`));
  }
  return spaces;
}

function names(): string[] {
  return existsSync("/run/netns") ? readdirSync("/run/netns") : [];
}

test("a host opens the process's own namespace unless told otherwise", async () => {
  await using host = await Host.open();
  await using descriptor = await host.namespaceDescriptor();
  expect(readlinkSync(`/proc/self/fd/${descriptor.fd}`)).toBe(readlinkSync("/proc/self/ns/net"));
  expect((await host.link(1)).name).toBe("lo");
});

test("a new namespace has nothing in it but a loopback that is down", async () => {
  await using host = await Host.open({ namespace: "new" });
  const links = await host.links();
  expect(links.map(({ name, up }) => [name, up])).toEqual([["lo", false]]);
});

test("a new namespace is nobody else's and has no name", async () => {
  const before = names();
  await using one = await Host.open({ namespace: "new" });
  await using two = await Host.open({ namespace: "new" });
  await one.addBridge("br0");
  await expect(two.link("br0")).rejects.toThrow(/br0: .*\(ENODEV\); there is no such link in this network namespace/);
  expect(names()).toEqual(before);
});

test("the process's own namespace never changes", async () => {
  const before = ownNamespaces();
  expect(before.size).toBe(1);
  {
    await using host = await Host.open({ namespace: "new" });
    await host.addBridge("br0");
    await host.addTap("tap0", { bridge: "br0" });
    await host.setSysctl("net.ipv4.ip_forward", 1);
    await using _tap = await host.openTap("tap0");
    expect(ownNamespaces()).toEqual(before);
  }
  expect(ownNamespaces()).toEqual(before);
});

test("a namespace is opened by the id of a process that lives in it", async () => {
  await using process = await resident();
  await using host = await Host.open({ namespace: { pid: process.pid } });
  await using descriptor = await host.namespaceDescriptor();
  expect(readlinkSync(`/proc/self/fd/${descriptor.fd}`)).toBe(readlinkSync(`/proc/${process.pid}/ns/net`));
});

test("a namespace is opened by the path of its file", async () => {
  await using process = await resident();
  const path = `/proc/${process.pid}/ns/net`;
  await using host = await Host.open({ namespace: path });
  await using descriptor = await host.namespaceDescriptor();
  expect(readlinkSync(`/proc/self/fd/${descriptor.fd}`)).toBe(readlinkSync(path));
});

test("a namespace is opened by its name under /run/netns", async ({ skip }) => {
  const reason = lacks("ip", "-V");
  skip(reason !== undefined, reason);
  const name = `linkwright-test-${process.pid}`;
  const added = await run(["ip", "netns", "add", name]);
  expect(added).toMatchObject({ status: 0 });
  try {
    await using host = await Host.open({ namespace: name });
    await host.addBridge("br0");
    await using again = await Host.open({ namespace: `/run/netns/${name}` });
    expect((await again.link("br0")).kind).toBe("bridge");
  } finally {
    await run(["ip", "netns", "delete", name]);
  }
  expect(names()).not.toContain(name);
});

test("a new namespace goes with its host", async () => {
  await using here = await Host.open({ namespace: "new" });
  const there = await Host.open({ namespace: "new" });
  await here.addVeth("veth0", { peer: { name: "peer0", namespace: there } });
  await there.close();
  const gone = () =>
    here.link("veth0").then(
      () => false,
      () => true,
    );
  expect(await eventually(gone)).toBe(true);
});

test("a new namespace stays while a descriptor of it is open", async () => {
  await using here = await Host.open({ namespace: "new" });
  const there = await Host.open({ namespace: "new" });
  await there.addBridge("br0");
  await using kept = here.adoptDescriptor((await there.namespaceDescriptor()).fd);
  await there.close();
  await using again = await Host.open({ namespace: `/proc/self/fd/${kept.fd}` });
  expect((await again.link("br0")).kind).toBe("bridge");
});

test("closing twice is closing once", async () => {
  const host = await Host.open({ namespace: "new" });
  const first = host.close();
  expect(host.close()).toBe(first);
  await first;
  await host.close();
});

test("requests made before closing are finished", async () => {
  const host = await Host.open({ namespace: "new" });
  const requests = [host.addBridge("br0"), host.link("br0"), host.sysctl("net.ipv4.ip_forward")] as const;
  const closed = host.close();
  const [bridge, link, forward] = await Promise.all(requests);
  expect(link.index).toBe(bridge.index);
  expect(forward).toMatch(/^[01]$/);
  await closed;
});

test("requests under way are finished before the host closes", async () => {
  const host = await Host.open({ namespace: "new" });
  const requests = Array.from({ length: 100 }, () => host.link("lo"));
  await new Promise(process.nextTick);
  const closed = host.close();
  expect((await Promise.all(requests)).every(({ name }) => name === "lo")).toBe(true);
  await closed;
});

test("however many links are made in each other's namespaces at once, none waits for the other for ever", async () => {
  await using here = await Host.open({ namespace: "new" });
  await using there = await Host.open({ namespace: "new" });
  const pairs = Array.from({ length: 150 }, (_, number) => [
    here.addVeth(`a${number}`, { namespace: there, peer: { name: `b${number}`, namespace: here } }),
    there.addVeth(`c${number}`, { namespace: here, peer: { name: `d${number}`, namespace: there } }),
  ]);
  await Promise.all(pairs.flat());
  expect((await here.links({ kind: "veth" })).length).toBe(300);
  expect((await there.links({ kind: "veth" })).length).toBe(300);
}, 60_000);

test("a host that is closed finishes first what it is doing in its own namespace", async () => {
  const host = await Host.open({ namespace: "new" });
  const pairs = Array.from({ length: 100 }, (_, number) =>
    host.addVeth(`a${number}`, { peer: { name: `b${number}`, namespace: host } }),
  );
  await host.close();
  expect((await Promise.all(pairs)).length).toBe(100);
});
