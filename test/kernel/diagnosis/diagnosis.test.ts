import { expect, test } from "vitest";
import { diagnose } from "../../../src/diagnosis/diagnose.js";
import { Host } from "../../../src/index.js";
import * as nft from "../../../src/netfilter/index.js";
import { frame } from "../scene/frames.js";
import { type Scene, scene, type SceneTapSettings } from "../../../src/testing/index.js";
import { plain, terminal } from "../cli/terminal.js";
import { codes, found, machine } from "./machine.js";

/** A host with a bridge, an uplink to what is beyond it, and a guest's TAP, which the scene holds open: nothing is wrong with it. */
async function healthy(more: Record<string, SceneTapSettings> = {}): Promise<Scene<"here">> {
  const net = await scene({
    hosts: {
      here: {
        bridges: { br0: {} },
        taps: { tap0: { bridge: "br0" }, ...more },
        ports: { uplink: "br0" },
        addresses: { br0: "10.0.0.1/24" },
      },
    },
    links: [["here:uplink", "here:beyond"]],
  });
  await net.hosts.here.waitFor("tap0", "forwarding");
  return net;
}

test("on a healthy host nothing is found", async () => {
  await using net = await healthy();
  const host = net.hosts.here;
  expect(await found(host)).toEqual([]);
});

test("a bridge that is down, with ports that are up", async () => {
  await using net = await healthy();
  const host = net.hosts.here;
  await host.setLink("br0", { up: false });
  expect(await codes(host)).toContain("bridge-down br0");
});

test("a port that the spanning tree holds back, and for how long", async () => {
  await using net = await healthy();
  const host = net.hosts.here;
  await host.setBridge("br0", { stpState: "kernel", forwardDelay: 15_000 });
  await host.addVeth("late", { up: true, peer: { name: "far" } });
  await host.setLink("far", { up: true });
  await host.attach("late", "br0");
  await host.waitFor("late", ({ linkInfo }) => (linkInfo?.slaveData as { state?: string }).state === "listening");
  const [finding] = (await found(host)).filter(({ links }) => links[0] === "late");
  expect(finding).toMatchObject({
    code: "port-blocked",
    severity: "warning",
    summary: "late is listening: br0's spanning tree does not let frames through yet",
  });
  expect(finding!.evidence.join("; ")).toMatch(
    /^late is listening; its next state comes in 1[0-5](\.\d)? s; br0: stp-state=kernel, forward-delay=15 s$/,
  );
});

test("a card in a bridge with its address and its routes left behind", async () => {
  await using net = await healthy();
  const host = net.hosts.here;
  await host.removeAddress("br0", "10.0.0.1/24");
  await host.addAddress("uplink", "10.0.0.1/24");
  await host.routes.add("default", { gateway: "10.0.0.254", link: "uplink" });
  const findings = await found(host);
  expect(findings).toHaveLength(1);
  expect(findings[0]).toMatchObject({
    code: "address-on-port",
    severity: "error",
    links: ["uplink", "br0"],
    evidence: ["uplink has 10.0.0.1/24", "the route to default goes via 10.0.0.254 by uplink"],
  });
  expect(findings[0]!.remedy).toMatch(/^linkwright address delete uplink 10.0.0.1\/24 && .* br0 10.0.0.1\/24; /);
});

test("ports with different MTUs", async () => {
  await using net = await healthy();
  const host = net.hosts.here;
  await host.setLink("tap0", { mtu: 1400 });
  expect(await codes(host)).toEqual(["mtu-mismatch br0 uplink tap0"]);
});

test("two ports with one MAC, and two links with one address", async () => {
  await using net = await healthy({ tap1: { bridge: "br0" } });
  const host = net.hosts.here;
  await host.setLink("tap1", { address: (await host.link("tap0")).address });
  await host.addAddress("beyond", "10.0.0.1/32");
  expect(await codes(host)).toEqual(["duplicate-mac br0 tap0 tap1", "duplicate-address br0 beyond"]);
});

test("what comes in by a link is dropped since the way back goes by another", async () => {
  await using net = await healthy();
  const host = net.hosts.here;
  await host.addVeth("second", { up: true, peer: { name: "other" } });
  await host.setLink("other", { up: true });
  await host.addAddress("second", "10.0.0.2/24");
  await host.setSysctl("net/ipv4/conf/second/rp_filter", 1);
  await host.setSysctl("net.ipv4.conf.all.rp_filter", 0);
  const [finding, ...others] = await found(host);
  expect(others).toEqual([]);
  expect(finding).toMatchObject({ code: "reverse-path", links: ["second", "br0"] });
  await host.setSysctl("net/ipv4/conf/second/rp_filter", 2);
  expect(await codes(host)).toEqual([]);
});

test("addresses are translated, and nothing is forwarded", async () => {
  await using net = await healthy();
  const host = net.hosts.here;
  await host.addAddress("beyond", "192.0.2.1/24");
  await host.routes.add("default", { gateway: "192.0.2.254", link: "beyond" });
  const nat = { family: "ip", table: "t", chain: "nat" } as const;
  await host.netfilter.commit([
    nft.addTable({ family: "ip", table: "t" }),
    nft.addChain({ ...nat, base: { type: "nat", hook: "postrouting", priority: "srcnat" } }),
  ]);
  await host.setSysctl("net.ipv4.ip_forward", 0);
  expect(await codes(host)).toEqual(["forwarding-off br0"]);
  await host.setSysctl("net.ipv4.ip_forward", 1);
  expect(await codes(host)).toEqual([]);
});

test("a macvtap and its own host, until the host has a macvlan", async () => {
  await using net = await scene({
    hosts: { here: { addresses: { card: "10.0.0.1/24" } } },
    links: [["here:card", "here:cable"]],
  });
  const host = net.hosts.here;
  await host.addMacvtap("guest", { link: "card", mode: "bridge", up: true });
  const [finding, ...others] = await found(host);
  expect(others).toEqual([]);
  expect(finding).toMatchObject({
    code: "macvtap-host-silent",
    severity: "warning",
    links: ["card", "guest"],
    evidence: ["card has 10.0.0.1/24", "guest is a macvtap on card"],
  });
  await host.addMacvlan("host0", { link: "card", mode: "bridge", up: true });
  await host.addAddress("host0", "10.0.1.1/24");
  expect(await codes(host)).toEqual([]);
});

test("a TAP that nobody has open", async () => {
  await using net = await healthy();
  const host = net.hosts.here;
  await host.addTap("tap9", { bridge: "br0" });
  const [finding] = await found(host);
  expect(finding).toMatchObject({ code: "tap-unheld", severity: "note", links: ["tap9"] });
});

test("a link that NetworkManager or systemd-networkd manages", async () => {
  await using net = await healthy();
  const host = net.hosts.here;
  const [bridge, port] = [await host.link("br0"), await host.link("uplink")];
  const files = {
    [`run/NetworkManager/devices/${bridge.index}`]: "[device]\nmanaged=true\nconnection-uuid=abc\n",
    [`run/systemd/netif/links/${port.index}`]: "ADMIN_STATE=configured\n",
  };
  expect(await codes(host, files)).toEqual(["managed-elsewhere br0", "managed-elsewhere uplink"]);
  const left = { [`run/systemd/netif/links/${port.index}`]: "ADMIN_STATE=unmanaged\n" };
  expect(await codes(host, left)).toEqual([]);
});

test("a bridge that has the MAC of a port, unless somebody gave it that", async () => {
  await using net = await healthy();
  const host = net.hosts.here;
  const { index } = await host.link("br0");
  const ports = await host.links({ master: "br0" });
  const address = ports.map((port) => port.address!).sort()[0]!;
  await host.setBridge("br0", { address });
  const seen = (kind: string) => ({
    "sys/class/net/br0/ifindex": `${index}\n`,
    "sys/class/net/br0/addr_assign_type": `${kind}\n`,
  });
  expect(await codes(host, seen("1"))).toEqual(["bridge-mac-follows br0"]);
  expect(await codes(host, seen("3"))).toEqual([]);
});

test("a guest that does not read: frames to it are dropped", async () => {
  await using net = await healthy();
  const host = net.hosts.here;
  await using deaf = await host.openTap("deaf");
  await host.setLink(deaf, { txqlen: 1 });
  await host.attach(deaf, "br0");
  await host.waitFor(deaf, "forwarding");
  using around = machine();
  const looking = diagnose(host, { root: around.root, pause: 300 });
  const state = { over: false };
  const sending = (async () => {
    for (let number = 0; !state.over; number++) {
      await net.tap("here:tap0").send(frame(number % 200));
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  const findings = await looking.finally(() => (state.over = true));
  await sending;
  expect(findings).toContainEqual(
    expect.objectContaining({
      code: "drops-grow",
      links: ["deaf"],
      remedy: "Its guest does not keep up: more queues, or vhost.",
    }),
  );
});

test("only what is around a link, when one is named", async () => {
  await using net = await healthy({ tap1: {} });
  const host = net.hosts.here;
  await host.addBridge("br1");
  await host.attach("tap1", "br1");
  await host.setLink("br1", { up: false });
  await host.setLink("tap0", { mtu: 1400 });
  using around = machine();
  const near = async (link: string) =>
    (await diagnose(host, { link, root: around.root, pause: 0 })).map(({ code }) => code);
  expect(await near("tap0")).toEqual(["mtu-mismatch"]);
  expect(await near("br0")).toEqual(["mtu-mismatch"]);
  expect(await near("tap1")).toEqual(["bridge-down"]);
  await expect(diagnose(host, { link: "nosuch" })).rejects.toMatchObject({ code: "ENODEV" });
});

test.each([
  ["no-capability", { "proc/self/status": "CapEff:\t0000000000000000\n" }, []],
  [
    "module-missing",
    {
      "proc/modules": "tun 1 0\n",
      "proc/sys/kernel/osrelease": "6.1\n",
      "lib/modules/6.1/modules.builtin": "kernel/fs/ext4.ko\n",
      "lib/modules/6.1/modules.dep": "kernel/drivers/net/tun.ko:\n",
    },
    [],
  ],
  ["no-virtualisation", { "proc/cpuinfo": "flags\t\t: fpu sse\n" }, []],
  ["device-unusable", {}, ["dev/net/tun"]],
] as const)("of the machine: %s", async (code, files, without) => {
  await using host = await Host.open({ namespace: "new" });
  using wrong = machine(files, without);
  expect((await diagnose(host, { root: wrong.root, pause: 0 })).map((finding) => finding.code)).toEqual([code]);
});

test("on the command line: in words with exit status 1, as JSON, and nothing found is said", async () => {
  await using net = await scene({ hosts: { here: { bridges: { br0: {} }, taps: { tap0: { bridge: "br0" } } } } });
  await using shell = await terminal(net.hosts.here);
  await shell.host.setLink("br0", { up: false });
  const { status, stdout } = await shell.type("doctor br0");
  expect(status).toBe(1);
  expect(stdout).toMatch(
    /^!! br0 is down, and its ports are up {2}bridge-down\n {5}1 of its ports are up\n {3}→ linkwright up br0\n/m,
  );
  const told = await shell.type("--json doctor br0");
  expect(JSON.parse(told.stdout)).toContainEqual(
    expect.objectContaining({ code: "bridge-down", severity: "error", links: ["br0"] }),
  );
  expect((await plain("doctor", "nosuch")).status).toBe(1);
});
