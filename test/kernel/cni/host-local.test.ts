import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lacks, outcome } from "../scene/program.js";
import { spawn } from "node:child_process";
import { type Reservations, withReservations } from "../../../src/cni/ipam/reservations.js";
import { cniScene, type CniScene, reserved } from "./scene.js";

const REFERENCE = "/usr/lib/cni/host-local";
const missing = existsSync(REFERENCE) ? lacks("true") : "containernetworking-plugins is not installed";
if (missing !== undefined) console.log(`skipped: beside the reference plugin: ${missing}`);

/** Without a container's interface: addresses alone. */
const quick = { isDefaultGateway: false, ipMasq: false };

async function addressOf(scene: CniScene, ipam: object = {}, more: object = {}, id?: string): Promise<string[]> {
  const { ips = [] } = await scene.ask("ADD", scene.layer3({ ...quick, ...more }, ipam), {
    container: await scene.container(id),
  });
  return ips.map(({ address }) => address);
}

test("addresses are given in turn: one that was let go of rests until all others had their turn", async () => {
  await using scene = await cniScene();
  const small = { subnet: "10.22.0.0/29" };
  expect(await addressOf(scene, small, {}, "one")).toEqual(["10.22.0.2/29"]);
  expect(await addressOf(scene, small)).toEqual(["10.22.0.3/29"]);
  await scene.ask("DEL", scene.layer3(quick, small), { id: "one" });
  for (const last of [4, 5, 6, 2]) expect(await addressOf(scene, small)).toEqual([`10.22.0.${last}/29`]);
  expect(readFileSync(join(scene.folder, "networks/pods/last_reserved_ip.0"), "utf8")).toBe("10.22.0.2");
  expect(reserved(scene)["10.22.0.2"]).toBe("container-4\r\neth0");
});

test.each<[string, object, object, string[]]>([
  [
    "a range of a subnet",
    { subnet: "10.22.0.0/24", rangeStart: "10.22.0.77", rangeEnd: "10.22.0.78" },
    {},
    ["10.22.0.77/24"],
  ],
  [
    "the gateway left out",
    { subnet: "10.22.0.0/24", rangeStart: "10.22.0.77", gateway: "10.22.0.77" },
    {},
    ["10.22.0.78/24"],
  ],
  [
    "both families",
    { subnet: undefined, ranges: [[{ subnet: "10.22.0.0/24" }], [{ subnet: "fd00:22::/64" }]] },
    {},
    ["10.22.0.2/24", "fd00:22::2/64"],
  ],
  [
    "one of several ranges of a set",
    {
      subnet: undefined,
      ranges: [
        [
          { subnet: "10.22.0.0/24", rangeStart: "10.22.0.9", rangeEnd: "10.22.0.9", gateway: "10.22.0.9" },
          { subnet: "10.23.0.0/24" },
        ],
      ],
    },
    {},
    ["10.23.0.2/24"],
  ],
  [
    "the runtime's ranges first",
    {},
    { runtimeConfig: { ipRanges: [[{ subnet: "10.99.0.0/24" }]] } },
    ["10.99.0.2/24", "10.22.0.2/24"],
  ],
  ["the address that the runtime asks for", {}, { runtimeConfig: { ips: ["10.22.0.50"] } }, ["10.22.0.50/24"]],
  ["the same with its prefix", {}, { args: { cni: { ips: ["10.22.0.51/24"] } } }, ["10.22.0.51/24"]],
  [
    "keys in another case",
    { subnet: undefined, Subnet: "10.22.0.0/24", RangeStart: "10.22.0.60" },
    {},
    ["10.22.0.60/24"],
  ],
])("addresses: %s", async (_, ipam, more, addresses) => {
  await using scene = await cniScene();
  expect(await addressOf(scene, ipam, more)).toEqual(addresses);
});

test("CNI_ARGS may ask for an address", async () => {
  await using scene = await cniScene();
  const wish = { container: await scene.container(), environment: { CNI_ARGS: "IgnoreUnknown=1;IP=10.22.0.52" } };
  const { ips } = await scene.ask("ADD", scene.layer3(quick), wish);
  expect(ips).toMatchObject([{ address: "10.22.0.52/24" }]);
});

test.each<[string, object, object, string]>([
  ["the gateway's", {}, { ips: ["10.22.0.1"] }, "10.22.0.1 is the gateway of 10.22.0.0/24"],
  ["one of no range", {}, { ips: ["10.99.0.1"] }, "no range of the network has 10.99.0.1"],
  ["one that is taken", {}, { ips: ["10.22.0.2"] }, "10.22.0.2 is somebody else's"],
  [
    "bits behind the length",
    { subnet: "10.22.0.1/24" },
    {},
    'ipam.subnet: "10.22.0.1/24" is no subnet: 10.22.0.0/24 is',
  ],
  ["no room", { subnet: "10.22.0.0/31" }, {}, 'ipam.subnet: "10.22.0.0/31" has no address to give out'],
  ["a start elsewhere", { rangeStart: "10.23.0.1" }, {}, 'ipam.rangeStart: "10.23.0.1" is not in 10.22.0.0/24'],
  [
    "overlapping ranges",
    { ranges: [[{ subnet: "10.22.0.0/16" }]] },
    {},
    "ipam.ranges: ranges overlap: 10.22.0.0/24 and 10.22.0.0/16",
  ],
  ["no subnet", { subnet: undefined }, {}, "ipam: a subnet, or ranges, are needed"],
  [
    "both families in a set",
    { ranges: [[{ subnet: "10.9.0.0/16" }, { subnet: "fd00::/64" }]] },
    {},
    "ipam.ranges.0: ranges of IPv4 and IPv6 are not one set",
  ],
  ["a folder that is none", { dataDir: "here" }, {}, 'ipam.dataDir: "here" is no absolute path'],
])("refused: %s", async (_, ipam, runtimeConfig, words) => {
  await using scene = await cniScene();
  await addressOf(scene);
  const failed = await scene.fails("ADD", scene.layer3({ ...quick, runtimeConfig }, ipam), {
    container: await scene.container(),
  });
  expect(failed.msg).toBe(words);
  expect(Object.keys(reserved(scene))).toEqual(["10.22.0.2"]);
});

test("resolvConf becomes the answer's DNS", async () => {
  await using scene = await cniScene();
  const path = join(scene.folder, "resolv.conf");
  writeFileSync(
    path,
    "# a comment\nnameserver 192.0.2.1\nnameserver 192.0.2.2\nsearch example.org example.net\noptions ndots:5\n",
  );
  const { dns } = await scene.ask("ADD", scene.layer3(quick, { resolvConf: path }), {
    container: await scene.container(),
  });
  expect(dns).toEqual({
    nameservers: ["192.0.2.1", "192.0.2.2"],
    search: ["example.org", "example.net"],
    options: ["ndots:5"],
  });
});

test("a hundred at once get a hundred addresses", async () => {
  await using scene = await cniScene();
  const containers = await Promise.all(Array.from({ length: 100 }, () => scene.container()));
  const results = await Promise.all(containers.map((container) => scene.ask("ADD", scene.layer3(), { container })));
  const addresses = results.map(({ ips }) => ips![0]!.address);
  expect(new Set(addresses).size).toBe(100);
  expect(Object.keys(reserved(scene))).toHaveLength(100);
  const prevResult = results[57]!;
  await scene.ask("CHECK", { ...scene.layer3(), prevResult }, { container: containers[57]! });
  await Promise.all(containers.map((container) => scene.ask("DEL", scene.layer3(), { container })));
  expect(reserved(scene)).toEqual({});
});

/** What the reference plugin says. */
async function reference(scene: CniScene, command: string, id: string): Promise<{ ips?: { address: string }[] }> {
  const environment = {
    CNI_COMMAND: command,
    CNI_CONTAINERID: id,
    CNI_NETNS: "/proc/self/ns/net",
    CNI_IFNAME: "eth0",
    CNI_PATH: "/usr/lib/cni",
  };
  const child = spawn(REFERENCE, [], { env: environment, stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.end(JSON.stringify({ ...scene.layer3({ cniVersion: "1.0.0" }) }));
  const { status, stdout } = await outcome(child);
  if (status !== 0) throw new Error(stdout);
  return stdout === "" ? {} : (JSON.parse(stdout) as { ips: { address: string }[] });
}

test.skipIf(missing !== undefined)(
  "the reference plugin and this one share a folder: at once, no address twice, and each takes back the other's",
  async () => {
    await using scene = await cniScene();
    mkdirSync(join(scene.folder, "networks/pods"), { recursive: true });
    const ours = Array.from({ length: 20 }, (_, place) => addressOf(scene, {}, {}, `ours-${place}`));
    const theirs = Array.from({ length: 20 }, async (_, place) =>
      (await reference(scene, "ADD", `theirs-${place}`)).ips!.map(({ address }) => address),
    );
    const all = (await Promise.all([...ours, ...theirs])).flat();
    expect(new Set(all).size).toBe(40);
    expect(Object.keys(reserved(scene))).toHaveLength(40);
    await Promise.all(
      Array.from({ length: 20 }, (_, place) => scene.ask("DEL", scene.layer3(), { id: `theirs-${place}` })),
    );
    await Promise.all(Array.from({ length: 20 }, (_, place) => reference(scene, "DEL", `ours-${place}`)));
    expect(reserved(scene)).toEqual({});
    const last = readFileSync(join(scene.folder, "networks/pods/last_reserved_ip.0"), "utf8");
    const next = Number(last.split(".")[3]) + 1;
    expect(await addressOf(scene, {}, {}, "ours")).toEqual([`10.22.0.${next}/24`]);
    expect((await reference(scene, "ADD", "theirs")).ips).toMatchObject([{ address: `10.22.0.${next + 1}/24` }]);
  },
);

test("what another takes or lets go of is known at once, however soon after the last change that is", async () => {
  await using scene = await cniScene();
  const folder = join(scene.folder, "networks/pods");
  const [one, two] = ["10.22.0.2", "10.22.0.3"];
  const all = (change?: (reservations: Reservations) => void): Promise<string[]> =>
    withReservations(folder, (reservations) => {
      change?.(reservations);
      return reservations.all().map(([address]) => address);
    });
  for (let round = 0; round < 100; round++) {
    await all((reservations) => reservations.reserve(one, { container: "one", ifname: "eth0" }, 0));
    writeFileSync(join(folder, two), "two\r\neth0");
    expect((await all()).sort()).toEqual([one, two]);
    rmSync(join(folder, one));
    rmSync(join(folder, two));
    expect(await all()).toEqual([]);
  }
});

test("what containerd says of ranges and ports is heeded as it spells it: with capitals, and what it leaves out as nothing", async () => {
  await using scene = await cniScene();
  const runtimeConfig = {
    ipRanges: [[{ Subnet: "10.30.0.0/24", RangeStart: "", RangeEnd: "", Gateway: "" }]],
    portMappings: [{ HostPort: 8080, ContainerPort: 80, Protocol: "TCP", HostIP: "" }],
  };
  expect(await addressOf(scene, {}, { runtimeConfig })).toContain("10.30.0.2/24");
  const { sets } = await scene.here.host.netfilter.ruleset();
  const ports = sets.filter(({ name = "" }) => name.startsWith("ports"));
  expect(ports.flatMap(({ elements }) => elements)).toHaveLength(1);
});
