import { expect, test } from "vitest";
import { removeLinks } from "../../../src/host/links/removal.js";
import { startThread } from "../../../src/kernel/thread.js";
import { Host, NetlinkError } from "../../../src/index.js";
import { native } from "../../../src/kernel/addon.js";
import { connect, type Connection } from "../../../src/netlink/connection.js";
import { createLink, listLinks } from "../../../src/rtnetlink/link/link-requests.js";
import { messageTypes } from "../../../src/rtnetlink/messages.js";

async function names(host: Host): Promise<string[]> {
  return (await host.links()).map(({ name }) => name).sort();
}

test("links are removed all at once, and no other link is touched", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addBridge("br0", { up: true, group: 5 });
  await host.addBridge("br1", { group: 5 });
  const taps = await Promise.all(
    Array.from({ length: 20 }, (_, i) => host.addTap(`tap${i}`, { bridge: i % 2 === 0 ? "br0" : undefined })),
  );
  await host.setLink("tap3", { group: 9 });
  const others = ["br1", "lo", "tap1", "tap3"];
  const before = await Promise.all(others.map((name) => host.link(name)));
  const removal = await host.removeAll(["br0", ...taps.filter(({ name }) => !others.includes(name))]);
  expect(removal).toEqual({ method: "group" });
  expect(await names(host)).toEqual(others);
  const after = await Promise.all(others.map((name) => host.link(name)));
  expect(after.map(({ stats64: _, ...rest }) => rest)).toEqual(before.map(({ stats64: _, ...rest }) => rest));
});

test("links are named by name, alternative name, index and themselves, and twice is once", async () => {
  await using host = await Host.open({ namespace: "new" });
  const bridge = await host.addBridge("br0");
  await host.addBridge("br1", { altnames: ["another-name-of-more-than-fifteen-bytes"] });
  const { index } = await host.addBridge("br2");
  await host.removeAll(["br0", bridge, "another-name-of-more-than-fifteen-bytes", index, bridge.index]);
  expect(await names(host)).toEqual(["lo"]);
});

test("both ends of a veth are removed, and one end takes the other along", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addVeth("veth0", { peer: "veth1" });
  await host.addVeth("veth2", { peer: "veth3" });
  await host.addBridge("br0");
  expect(await host.removeAll(["veth0", "veth1", "veth2"])).toEqual({ method: "group" });
  expect(await names(host)).toEqual(["br0", "lo"]);
});

test("nothing is removed when a name is missing", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addBridge("br0");
  await host.addBridge("br1");
  await expect(host.removeAll(["br0", "br7", "br1", 4711])).rejects.toMatchObject({
    code: "ENODEV",
    subject: "br7, link 4711",
    hint: "there is no such link in this network namespace; nothing was removed",
  });
  expect(await names(host)).toEqual(["br0", "br1", "lo"]);
});

test("removing nothing is done", async () => {
  await using host = await Host.open({ namespace: "new" });
  expect(await host.removeAll([])).toEqual({ method: "each" });
});

test("a single link is removed", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addBridge("br0");
  expect(await host.removeAll(["br0"])).toEqual({ method: "each" });
  expect(await names(host)).toEqual(["lo"]);
});

test("a link that cannot be removed is named, and the others are removed", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addBridge("br0");
  await host.addBridge("br1", { group: 77, up: true });
  await expect(host.removeAll(["br0", "lo", "br1"])).rejects.toThrow(
    /^lo: the kernel refused RTM_DELLINK: .*\(EOPNOTSUPP\); the other 2 are removed$/,
  );
  expect(await names(host)).toEqual(["lo"]);
  expect((await host.link("lo")).group).toBe(0);
});

test("when the kernel refuses the group, links are removed one by one, and the answer says so", async () => {
  const thread = await startThread({ kind: "new" });
  try {
    const connection = connect(thread.socket, messageTypes);
    const refusal = new NetlinkError({ errno: 95, syscall: "RTM_DELLINK" });
    const refusing = {
      ...connection,
      request: (...[type, content, about]: Parameters<Connection["request"]>) =>
        type.name === "RTM_DELLINK" && content.attributes?.["group"] !== undefined
          ? Promise.reject(refusal)
          : connection.request(type, content, about),
    } as Connection;
    for (const name of ["br0", "br1", "br2"])
      await createLink(connection, name, { linkInfo: { kind: "bridge" }, group: 7, up: true });
    expect(await removeLinks(refusing, ["br0", "br2"])).toEqual({ method: "each", refusal });
    const left = await listLinks(connection);
    expect(left.map(({ name, group, up }) => [name, group, up])).toEqual([
      ["lo", 0, false],
      ["br1", 7, true],
    ]);
  } finally {
    await thread.call((host, id) => {
      native.closeThread(host, id);
    });
  }
});

test("a thousand links are removed while a timer goes on", async () => {
  await using host = await Host.open({ namespace: "new" });
  const taps = await Promise.all(Array.from({ length: 1000 }, (_, i) => host.addTap(`tap${i}`)));
  let latest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    latest = Math.max(latest, now - last - 1);
    last = now;
  }, 1);
  const start = last;
  const removal = await host.removeAll(taps).finally(() => {
    clearInterval(timer);
  });
  const took = performance.now() - start;
  expect(removal).toEqual({ method: "group" });
  expect(await names(host)).toEqual(["lo"]);
  console.info(`removing 1000 TAPs made a 1 ms timer late by at most ${latest.toFixed(1)} ms`);
  expect(latest).toBeLessThan(took / 2);
});
