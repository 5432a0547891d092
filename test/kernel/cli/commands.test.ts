import { expect, test } from "vitest";
import { Host } from "../../../src/host/host.js";
import { run } from "../../../src/cli/run.js";
import { DONE, plain, terminal } from "./terminal.js";

test("a bridge is added with its options, listed, shown, changed and deleted", async () => {
  await using shell = await terminal();
  const { type, ask } = shell;
  expect(await type("bridge add br0 stp-state=kernel forward-delay=4s up mtu=1400")).toEqual(DONE);
  expect(await shell.host.link("br0")).toMatchObject({
    up: true,
    mtu: 1400,
    linkInfo: { data: { stpState: "kernel", forwardDelay: 4000 } },
  });
  expect(await ask("bridge list")).toMatchObject([{ name: "br0", kind: "bridge" }]);
  expect((await type("bridge list")).stdout).toMatch(/^NAME +STATE.*\nbr0 .* 0 +kernel +off\n$/);
  expect(await type("bridge set br0 forward-delay=2500ms down altnames=uplink name=br1")).toEqual(DONE);
  expect(await ask("bridge show uplink")).toMatchObject({
    name: "br1",
    up: false,
    altnames: ["uplink"],
    linkInfo: { data: { forwardDelay: 2500 } },
    ports: [],
  });
  expect(await ask("bridge delete br1")).toEqual({ method: "each" });
  expect(await ask("bridge list")).toEqual([]);
});

test("a command changes all that it names, or nothing", async () => {
  await using shell = await terminal();
  const { type, ask, host } = shell;
  expect(await type("bridge add br0")).toEqual(DONE);
  expect((await type("bridge set br0 forward-delay=2500ms altnames=lo")).stderr).toMatch(/br0: .*\(EEXIST\)/);
  expect((await host.link("br0")).linkInfo?.data).toMatchObject({ forwardDelay: 15000 });
  expect((await type("tap add t0 mtu=1 up")).stderr).toMatch(/t0: .*mtu/);
  expect(await type("tap add t1 bridge=br0")).toEqual(DONE);
  expect(await ask("link list master=0")).toMatchObject([{ name: "lo" }, { name: "br0" }]);
});

test("the created object is what --json prints", async () => {
  await using shell = await terminal();
  expect(await shell.ask("bridge add br0 mcast-snooping=off")).toMatchObject({
    name: "br0",
    kind: "bridge",
    linkInfo: { data: { mcastSnooping: false } },
  });
  expect(await shell.ask("tap add t0 owner=1000")).toMatchObject({ name: "t0", linkInfo: { data: { owner: 1000 } } });
  expect(await shell.ask("address add br0 10.0.0.1/24 broadcast=+")).toMatchObject({
    address: "10.0.0.1/24",
    broadcast: "10.0.0.255",
  });
});

test("TAPs are added, attached, listed, detached and deleted all at once", async () => {
  await using shell = await terminal();
  const { type, ask, host } = shell;
  await host.addBridge("br0", { up: true });
  expect(await type("tap add vm%d owner=1000 queues=2 vnet-hdr up")).toEqual({ ...DONE, stdout: "vm0\n" });
  expect(await type("tap add vm1 bridge=br0")).toEqual(DONE);
  expect(await type("attach vm0 br0 isolated cost=7 learning=off")).toEqual(DONE);
  expect(await host.link("vm0")).toMatchObject({
    up: true,
    linkInfo: {
      data: { owner: 1000, multiQueue: true, vnetHdr: true, persist: true },
      slaveData: { isolated: true, cost: 7, learning: false },
    },
  });
  expect((await type("tap list")).stdout).toMatch(/\nvm0 +tap .* 1000 .* br0\n/);
  expect((await type("bridge show br0")).stdout).toMatch(/\nPORT .*\nvm0 .* 7 +off +on\nvm1 /);
  expect(await ask("link list master=br0")).toMatchObject([{ name: "vm0" }, { name: "vm1" }]);
  expect(await type("detach vm0")).toEqual(DONE);
  expect((await host.link("vm0")).master).toBeUndefined();
  expect(await ask("tap delete vm0 vm1")).toEqual({ method: "group" });
  expect(await ask("tap list")).toEqual([]);
});

test("a port of another bridge moves only when asked to", async () => {
  await using shell = await terminal();
  const { type, host } = shell;
  for (const name of ["br0", "br1"]) await host.addBridge(name, { up: true });
  await host.addTap("t0", { bridge: "br0" });
  expect(await type("attach t0 br1")).toEqual({
    status: 1,
    stdout: "",
    stderr: "linkwright: t0: it belongs to br0 already (EBUSY); detach it first, or ask for it to be moved\n",
  });
  expect(await type("attach t0 br1 move")).toEqual(DONE);
  expect((await host.link("t0")).master).toBe((await host.link("br1")).index);
});

test("a veth gets its peer, and names stand for links", async () => {
  await using shell = await terminal();
  const { type, ask, host } = shell;
  await host.addBridge("br0");
  expect(await type("link add v0 kind=veth peer=v1 master=br0 mtu=1400")).toEqual(DONE);
  expect((await host.link("v0")).master).toBe((await host.link("br0")).index);
  expect(await ask("link list kind=veth")).toHaveLength(2);
  expect((await type("link list")).stdout).toMatch(/\nv0 +veth +down +br0 +\S+ +-\n/);
  expect(await type("up v0 v1")).toEqual(DONE);
  expect((await host.link("v1")).operstate).toBe("up");
  expect(await type("down v0")).toEqual(DONE);
  expect(await type("link set v0 master=0 alias=left")).toEqual(DONE);
  const { stdout } = await type("link show v0");
  expect(stdout).toMatch(/^v0\n +what +veth, index /);
  expect(stdout).toMatch(/\n +alias +left\n/);
  expect(stdout).toMatch(/\n +peer +v1\n/);
  expect(stdout).toMatch(/\n +received +\d+ packets, /);
});

test("netns puts a link, or a veth's peer, into another namespace", async () => {
  await using shell = await terminal();
  await using other = await Host.open({ namespace: "new" });
  await using namespace = await other.namespaceDescriptor();
  const there = `/proc/self/fd/${namespace.fd}`;
  expect(await shell.type(`link add v0 kind=veth peer=v1 peer-netns=${there}`)).toEqual(DONE);
  expect(await shell.type(`bridge add br0 netns=${there}`)).toEqual(DONE);
  expect(await shell.type("link add moved kind=ifb")).toEqual(DONE);
  expect(await shell.type(`link set moved netns=${there}`)).toEqual(DONE);
  const names = (await other.links()).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(["v1", "br0", "moved"]));
  const { code } = (await shell.host.link("moved").catch((error: unknown) => error)) as { code: string };
  expect(code).toBe("ENODEV");
});

test("addresses are added, replaced, listed and deleted", async () => {
  await using shell = await terminal();
  const { type, ask, host } = shell;
  await host.addBridge("br0", { up: true });
  expect(await type("address add br0 10.0.0.1/24 valid-lifetime=3600s preferred-lifetime=60s")).toEqual(DONE);
  expect(await type("address add br0 2001:DB8:0::1/64 flags=nodad")).toEqual(DONE);
  expect(await type("address add br0 10.0.0.1/24 valid-lifetime=forever replace")).toEqual(DONE);
  expect(await ask("address list br0 family=inet")).toMatchObject([
    { address: "10.0.0.1/24", family: "inet", validLifetime: "forever" },
  ]);
  expect(await ask("address list br0 family=inet6")).toEqual(
    expect.arrayContaining([expect.objectContaining({ address: "2001:db8::1/64" })]),
  );
  expect((await type("address list")).stdout).toMatch(/^LINK +ADDRESS .*\n(?:.*\n)*br0 +10\.0\.0\.1\/24 /);
  expect(await type("address delete br0 10.0.0.1/24")).toEqual(DONE);
  expect(await ask("address list br0 family=inet")).toEqual([]);
});

test.each([
  ["tap add a-name-that-is-too-long", 2, '"a-name-that-is-too-long" has 23 bytes; a link\'s name has at most 15'],
  ["tap add t0 queues=300", 2, "queues: 300 is not an integer from 1 to 256"],
  ["bridge add br0 forward-delay=1s stp-state=kernal", 2, 'stp-state: "kernal" is none of off|kernel|user|on'],
  ["bridge delete lo", 2, "lo is no virtual link, not a bridge; linkwright link delete removes links of any kind"],
  ["bridge show lo", 2, "lo is no virtual link, not a bridge"],
  [
    "link show nope",
    1,
    "nope: the kernel refused RTM_GETLINK: no such device (ENODEV); there is no such link in this network namespace",
  ],
  [
    "link set lo master=nope",
    1,
    "nope: the kernel refused RTM_GETLINK: no such device (ENODEV); there is no such link in this network namespace",
  ],
  ["tap delete nope lo", 2, "lo is no virtual link, not a TAP; linkwright link delete removes links of any kind"],
  [
    "link delete nope neither",
    1,
    "nope, neither: the kernel refused RTM_DELLINK: no such device (ENODEV); " +
      "there is no such link in this network namespace; nothing was removed",
  ],
])("%s: status %i, and why", async (line, status, message) => {
  await using shell = await terminal();
  expect(await shell.type(line)).toEqual({ status, stdout: "", stderr: `linkwright: ${message}\n` });
});

test("with --json a refusal is told in all its parts", async () => {
  await using shell = await terminal();
  await shell.host.addBridge("br0");
  const { status, stdout, stderr } = await shell.type("bridge add br0 --json");
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(JSON.parse(stderr)).toEqual({
    error: {
      name: "NetlinkError",
      code: "EEXIST",
      errno: 17,
      syscall: "RTM_NEWLINK",
      subject: "br0",
      hint: "a link named br0 exists already",
      message: "br0: the kernel refused RTM_NEWLINK: file already exists (EEXIST); a link named br0 exists already",
    },
  });
});

test("an option that the kernel refuses is named, and nothing is left behind", async () => {
  await using shell = await terminal();
  const { status, stderr } = await shell.type("bridge add br0 vlan-default-pvid=5000");
  expect(status).toBe(1);
  expect(stderr).toMatch(
    /^linkwright: br0: the kernel refused vlan-default-pvid of RTM_NEWLINK: (Invalid VLAN id|Numerical result|.*) \(E[A-Z]+\)/,
  );
  expect((await shell.host.links()).map(({ name }) => name)).not.toContain("br0");
});

test("a namespace that is none is told apart from one that is missing", async () => {
  const stderr: string[] = [];
  const io = { stdout: { write: () => true }, stderr: { write: (text: string) => stderr.push(text) }, env: {} };
  expect(await run(["--netns", "no-such-namespace", "link", "list"], io)).toBe(1);
  expect(await run(["--netns", "/dev/null", "link", "list"], io)).toBe(1);
  expect(stderr[0]).toContain("/run/netns has no such name");
  expect(stderr[1]).toContain("the file is not a network namespace");
});

test("what looks like an index is a link's name where there is one", async () => {
  await using shell = await terminal();
  const { type, host } = shell;
  expect(await type("bridge add 100")).toEqual(DONE);
  expect(await type("tap add tap0 mode=tap")).toEqual(DONE);
  const [bridge, lo] = [await host.link("100"), await host.link("lo")];
  expect(await type("link set tap0 master=100")).toEqual(DONE);
  expect((await host.link("tap0")).master).toBe(bridge.index);
  expect(await type("link set tap0 master=0")).toEqual(DONE);
  expect((await host.link("tap0")).master).toBeUndefined();
  expect(await type(`link set tap0 master=${bridge.index}`)).toEqual(DONE);
  expect((await host.link("tap0")).master).toBe(bridge.index);
  expect(await shell.ask(`link show ${lo.index}`)).toMatchObject({ name: "lo" });
});

test("a link whose name is no UTF-8 is listed with those bytes escaped, and its name does not disturb the terminal", async () => {
  await using shell = await terminal();
  const { type, host } = shell;
  const { index } = await host.addTap("tap0");
  const odd = new Uint8Array([0xff, 0x1b, 0x41, 0]);
  await host.request("RTM_NEWLINK", { header: { index }, attributes: { unknown: [{ number: 3, bytes: odd }] } });
  expect(await host.link(index)).toMatchObject({ index, name: "%ff\u001bA" });
  expect((await type("link list")).stdout).toContain("%ff\\u001bA");
  await host.addBridge("br\u001bA");
  expect((await type("link show br\u001bA")).stdout).toMatch(/^br\\u001bA\n/);
  expect((await type("link show no\u001bA")).stderr).toMatch(/^linkwright: no\\u001bA: /);
});

test("up and down change nothing when a link is missing", async () => {
  await using shell = await terminal();
  expect(await shell.type("bridge add br0")).toEqual(DONE);
  expect(await shell.type("up br0 nosuch")).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/nosuch/) as string,
  });
  expect((await shell.host.link("br0")).up).toBe(false);
});

test("--netns takes a name, even one that means something to the library", async () => {
  const { status, stderr } = await plain("--netns", "new", "bridge", "add", "br0");
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr:
      "linkwright: namespace new: the kernel refused open: no such file or directory (ENOENT); /run/netns has no such " +
      "name: ip netns add creates one\n",
  });
});

test("qemu run says that its program is missing, and leaves no TAP", async () => {
  await using shell = await terminal();
  const { status, stderr } = await shell.type("qemu run -- no-such-qemu");
  expect({ status, stderr }).toEqual({ status: 2, stderr: 'linkwright: there is no program "no-such-qemu"\n' });
  expect((await shell.host.links()).map(({ name }) => name)).toEqual(["lo"]);
});
