import { spawnSync } from "node:child_process";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { Finding } from "../../../src/diagnosis/check.js";
import { diagnose } from "../../../src/diagnosis/diagnose.js";
import type { Host } from "../../../src/index.js";
import { scene } from "../../../src/testing/index.js";
import { plain, terminal } from "../cli/terminal.js";
import { healthy, network } from "./fault.js";
import { codes, machine } from "./machine.js";
import { lacks, report } from "../scene/program.js";

const CLI = fileURLToPath(new URL("../../../dist/code/cli.cjs", import.meta.url));

test("on healthy hosts nothing is found: one with a bridge, and one that routes for its guests", async () => {
  for (const make of [healthy, network]) {
    await using net = await make();
    expect(await codes(net.hosts.here), make.name).toEqual([]);
  }
});

test("only what is around a link, when one is named", async () => {
  await using net = await healthy();
  const host = net.hosts.here;
  await host.addBridge("br1");
  await host.detach("tap1");
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

test("around a link is what its frames pass: not the others of a card that carries several bridges", async () => {
  await using net = await healthy();
  const host = net.hosts.here;
  // A card, by which br0 goes out and whose other links others have.
  await host.addMacvlan("mine", { link: "beyond", mode: "private", up: true });
  await host.addMacvlan("others", { link: "beyond", mode: "private", up: true });
  await host.addBridge("br9", { up: true });
  await host.attach("others", "br9");
  await host.attach("mine", "br0");
  for (const name of ["mine", "others"]) await host.waitFor(name, "forwarding");
  await host.setLink("br9", { up: false });
  using around = machine();
  const near = async (link: string) =>
    (await diagnose(host, { link, root: around.root, pause: 0 })).map(({ code, links }) => `${code} ${links[0]}`);
  for (const [link, found] of [
    ["tap0", []],
    ["br0", []],
    ["others", ["bridge-down br9"]],
    ["beyond", ["bridge-down br9"]],
  ] as const)
    expect(
      (await near(link)).filter((each) => each.startsWith("bridge-down")),
      link,
    ).toEqual(found);
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

test("a bridge that was given the MAC of a port, and a link that a program leaves alone, are nothing to tell", async () => {
  await using net = await healthy();
  const host = net.hosts.here;
  const { index } = await host.link("br0");
  const ports = await host.links({ master: "br0" });
  await host.setBridge("br0", { address: ports.map(({ address }) => address!).sort()[0]! });
  const files = {
    "sys/class/net/br0/ifindex": `${index}\n`,
    "sys/class/net/br0/addr_assign_type": "3\n",
    [`run/systemd/netif/links/${index}`]: "ADMIN_STATE=unmanaged\n",
  };
  expect(await codes(host, files)).toEqual([]);
});

const missing = lacks("setpriv", "--version") ?? lacks("nsenter", "--version");

/** What a process finds that has no privilege. */
async function foundByNobody(host: Host, around: ReturnType<typeof machine>): Promise<Finding[]> {
  await using namespace = await host.namespaceDescriptor();
  chmodSync(around.root, 0o755);
  const code = `import { Host } from "linkwright"; import { diagnose } from "linkwright/diagnosis";
    const host = await Host.open();
    console.log(JSON.stringify(await diagnose(host, { root: ${JSON.stringify(around.root)}, pause: 0 })));
    await host.close();`;
  const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--"];
  return await report<Finding[]>([
    ...["nsenter", `--net=/proc/${process.pid}/fd/${namespace.fd}`, ...nobody],
    ...[process.execPath, "--input-type=module", "-e", code],
  ]);
}

test("device nodes that are closed to this user are told, by a process that has no privilege", async ({ skip }) => {
  skip(missing !== undefined, missing);
  await using net = await healthy();
  using around = machine();
  for (const path of ["dev/kvm", "dev/net/tun", "dev/vhost-net"]) chmodSync(join(around.root, path), 0);
  const findings = await foundByNobody(net.hosts.here, around);
  expect(findings.map(({ code: found, severity, summary }) => [found, severity, summary])).toEqual([
    ["device-unusable", "error", "/dev/net/tun is closed to this user"],
    ["device-unusable", "note", "/dev/kvm is closed to this user"],
    ["device-unusable", "note", "/dev/vhost-net is closed to this user"],
  ]);
});

test("a process that may not see the rules of nftables does not say that they are not there", async ({ skip }) => {
  skip(missing !== undefined, missing);
  await using net = await network();
  using around = machine();
  for (const path of ["dev", "dev/net"]) chmodSync(join(around.root, path), 0o755);
  for (const path of ["dev/kvm", "dev/net/tun", "dev/vhost-net"]) chmodSync(join(around.root, path), 0o666);
  const findings = await foundByNobody(net.hosts.here, around);
  expect(findings.map(({ code, evidence }) => [code, ...evidence])).toEqual([]);
});

test("what /run says of links is of the namespace that the process is in: another's links have the same indexes", async ({
  skip,
}) => {
  const unable = lacks("unshare", "--version") ?? lacks("nsenter", "--version");
  skip(unable !== undefined, unable);
  await using net = await healthy();
  await using namespace = await net.hosts.here.namespaceDescriptor();
  const { index } = await net.hosts.here.link("uplink");
  const place = `/proc/${process.pid}/fd/${namespace.fd}`;
  const prepare = `mount -t tmpfs run /run; mkdir -p /run/systemd/netif/links
    echo ADMIN_STATE=configured > /run/systemd/netif/links/${index}; exec "$@"`;
  const found = (enter: readonly string[], netns: readonly string[]): string[] => {
    const command = [process.execPath, CLI, ...netns, "--json", "doctor", "uplink"];
    const { stdout } = spawnSync("unshare", ["--mount", "sh", "-ec", prepare, "sh", ...enter, ...command], {
      encoding: "utf8",
    });
    return (JSON.parse(stdout) as Finding[]).map(({ code }) => code).filter((code) => code === "managed-elsewhere");
  };
  expect(found(["nsenter", `--net=${place}`], [])).toEqual(["managed-elsewhere"]);
  expect(found([], ["--netns", place])).toEqual([]);
});
