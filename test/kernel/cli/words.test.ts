import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DONE, terminal } from "./terminal.js";

test("link list shows kind, state, master and addresses; link show is one screen, and all the rest on demand", async () => {
  await using shell = await terminal();
  const { type, host } = shell;
  await host.addBridge("br0", { up: true });
  await host.addTap("vm0", { bridge: "br0" });
  await host.addAddress("br0", "10.0.0.1/24");
  await host.addAddress("br0", "10.0.1.1/24");
  const list = (await type("link list")).stdout;
  expect(list).toMatch(/^NAME +KIND +STATE +MASTER +MAC +ADDRESSES$/m);
  expect(list).toMatch(/^vm0 +tap +no-carrier +br0 /m);
  expect(list).toMatch(/^br0 +bridge .* 10\.0\.0\.1\/24\n +10\.0\.1\.1\/24$/m);
  const screen = (await type("link show br0")).stdout;
  expect(screen.split("\n").length).toBeLessThanOrEqual(24);
  expect(Math.max(...screen.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(screen).toMatch(/ports +vm0/);
  expect(screen).toMatch(/addresses +10\.0\.0\.1\/24 10\.0\.1\.1\/24/);
  expect((await type("link show vm0")).stdout).toMatch(/port of +br0/);
  expect((await type("link show br0 all")).stdout).toContain("mcast-snooping");
});

test("--json has the names of links beside their indexes", async () => {
  await using shell = await terminal();
  const { ask, host } = shell;
  await host.addBridge("br0", { up: true });
  await host.addTap("vm0", { bridge: "br0" });
  await host.addAddress("br0", "10.0.0.1/24");
  await host.routes.add("10.9.0.0/16", { gateway: "10.0.0.2" });
  const { index } = await host.addTap("vm1", { bridge: "br0" });
  await host.attach("vm0", "br0", { backupPort: index });
  const port = { masterName: "br0", linkInfo: { slaveData: { backupPortName: "vm1" } } };
  expect(await ask("link show vm0")).toMatchObject(port);
  expect(await ask("address list br0")).toMatchObject([{ linkName: "br0" }]);
  expect(await ask("route list destination=10.9.0.0/16")).toMatchObject([{ linkName: "br0" }]);
});

test("route list says linkdown, and an error about a route says via=", async () => {
  await using shell = await terminal();
  const { type, host } = shell;
  await host.addBridge("br0", { up: true });
  await host.addTap("vm0", { bridge: "br0" });
  await host.addAddress("br0", "10.0.0.1/24");
  await host.routes.add("10.9.0.0/16", { gateway: "10.0.0.2" });
  expect((await type("route list")).stdout).toMatch(/FLAGS\n(.*\n)*10\.9\.0\.0\/16 .* linkdown\n/);
  expect((await type("route add 10.8.0.0/16 via=10.77.0.2")).stderr).toContain(
    "linkwright: 10.8.0.0/16 via=10.77.0.2: ",
  );
});

test("an address is added and removed in the order of ip, too", async () => {
  await using shell = await terminal();
  const { type, ask, host } = shell;
  await host.addBridge("br0");
  for (const words of ["10.0.0.2/24 dev=br0", "10.0.0.2/24 br0 replace", "br0 10.0.0.2/24 replace"])
    expect(await type(`address add ${words}`)).toEqual(DONE);
  expect(await type("address delete 10.0.0.2/24 br0")).toEqual(DONE);
  expect(await type("address add 10.0.0.1/24 dev br0")).toEqual(DONE);
  expect(await ask("address list br0")).toMatchObject([{ address: "10.0.0.1/24" }]);
  expect(await type("address delete 10.0.0.1/24 dev br0")).toEqual(DONE);
  expect(await ask("address list br0")).toEqual([]);
});

test.each([
  ["address add 10.0.0.1/24 brd + dev br0", "address list br0", [{ address: "10.0.0.1/24", broadcast: "10.0.0.255" }]],
  ["address add 10.0.0.1/24 br0 label br0:1", "address list dev br0", [{ address: "10.0.0.1/24", label: "br0:1" }]],
  ["link set br0 mtu 1400 multicast off", "link list type bridge", [{ name: "br0", mtu: 1400 }]],
  ["neighbour add 10.0.0.9 lladdr 52:54:00:12:34:57 dev br0", "neighbour list link br0", [{ address: "10.0.0.9" }]],
  ["fdb add 52:54:00:12:34:58 dev vm0", "fdb show 52:54:00:12:34:58 dev vm0", { linkName: "vm0", state: "static" }],
  ["route add 10.8.0.0/16 gateway=10.7.0.2 metric=6", "route list metric=6", [{ gateway: "10.7.0.2" }]],
  ["link set vm0 txqueuelen=7", "link show vm0", { txqlen: 7 }],
  ["tap add --up t1 --bridge br0", "tap list", [{ name: "t1", masterName: "br0" }]],
  ["link add v0 type veth peer name v1", "link list kind=veth", [{ name: "v0" }]],
  ["link add name br1 type bridge", "link list kind=bridge", [{ name: "br1" }]],
  ["link set up dev vm0 mtu 1400", "link list kind=tap", [{ name: "vm0", mtu: 1400, up: true }]],
  ["tap add t2 mode tap multi_queue vnet_hdr user root", "tap list", [{ name: "t2" }]],
  ["attach isolated vm0 br0", "link list master br0", [{ name: "vm0" }]],
  ["route add 10.9.0.0/16 via 10.7.0.2 metric 5", "route list metric=5", [{ gateway: "10.7.0.2", linkName: "br0" }]],
])("%s is understood as ip has it", async (typed, asked, found) => {
  await using shell = await terminal();
  await shell.host.addBridge("br0", { up: true });
  await shell.host.addTap("vm0", { bridge: "br0" });
  await shell.host.addAddress("br0", "10.7.0.1/24");
  expect(await shell.type(typed)).toEqual(DONE);
  const answer = await shell.ask(asked);
  expect(answer).toEqual(
    Array.isArray(found) ? expect.arrayContaining([expect.objectContaining(found[0])]) : expect.objectContaining(found),
  );
});

test("sysctls are read, written and listed by dotted names, in which a slash stands for a dot", async () => {
  await using shell = await terminal();
  const { type, ask, host } = shell;
  expect(await type("sysctl set net.ipv4.ip_forward=1")).toEqual(DONE);
  expect((await type("sysctl get net.ipv4.ip_forward")).stdout).toBe("net.ipv4.ip_forward = 1\n");
  expect(await ask("sysctl set net.ipv4.ip_forward 0")).toEqual({ "net.ipv4.ip_forward": "0" });
  await host.addBridge("br.10");
  expect(await ask("sysctl get net.ipv4.conf.br/10.forwarding")).toEqual({ "net.ipv4.conf.br/10.forwarding": "0" });
  expect(await ask("sysctl get net/ipv4/conf/br.10/forwarding")).toEqual({ "net/ipv4/conf/br.10/forwarding": "0" });
  const listed = await ask("sysctl list net.ipv4.conf.br/10");
  expect(listed).toHaveProperty(["net.ipv4.conf.br/10.rp_filter"]);
  expect((await type("sysctl set net.ipv4.ip_forward")).stderr).toContain("a value is missing");
  expect((await type("sysctl list kernel")).stderr).toContain('"kernel" is not a part of the network\'s settings');
});

test.each(["bridge", "link"])(
  "%s delete removes a bridge whose ports are up by force alone, where nobody can be asked",
  async (command) => {
    await using shell = await terminal();
    const { type, ask, host } = shell;
    await host.addBridge("br0", { up: true });
    await host.addTap("vm0", { bridge: "br0" });
    expect(await type(`${command} delete br0`)).toEqual({
      ...DONE,
      status: 2,
      stderr: "linkwright: br0: it has a port that is up: vm0; --force removes it all the same\n",
    });
    expect(await ask("bridge list")).toHaveLength(1);
    expect(await type(`${command} delete --force br0`)).toEqual(DONE);
    expect(await ask("bridge list")).toEqual([]);
  },
);

test.each([
  ["vlan add v1 link=lo", "id: a vlan needs it, as in id=10"],
  ["vxlan add v1 link=lo", "id: a vxlan needs it, as in id=42"],
  ["vlan add v1 id=10", "link: a vlan needs it, as in link=eth0"],
  [
    "bond add b0 mode=none",
    '"none" is none of balance-rr|active-backup|balance-xor|broadcast|802.3ad|balance-tlb|balance-alb',
  ],
  [
    "bond add b0 mode=300",
    '"300" is none of balance-rr|active-backup|balance-xor|broadcast|802.3ad|balance-tlb|balance-alb',
  ],
  ["link list kind=bridg", 'did you mean "bridge"?'],
  [
    "bond add b0 mode=7",
    '"7" is none of balance-rr|active-backup|balance-xor|broadcast|802.3ad|balance-tlb|balance-alb',
  ],
  ["address add 10.0.0.2/24", "LINK is missing: linkwright address add LINK ADDRESS/LENGTH"],
  ["address add 10.0.0.2/24 brd +", "LINK is missing"],
  ["address add lo", "ADDRESS/LENGTH is missing"],
  ["neighbour add 10.0.0.9 lladdr=52:54:00:12:34:57", "LINK is missing"],
  ["bridge vlan show br0", 'bridge vlan has no "show": "bridge vlan" by itself prints them'],
  ["bridge fdb add 52:54:00:12:34:56 dev vm0", 'bridge fdb has no "add"; did you mean "fdb add"?'],
  ["bridge mdb show", 'bridge mdb has no "show"; did you mean "mdb list"?'],
  ["link delete lo --forec", 'link delete has no option "--forec"; did you mean "--force"?'],
  ["qemu run -- /etc/passwd", '"/etc/passwd" is no program that this user may run'],
  ["sysctl set net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter 1", "behind NAME=VALUE only others like it stand"],
  ["bridge vlan del vm0 vid 10", 'did you mean "bridge vlan delete"?'],
  ["bridge vlan ad vm0 vlan=10", 'did you mean "bridge vlan add"?'],
  ["network forward", "network forward needs one of add, remove"],
  ["network forward ad office", 'network forward has no "ad"; did you mean "add"?'],
  ["tap add t0 isolated", "isolated: it is said of a bridge's port: give bridge=, too"],
  ["tap add t0 address=01:00:5e:00:00:01", 'address: "01:00:5e:00:00:01" is a multicast address'],
  ["qemu run isolated -- true", "isolated: it is said of a bridge's port: give bridge=, too"],
  ["qemu run macvtap=lo isolated -- true", "isolated: a macvtap has its own"],
  ["link add link lo name lo.5 type foo id 5", "id: it is an option of kind="],
  ["link add v2 type veth peer name v3 mtu 1400", 'mtu: behind "peer name v3" it is about v3'],
  ["link add type veth", "NAME is missing: linkwright link add NAME"],
  ["bridge link set dev vm0 isolated on", 'did you mean "attach PORT BRIDGE"?'],
  ["bridge set br0 stp yes", 'stp-state: "yes" is none of off|kernel|user|on'],
  ["tap add t0 owner=nobody-there", 'owner: "nobody-there" is no user in /etc/passwd, and no number'],
  ["link set lo state up", 'link set has no option "state"; did you mean "up"?'],
  ["qdisc add lo", "an option is missing, such as kind: linkwright qdisc add LINK"],
  ["rule add from 10.0.0.0/24 lookup nosuch", '"nosuch" is none of unspec|compat|default|main|local, and no number'],
  ["sysctl net.ipv4.ip_forward", 'did you mean "sysctl get"?'],
  ["sysctl -w net.ipv4.ip_forward=1", 'no option "-w"; did you mean "sysctl set"?'],
  ["graph -o", "-o: a file is missing"],
  ["plan explain /nosuch", "linkwright: /nosuch: there is no such file"],
  ["help link ls", 'link has no "ls"; did you mean "list"?'],
  ["network start nosuch", 'linkwright: no network "nosuch"'],
  ["network net-start office", 'did you mean "start"?'],
  ["interface bridge eth9 br9", "linkwright: there is no link eth9"],
  ["ovs add-port ovs0 vm0", 'ovs has no "add-port"; did you mean "port add"?'],
  ["monitor foo", 'linkwright: "foo" is none of link, address,'],
  ["active-slave bond0", 'did you mean "bond set NAME active-port=PORT"?'],
  ["bridge set lo ageing-time=600", '"600" needs its unit: 600s or 600ms'],
  ["qemu run", "a program is missing"],
  ["qemu run macvtap=lo bridge=lo -- true", "bridge: a macvtap has its own, and is no port of a bridge"],
  ["qemu run -- nonsense-that-is-not-there", 'there is no program "nonsense-that-is-not-there"'],
])("%s is refused in words that help", async (words, message) => {
  await using shell = await terminal();
  const { status, stderr } = await shell.type(words);
  expect(status).toBe(2);
  expect(stderr).toContain(message);
});

test.each(["qdisc add", "class list", "filter list"])(
  "%s says of a link that is not there what is known",
  async (typed) => {
    await using shell = await terminal();
    expect((await shell.type(`${typed} nosuch kind=htb`.replace(/(list nosuch) .*/, "$1"))).stderr).toContain(
      "there is no such link in this network namespace",
    );
  },
);

test("a link whose name is an option's is removed by it; --force has its dashes", async () => {
  await using shell = await terminal();
  await shell.host.addTap("force");
  expect(await shell.type("link delete force")).toEqual(DONE);
  expect((await shell.type("help bridge delete")).stdout).toMatch(/^ {2}--force {2}/m);
});

test("what a TAP cannot have is refused before anything is made", async () => {
  await using shell = await terminal();
  const { host } = shell;
  await host.addBridge("br0");
  await expect(host.addTap("t0", { offload: ["csum"] })).rejects.toThrow(/^offload: .*vnetHdr/);
  for (const address of ["01:00:5e:00:00:01", "00:00:00:00:00:00"])
    for (const make of [host.addTap("t0", { address }), host.openTap("t0", { address })])
      await expect(make).rejects.toThrow(/^address: /);
  await expect(host.tapForQemu({ mac: "01:00:5e:00:00:01" })).rejects.toThrow(/^mac: .* multicast/);
  await expect(host.addTap("t0", { bridge: "br0", port: { queueId: 1 } as never })).rejects.toThrow(/queueId/);
  await expect(host.tapForQemu({ port: { isolated: true } })).rejects.toThrow(/^port: /);
  expect((await host.links()).map(({ name }) => name)).toEqual(["lo", "br0"]);
});

test("VLAN words after bridge= are understood by qemu run: what refuses is the bridge", async () => {
  await using shell = await terminal();
  await shell.host.addBridge("br0", { up: true });
  const { stderr } = await shell.type("qemu run bridge=br0 vlan=10 pvid untagged -- true");
  expect(stderr).toMatch(/filter/);
  expect(await shell.host.links({ master: "br0" })).toEqual([]);
});

test("the words of a port are understood by tap add, with a bridge, and refused without", async () => {
  await using shell = await terminal();
  const { host } = shell;
  await host.addBridge("br0", { up: true });
  expect(await shell.type("tap add t0 bridge=br0 isolated cost=7 learning=off")).toMatchObject({
    status: 0,
    stderr: "",
  });
  expect((await host.link("t0")).linkInfo?.slaveData).toMatchObject({ isolated: true, cost: 7, learning: false });
  expect((await shell.type("tap add t1 bridge=br0 vlan=10 pvid untagged")).stderr).toContain(
    "it does not filter by VLAN",
  );
  expect((await shell.type("tap add t1 isolated")).stderr).toContain("give bridge=, too");
  expect((await host.links({ master: "br0" })).map(({ name }) => name)).toEqual(["t0"]);
});

test("a TAP is listed by the kind that it is shown as, and made by tap add alone", async () => {
  await using shell = await terminal();
  const { host, type } = shell;
  await host.addTap("t0");
  await host.addTap("u0", { mode: "tun" });
  expect(((await shell.ask("link list kind=tap")) as { name: string }[]).map(({ name }) => name)).toEqual(["t0"]);
  expect((await type("link add t1 kind=tap")).stderr).toBe("linkwright: kind: a TAP is made by linkwright tap add\n");
});

test.each([
  ["link add x kind=vxlan", "id: a vxlan needs it, as in id=42"],
  ["link add x kind=geneve", "id: a geneve needs it, as in id=42"],
  ["link add x kind=vlan id=10", "link: a vlan needs it, as in link=eth0"],
])("%s says what is missing", async (words, message) => {
  await using shell = await terminal();
  expect((await shell.type(words)).stderr).toBe(`linkwright: ${message}\n`);
});

test("the kernel's limits of a bridge's timers are said where it says only that it is out of range", async () => {
  await using shell = await terminal();
  const { type, host } = shell;
  await host.addBridge("br0", { stpState: "kernel" });
  const ranges = { "forward-delay=1s": /while the spanning tree runs, it is 2s to 30s/, "hello-time=20s": /1s to 10s/ };
  for (const [word, range] of Object.entries(ranges))
    expect((await type(`bridge set br0 ${word}`)).stderr).toMatch(range);
  await host.addTap("vm0", { bridge: "br0" });
  expect((await type("attach vm0 br0 priority=64")).stderr).toMatch(/priority .* it is 0 to 63/);
  expect((await type("bridge add br1 stp-state=on forward-delay=1s")).stderr).toMatch(/it is 2s to 30s/);
  expect((await type("bridge set br0 priority=4096 forward-delay=1s")).stderr).toMatch(
    /forward-delay .* it is 2s to 30s/,
  );
});

test("a plan has durations as they are typed", async () => {
  await using shell = await terminal();
  const { type, host } = shell;
  await host.addBridge("br0", { ageingTime: 300_000 });
  const folder = mkdtempSync(join(tmpdir(), "linkwright-plan-"));
  try {
    writeFileSync(join(folder, "host.yaml"), "links:\n  br0: { kind: bridge, ageingTime: 10m, forwardDelay: 500ms }\n");
    const { stdout } = await type(`plan ${folder}/host.yaml`);
    expect(stdout).toMatch(/ageingTime 300s → 600s/);
    expect(stdout).toMatch(/forwardDelay 15s → 500ms/);
    expect((await type(`diff ${folder}/host.yaml`)).stdout).toContain("~ link br0: ageingTime 300s → 600s\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
