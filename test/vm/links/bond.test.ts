import { spawnSync } from "node:child_process";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type BondOptions, type BondPortState, type Descriptor, Host } from "../../../src/index.js";
import { run } from "../../../src/cli/run.js";

let host: Host;
let descriptor: Descriptor;
let namespace: string;

beforeAll(async () => {
  host = await Host.open({ namespace: "new" });
  descriptor = await host.namespaceDescriptor();
  namespace = `/proc/${process.pid}/fd/${descriptor.fd}`;
  for (const name of ["eno4", "eno5"]) await host.addLink(name, "dummy", {});
});

afterEach(async () => {
  await host.removeAll(await host.links({ kind: "bond" }));
});

afterAll(async () => {
  await host.close();
});

function inNamespace(...command: string[]): string {
  const { status, stdout, stderr } = spawnSync("nsenter", [`--net=${namespace}`, ...command], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command.join(" ")}: ${stderr}`);
  return stdout;
}

async function optionsOf(name: string): Promise<BondOptions> {
  return (await host.link(name)).linkInfo?.data as BondOptions;
}

async function typed(line: string): Promise<string> {
  let said = "";
  const output = { write: (text: string) => (said += text) };
  await run(["--netns", namespace, ...line.split(" ")], { stdout: output, stderr: output, env: {} });
  return said;
}

const OFTEN: BondOptions = {
  miimon: 50,
  updelay: 100,
  downdelay: 150,
  peerNotifDelay: 200,
  resendIgmp: 7,
  numPeerNotif: 3,
  allPortsActive: true,
  minLinks: 2,
  lpInterval: 3000,
  arpAllTargets: "all",
  primaryReselect: "better",
};
const PROBED: BondOptions = {
  arpInterval: 200,
  missedMax: 5,
  arpIpTarget: ["10.0.0.1", "10.0.0.2"],
  arpValidate: "active",
  nsIp6Target: ["fe80::1", "2001:db8::1"],
};

const MODES: readonly [mode: NonNullable<BondOptions["mode"]>, number: number, options: BondOptions][] = [
  ["balance-rr", 0, { ...OFTEN, packetsPerPort: 9 }],
  ["active-backup", 1, { ...PROBED, failOverMac: "follow" }],
  ["balance-xor", 2, { ...OFTEN, xmitHashPolicy: "layer3+4" }],
  ["broadcast", 3, { ...OFTEN, xmitHashPolicy: "vlan+srcmac" }],
  [
    "802.3ad",
    4,
    {
      ...OFTEN,
      lacpRate: "fast",
      lacpActive: false,
      adSelect: "count",
      adActorSysPrio: 9,
      adUserPortKey: 77,
      adActorSystem: "02:00:00:00:00:07",
    },
  ],
  ["balance-tlb", 5, { ...OFTEN, tlbDynamicLb: false }],
  ["balance-alb", 6, { ...OFTEN, failOverMac: "active" }],
];

test.for(MODES)("mode %s, which is %d: its options are set on creation, set later, and read back", async (row) => {
  const [mode, number, options] = row;
  await host.addBond("bond0", { mode, ...options });
  await host.addBond("bond1", { mode: number });
  const [before, made] = [await optionsOf("bond1"), await optionsOf("bond0")];
  expect(made).toMatchObject({ mode, ...options });
  expect(before.mode).toBe(mode);
  expect(before).not.toMatchObject(options);
  await host.setBond("bond1", options);
  expect(await optionsOf("bond1")).toEqual(made);
});

test("an empty list takes the ARP and neighbour targets away", async () => {
  await host.addBond("bond0", { mode: "active-backup", ...PROBED });
  await host.setBond("bond0", { arpIpTarget: [], nsIp6Target: [] });
  const { arpIpTarget, nsIp6Target } = await optionsOf("bond0");
  expect([arpIpTarget, nsIp6Target]).toEqual([undefined, undefined]);
});

test("a bond takes ports that are up, has a primary and an active port by name, and gives the ports back", async () => {
  await host.setLink("eno4", { up: true, mtu: 1400 });
  await host.addAddress("eno4", "2001:db8::4/64", { flags: ["nodad"] });
  const own = (await host.link("eno4")).address;
  await host.addBond("bond0", {
    mode: "active-backup",
    miimon: 50,
    mtu: 1450,
    ports: ["eno4", "eno5"],
    primary: "eno5",
    primaryReselect: "failure",
    activePort: "eno5",
    up: true,
  });
  const state = await host.bondState("bond0");
  expect(state).toMatchObject({ mode: "active-backup", up: true, carrier: true, activePort: "eno5", primary: "eno5" });
  expect(state.ports).toMatchObject([
    { name: "eno4", up: true, state: "backup", miiStatus: "up", permHwaddr: own },
    { name: "eno5", up: true, state: "active", miiStatus: "up" },
  ]);
  expect(await host.link("eno4")).toMatchObject({ address: (await host.link("bond0")).address, mtu: 1450 });
  expect((await host.addresses({ link: "eno4" })).map(({ address }) => address)).toContain("2001:db8::4/64");
  await host.setBond("bond0", { activePort: "eno4", primary: 0 });
  expect(await host.bondState("bond0")).toMatchObject({ activePort: "eno4", primary: undefined });
  await host.attach("eno4", "bond0", { queueId: 3, prio: -7 });
  expect((await host.bondState("bond0")).ports[0]).toMatchObject({ queueId: 3, prio: -7 });
  await host.detach("eno4");
  expect(await host.link("eno4")).toMatchObject({ address: own, mtu: 1400, up: false });
  await host.attach("eno4", "bond0");
  expect((await host.bondState("bond0")).ports.map(({ name }) => name)).toEqual(["eno4", "eno5"]);
});

test("a port moves from a bond to a bridge, and is up there", async () => {
  await host.addBond("bond0", { miimon: 50, ports: ["eno4"], up: true });
  const { index } = await host.addBridge("br0", { up: true });
  await host.attach("eno4", "br0", { move: true });
  expect(await host.link("eno4")).toMatchObject({ up: true, master: index });
  await host.attach("eno4", "bond0", { move: true });
  expect((await host.bondState("bond0")).ports).toMatchObject([{ name: "eno4", up: true }]);
  await host.remove("br0");
});

test("what is refused says why", async () => {
  await host.addBond("bond0", { mode: "active-backup", miimon: 100, ports: ["eno4"], up: true });
  await host.addBond("bond1", {});
  await host.addTap("tun0", { mode: "tun" });
  const part = "of RTM_NEWLINK";
  const refusals: [work: () => Promise<unknown>, message: string][] = [
    [
      () => host.setBond("bond0", { mode: "802.3ad" }),
      `bond0: the kernel refused mode (linkInfo.data.mode) ${part}: unable to set option because the bond device has slaves (ENOTEMPTY); detach its ports first`,
    ],
    [
      () => host.setBond("bond0", { lacpRate: "fast" }),
      `bond0: the kernel refused lacpRate (linkInfo.data.lacpRate) ${part}: option not supported in mode (EACCES); only in 802.3ad`,
    ],
    [
      () => host.setBond("bond0", { activePort: "lo" }),
      `bond0: the kernel refused activePort (linkInfo.data.activePort) ${part}: invalid option value (EINVAL); it must be a port of this bond that is up and has a carrier`,
    ],
    [
      () => host.setBond("bond0", { resendIgmp: 256 }),
      `bond0: the kernel refused resendIgmp (linkInfo.data.resendIgmp) ${part}: invalid option value (EINVAL)`,
    ],
    [() => host.setBond("bond0", { updelay: 150 }), "updelay: 150 ms is no multiple of miimon, 100 ms"],
    [() => host.setBond("bond1", { updelay: 100 }), "updelay: it needs miimon, whose multiple it is"],
    [() => host.setKind("bond1", "bond", { updelay: 100 }), "updelay: it needs miimon, whose multiple it is"],
    [() => host.addLink("bond2", "bond", { updelay: 100 }), "updelay: it needs miimon, whose multiple it is"],
    [
      () => host.addBond("bond2", { miimon: 100, arpInterval: 100 }),
      "arpInterval: a bond's ports are watched by miimon or by ARP, not by both",
    ],
    [
      () => host.addBond("bond2", { mode: "balance-alb", arpInterval: 100 }),
      `bond2: the kernel refused arpInterval (linkInfo.data.arpInterval) ${part}: option not supported in mode (EACCES); only in balance-rr, active-backup, balance-xor and broadcast`,
    ],
    [() => host.setBond("eno5", { miimon: 100 }), "eno5: it is not a bond (EOPNOTSUPP)"],
    [() => host.bondState("eno5"), "eno5: it is not a bond (EOPNOTSUPP)"],
    [
      () => host.attach("eno4", "bond1"),
      "eno4: it belongs to bond0 already (EBUSY); detach it first, or ask for it to be moved",
    ],
    [
      () => host.setLink("eno5", { up: true }).then(() => host.setLink("eno5", { master: "bond0" })),
      "eno5: the kernel refused RTM_NEWLINK: Device can not be enslaved while up (EPERM); take it down first, as attach does",
    ],
    [
      () => host.attach("tun0", "bond1"),
      "tun0: the kernel refused RTM_NEWLINK: operation not supported (EOPNOTSUPP); its MAC cannot be changed: it can be a port in mode active-backup with failOverMac active",
    ],
    [() => host.attach("eno5", "bond0", { isolated: true }), "isolated: no such option"],
    [() => host.setPort("eno4", { isolated: true }), "eno4: it is no port of a bridge (EOPNOTSUPP)"],
  ];
  for (const [work, message] of refusals) await expect(work(), message).rejects.toMatchObject({ message });
  const queue = /^eno4: .* \(EPERM\); a port's queue is one of the bond's transmit queues, and no other port's; /;
  await expect(host.setPort("eno4", { queueId: 99 })).rejects.toThrow(queue);
  expect((await host.links()).map(({ name }) => name)).not.toContain("bond2");
  await host.setBond("bond1", { up: true });
  await expect(host.setBond("bond1", { mode: 4 })).rejects.toThrow(/the bond is up \(EBUSY\); take it down first$/);
});

test("a change that is refused half-way leaves every option as it was, those that went with another, too", async () => {
  await host.addBond("bond0", { miimon: 50, updelay: 100, packetsPerPort: 3 });
  const before = await optionsOf("bond0");
  await expect(host.setBond("bond0", { mode: "802.3ad", minLinks: 2, resendIgmp: 256 })).rejects.toThrow(/\(EINVAL\)$/);
  await expect(host.setBond("bond0", { arpInterval: 100, arpIpTarget: ["10.0.0.1"], resendIgmp: 256 })).rejects.toThrow(
    /\(EINVAL\)$/,
  );
  expect(await optionsOf("bond0")).toEqual(before);
});

test("a bond that is to go down does so before its mode changes, and comes up again when that is refused", async () => {
  await host.addBond("bond0", { up: true });
  await expect(host.setBond("bond0", { up: false, mode: 1, resendIgmp: 256 })).rejects.toThrow(/\(EINVAL\)$/);
  expect(await host.link("bond0")).toMatchObject({ up: true, linkInfo: { data: { mode: "balance-rr" } } });
  await host.setKind("bond0", "bond", { up: false, mode: "active-backup" });
  expect(await host.link("bond0")).toMatchObject({ up: false, linkInfo: { data: { mode: "active-backup" } } });
});

test("a bond whose second port is refused is not created, and the first port is as it was", async () => {
  await host.addBridge("br0");
  await host.setLink("eno4", { up: true, mtu: 1400 });
  await host.addAddress("eno4", "2001:db8::5/64", { flags: ["nodad"] });
  await host.attach("eno5", "br0");
  const { address } = await host.link("eno4");
  await expect(host.addBond("bond0", { mtu: 1450, ports: ["eno4", "eno5"], up: true })).rejects.toThrow(
    "eno5: it belongs to br0 already",
  );
  expect(await host.link("eno4")).toMatchObject({ up: true, mtu: 1400, address });
  expect((await host.addresses({ link: "eno4" })).map((each) => each.address)).toContain("2001:db8::5/64");
  await expect(host.link("bond0")).rejects.toThrow("ENODEV");
  await host.remove("br0");
});

/** What /proc says of a port, in the words of bondState. */
function fromProc(text: string, port: BondPortState): unknown {
  const part = text
    .split(/^(?=Slave Interface: )/m)
    .find((each) => each.startsWith(`Slave Interface: ${port.name}\n`))!;
  const at = (name: string): string => new RegExp(`^\\s*${name}: (.*)$`, "m").exec(part)?.[1] ?? "";
  return {
    miiStatus: at("MII Status"),
    linkFailureCount: Number(at("Link Failure Count")),
    permHwaddr: at("Permanent HW addr"),
    queueId: Number(at("Slave queue ID")),
    adAggregatorId: Number(at("Aggregator ID")),
  };
}

test("bondState is what /proc/net/bonding shows", async () => {
  await host.addBond("bond0", { mode: "802.3ad", lacpRate: "fast", ports: ["eno4", "eno5"], up: true });
  // The bond gets its carrier when the first aggregator is chosen, which takes a moment.
  await expect.poll(async () => (await host.bondState("bond0")).carrier, { timeout: 20_000 }).toBe(true);
  const state = await host.bondState("bond0");
  const text = inNamespace("cat", "/proc/net/bonding/bond0");
  expect(text).toContain("Bonding Mode: IEEE 802.3ad Dynamic link aggregation");
  expect(/^MII Status: (.*)$/m.exec(text)?.[1]).toBe(state.carrier ? "up" : "down");
  expect(/^\tAggregator ID: (\d+)$/m.exec(text)?.[1]).toBe(String(state.aggregator?.aggregator));
  expect(state.ports.map(({ name }) => name)).toEqual(["eno4", "eno5"]);
  for (const port of state.ports) {
    expect(port).toMatchObject(fromProc(text, port) as object);
    expect(port.actor).toMatchObject({ systemPriority: 65535, system: (await host.link("bond0")).address });
    expect(port.adActorOperPortState).toContain("lacpActivity");
  }
});

test("the command line adds, shows, changes, lists and deletes bonds, and attaches and detaches ports", async () => {
  expect(await typed("bond add bond6 mode=balance-alb miimon=100ms ports=eno4,eno5 primary=eno5 up")).toBe("");
  expect(await typed("bond show bond6")).toMatch(
    /^bond6\n +up +on\n +carrier +on\n +mode +balance-alb\n(.*\n)*PORT +STATE +MII.*\neno4 +active +up +0 .*\neno5 +active +up +0 /,
  );
  expect(await typed("bond list")).toMatch(/^NAME .*\nbond6 +- +balance-alb +100ms +eno5 /);
  expect(await typed("bond set bond6 active-port=eno4 resend-igmp=4")).toBe("");
  expect(await typed("detach eno4")).toBe("");
  expect(await typed("attach eno4 bond6 queue-id=2")).toBe("");
  expect(await host.bondState("bond6")).toMatchObject({ options: { resendIgmp: 4 }, ports: [{ queueId: 2 }, {}] });
  expect(await typed("bond delete eno4")).toBe(
    "linkwright: eno4 is of kind dummy, not a bond; linkwright link delete removes links of any kind\n",
  );
  expect(await typed("bond delete bond6")).toBe("");
});
