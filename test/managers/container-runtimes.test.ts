import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test, vi } from "vitest";
import { provideFolder } from "../../scripts/lib/cache.mjs";
import { BIN, type Machine, machine, missing as noMachine } from "../e2e/cni-scene.js";
import { lacks } from "../kernel/scene/program.js";

vi.setConfig({ testTimeout: 180_000 });

const noPodman =
  noMachine ??
  lacks("podman", "--version") ??
  lacks("crun", "--version") ??
  lacks("conmon", "--version") ??
  lacks("busybox", "true");
if (noPodman !== undefined) console.log(`skipped: Podman: ${noPodman}`);

/** A network by which containers have addresses of a subnet. */
function list(name: string, subnet: string): object {
  return {
    cniVersion: "1.0.0",
    name,
    plugins: [
      {
        type: "linkwright-bridge",
        bridge: `cni-${name}`,
        isGateway: true,
        ipMasq: true,
        hairpinMode: true,
        ipam: { type: "host-local", ranges: [[{ subnet }]], routes: [{ dst: "0.0.0.0/0" }] },
        capabilities: { portMappings: true, ips: true, mac: true },
      },
    ],
  };
}

function writeList(here: Machine, name: string, subnet: string): void {
  mkdirSync(here.path("/etc/cni/net.d"), { recursive: true });
  writeFileSync(here.path(`/etc/cni/net.d/${name}.conflist`), JSON.stringify(list(name, subnet)));
}

const CONTAINERS_CONF = `[network]
network_backend = "cni"
cni_plugin_dirs = ["${BIN}"]
network_config_dir = "/etc/cni/net.d"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
runtime = "crun"
`;
const STORAGE_CONF = `[storage]
driver = "vfs"
graphroot = "/mnt/containers"
runroot = "/run/containers"
`;
/** One hierarchy of control groups, which crun insists on, and a root with nothing but busybox and its libraries. */
const PREPARE = `
umount -l /sys/fs/cgroup
mountpoint -q /sys/fs/cgroup || mount -t cgroup2 none /sys/fs/cgroup
mkdir -p /mnt/root/bin /mnt/root/proc /mnt/root/sys /mnt/root/dev /etc/containers
cp "$(command -v busybox)" /mnt/root/bin/busybox
for library in $(ldd /mnt/root/bin/busybox | grep -o '/[^ ]*'); do
  mkdir -p "/mnt/root$(dirname "$library")"
  cp "$library" "/mnt/root$library"
done
`;

/** Runs scripts in a machine; throws what one said that fails. */
function shellOf(here: Machine): (script: string) => Promise<string> {
  return async (script) => {
    const { status, stdout, stderr } = await here.run(["sh", "-ec", script]);
    if (status !== 0) throw new Error(`${script}: ${stderr}${stdout}`);
    return stdout;
  };
}

test.skipIf(noPodman !== undefined)(
  "Podman: two containers on two networks, a port mapped; and all is gone with them",
  async ({ skip }) => {
    await using here = await machine();
    const sh = shellOf(here);
    const prepared = await here.run(["sh", "-ec", PREPARE]);
    skip(prepared.status !== 0, `no place for containers: ${prepared.stderr}`);
    writeFileSync(here.path("/etc/containers/containers.conf"), CONTAINERS_CONF);
    writeFileSync(here.path("/etc/containers/storage.conf"), STORAGE_CONF);
    writeList(here, "one", "10.81.0.0/24");
    writeList(here, "two", "10.82.0.0/24");
    const service = await here.serve();
    const run = "podman run -d --cgroups=disabled --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 --network one,two";
    const serving = "/bin/busybox nc -ll -p 80 -e /bin/busybox echo hello";
    await sh(`${run} --name a -p 8080:80 --rootfs /mnt/root ${serving}`);
    await sh(`cp -r /mnt/root /mnt/root2; ${run} --name b --rootfs /mnt/root2 /bin/busybox sleep 1000`);
    const inside = await sh("podman exec a /bin/busybox ip -4 -o addr");
    // Podman takes networks in no order.
    expect(inside).toMatch(/eth[01]\s+inet 10\.81\.0\.2\/24/);
    expect(inside).toMatch(/eth[01]\s+inet 10\.82\.0\.2\/24/);
    for (const address of ["10.81.0.2", "10.82.0.2"])
      expect(await sh(`podman exec b /bin/busybox nc -w 5 ${address} 80 < /dev/null`)).toBe("hello\n");
    const [port] = (await here.host.addresses({ link: "cni-one", family: "inet" })).map(({ address }) => address);
    expect(await sh(`busybox nc -w 5 ${port!.split("/")[0]} 8080 < /dev/null`)).toBe("hello\n");
    expect(await here.host.links({ kind: "veth" })).toHaveLength(4);
    await sh("podman rm -f -t 0 a b");
    expect(await here.host.links({ kind: "veth" })).toEqual([]);
    expect(await sh("ls /var/lib/cni/networks/one /var/lib/cni/networks/two")).not.toContain("10.8");
    const { sets } = await here.host.netfilter.ruleset();
    expect(sets.flatMap(({ elements = [] }) => elements)).toEqual([]);
    await service.kill("SIGTERM");
  },
);

const noContainerd =
  noMachine ??
  lacks("containerd", "--version") ??
  lacks("ctr", "--version") ??
  lacks("crun", "--version") ??
  lacks("busybox", "true");
if (noContainerd !== undefined) console.log(`skipped: containerd: ${noContainerd}`);

const CONTAINERD = `version = 2
root = "/mnt/containerd"
state = "/run/containerd"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "/run/containerd/containerd.sock"
`;

/** A container's specification with nothing that needs control groups of its own. */
function specification(root: string, ...args: string[]): string {
  const own = ["CAP_NET_BIND_SERVICE"];
  return JSON.stringify({
    ociVersion: "1.0.2",
    process: {
      ...{ user: { uid: 0, gid: 0 }, args, env: ["PATH=/bin"], cwd: "/" },
      capabilities: { bounding: own, effective: own, permitted: own },
    },
    root: { path: root },
    mounts: [{ destination: "/proc", type: "proc", source: "proc" }],
    linux: { namespaces: ["pid", "mount", "ipc", "uts", "network"].map((type) => ({ type })) },
  });
}

test.skipIf(noContainerd !== undefined)(
  "containerd: two containers reach each other; and all is gone with them",
  async ({ skip }) => {
    await using here = await machine();
    const sh = shellOf(here);
    const prepared = await here.run(["sh", "-ec", PREPARE]);
    skip(prepared.status !== 0, `no place for containers: ${prepared.stderr}`);
    // Where containerd looks, whatever it is told.
    await sh(
      `mount -t tmpfs opt /opt; mkdir -p /opt/cni; ln -s ${BIN} /opt/cni/bin; cp -r /mnt/root /mnt/root2; mkdir -p /etc/containerd`,
    );
    writeFileSync(here.path("/etc/containerd/config.toml"), CONTAINERD);
    writeList(here, "one", "10.81.0.0/24");
    const serving = ["/bin/busybox", "nc", "-ll", "-p", "80", "-e", "/bin/busybox", "echo", "hello"];
    writeFileSync(here.path("/mnt/a.json"), specification("/mnt/root", ...serving));
    writeFileSync(here.path("/mnt/b.json"), specification("/mnt/root2", "/bin/busybox", "sleep", "1000"));
    const service = await here.serve();
    const daemon = here.start(["containerd"]);
    await sh("until ctr version > /mnt/version 2>&1; do sleep 0.1; done");
    const ended = ["a", "b"].map((name) => {
      const run = ["ctr", "run", "--cni", "--runc-binary", "/usr/bin/crun", "--config", `/mnt/${name}.json`, name];
      return once(here.start(run), "close");
    });
    await sh("until [ $(ctr task ls | grep -c RUNNING) = 2 ]; do sleep 0.1; done");
    const [asked] =
      (await sh("ctr task exec --exec-id x b /bin/busybox ip -4 -o addr show eth0")).match(/10\.81\.0\.[23]/) ?? [];
    const other = asked === "10.81.0.2" ? "10.81.0.3" : "10.81.0.2";
    expect(await sh(`ctr task exec --exec-id y b /bin/busybox nc -w 5 ${other} 80 < /dev/null`)).toBe("hello\n");
    expect(await here.host.links({ kind: "veth" })).toHaveLength(2);
    await sh("ctr task kill -s SIGKILL a; ctr task kill -s SIGKILL b");
    await Promise.all(ended);
    expect(await here.host.links({ kind: "veth" })).toEqual([]);
    expect(await sh("ls /var/lib/cni/networks/one")).not.toContain("10.81");
    const stopped = once(daemon, "close");
    daemon.kill("SIGTERM");
    await stopped;
    await service.kill("SIGTERM");
  },
);

/** A program of a project of containernetworking, built from Debian's source package: its folder, or why there is none. */
function built(
  program: string,
  source: string,
  project: string,
  build: string,
): { folder: string } | { lacking: string } {
  const run = (script: string, folder: string): string | undefined => {
    const { status, stderr } = spawnSync("sh", ["-ec", script], { cwd: folder, encoding: "utf8", timeout: 150_000 });
    return status === 0 ? undefined : stderr.trim() || "it failed";
  };
  const found = provideFolder(
    program,
    (folder) => lacks("test", "-x", join(folder, program)) === undefined,
    (draft) =>
      run(
        `apt-get indextargets --format 'deb-src $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' | head -n 1 > sources.list
         mkdir lists
         apt() { apt-get -qq -o Dir::Etc::sourcelist="$PWD/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$PWD/lists" -o APT::Sandbox::User=root "$@"; }
         apt update
         apt source --download-only ${source}
         mkdir -p src/github.com/containernetworking/${project}
         tar --strip-components=1 -C src/github.com/containernetworking/${project} -xf ${source}_*.orig.tar.*
         export GO111MODULE=off GOFLAGS= GOPATH="$PWD:/usr/share/gocode" OUTPUT="$PWD/${program}"
         cd src/github.com/containernetworking/${project}
         ${build}`,
        draft,
      ),
  );
  return found.folder === undefined ? { lacking: found.missing } : { folder: found.folder };
}

function cnitool(): { path: string } | { lacking: string } {
  const tool = built("cnitool", "golang-github-appc-cni", "cni", 'cd cnitool; go build -o "$OUTPUT" .');
  return "lacking" in tool ? tool : { path: join(tool.folder, "cnitool") };
}

test.skipIf(noMachine !== undefined)(
  "cnitool adds, checks and removes an attachment, again and again",
  async ({ skip }) => {
    const tool = cnitool();
    skip("lacking" in tool, `cnitool: ${"lacking" in tool ? tool.lacking : ""}`);
    if ("lacking" in tool) return;
    await using here = await machine();
    writeList(here, "one", "10.81.0.0/24");
    const service = await here.serve();
    await here.run(["ip", "netns", "add", "pod"]);
    const environment = {
      CNI_PATH: BIN,
      NETCONFPATH: "/etc/cni/net.d",
      CAP_ARGS: JSON.stringify({ portMappings: [{ hostPort: 8080, containerPort: 80, protocol: "tcp" }] }),
    };
    const cni = (command: string) => here.run([tool.path, command, "one", "/run/netns/pod"], environment);
    for (let round = 0; round < 2; round++) {
      const added = await cni("add");
      expect(added).toMatchObject({ status: 0, stderr: "" });
      expect(JSON.parse(added.stdout)).toMatchObject({
        cniVersion: "1.0.0",
        ips: [{ address: `10.81.0.${2 + round}/24` }],
      });
      expect(await cni("check")).toMatchObject({ status: 0 });
      expect(await cni("del")).toMatchObject({ status: 0 });
      expect(await cni("del")).toMatchObject({ status: 0 });
      expect(await here.host.links({ kind: "veth" })).toEqual([]);
    }
    await service.kill("SIGTERM");
  },
);

/** What Nomad writes for its groups (client/allocrunner, networking_bridge_linux.go), with linkwright's plugin in the place of its bridge. */
const NOMAD = {
  cniVersion: "0.4.0",
  name: "nomad",
  plugins: [
    { type: "loopback" },
    {
      type: "linkwright-bridge",
      bridge: "nomad",
      ipMasq: true,
      isGateway: true,
      forceAddress: true,
      hairpinMode: false,
      ipam: {
        type: "host-local",
        ranges: [[{ subnet: "172.26.64.0/20" }]],
        routes: [{ dst: "0.0.0.0/0" }],
      },
      capabilities: { portMappings: true },
    },
  ],
};

const noLoopback = lacks("test", "-x", "/usr/lib/cni/loopback");

test.skipIf(noMachine !== undefined || noLoopback !== undefined)(
  "a list as Nomad writes it, with the arguments that it gives: an allocation's port leads to it from its address of this machine alone",
  async ({ skip }) => {
    const tool = cnitool();
    skip("lacking" in tool, `cnitool: ${"lacking" in tool ? tool.lacking : ""}`);
    if ("lacking" in tool) return;
    await using here = await machine();
    mkdirSync(here.path("/etc/cni/net.d"), { recursive: true });
    writeFileSync(here.path("/etc/cni/net.d/nomad.conflist"), JSON.stringify(NOMAD));
    const service = await here.serve();
    const allocation = "7a3b0d9e-5c1f-4e52-9d44-1f0a3c8b2e6d";
    await here.run(["ip", "netns", "add", allocation]);
    await here.host.addBridge("up0", { up: true });
    for (const address of ["192.0.2.1/24", "192.0.2.2/24"]) await here.host.addAddress("up0", address);
    const port = { HostPort: 25_000, ContainerPort: 80, Protocol: "tcp", HostIP: "192.0.2.1" };
    const environment = {
      CNI_PATH: `${BIN}:/usr/lib/cni`,
      NETCONFPATH: "/etc/cni/net.d",
      CNI_ARGS: `IgnoreUnknown=true;NOMAD_ALLOC_ID=${allocation};NOMAD_REGION=global;NOMAD_GROUP_NAME=web`,
      CAP_ARGS: JSON.stringify({ portMappings: [port] }),
    };
    const cni = (command: string) =>
      here.run([tool.path, command, "nomad", `/var/run/netns/${allocation}`], environment);
    const added = await cni("add");
    expect(added).toMatchObject({ status: 0, stderr: "" });
    expect(JSON.parse(added.stdout)).toMatchObject({ cniVersion: "0.4.0", ips: [{ address: "172.26.64.2/20" }] });
    const serving = here.start([
      "ip",
      "netns",
      "exec",
      allocation,
      "busybox",
      "nc",
      "-ll",
      "-p",
      "80",
      "-e",
      "echo",
      "web",
    ]);
    const listens = 'until ip netns exec "$0" ss -ltn | grep -q :80; do sleep 0.1; done';
    await here.run(["sh", "-ec", listens, allocation]);
    const ask = (address: string) => here.run(["busybox", "nc", "-w", "2", address, "25000"]);
    expect(await ask("192.0.2.1")).toMatchObject({ status: 0, stdout: "web\n" });
    expect((await ask("192.0.2.2")).stdout).toBe("");
    expect(await cni("check")).toMatchObject({ status: 0 });
    const closed = once(serving, "close");
    serving.kill("SIGKILL");
    await closed;
    for (let round = 0; round < 2; round++) expect(await cni("del")).toMatchObject({ status: 0 });
    expect(await here.host.links({ kind: "veth" })).toEqual([]);
    const { sets } = await here.host.netfilter.ruleset();
    expect(sets.flatMap(({ elements = [] }) => elements)).toEqual([]);
    await service.kill("SIGTERM");
  },
);

const noReference = lacks("test", "-x", "/usr/lib/cni/ptp") ?? lacks("go", "version");

/** What the reference plugins' tests run, with linkwright's plugin in the place of their bridge. */
const REFERENCE_BIN = `
mount -t tmpfs tmp /tmp
mkdir -p /mnt/reference/bin
cp -r "$0" /mnt/reference/integration
ln -s /usr/lib/cni/ptp /usr/lib/cni/bandwidth /usr/lib/cni/host-local /mnt/reference/bin
printf '#!/bin/sh\\nexec ${BIN}/linkwright-bridge\\n' > /mnt/reference/bin/bridge
chmod +x /mnt/reference/bin/bridge
`;

test.skipIf(noMachine !== undefined || noReference !== undefined)(
  "the reference plugins' tests that run binaries pass with this plugin as their bridge",
  async ({ skip }) => {
    const tool = cnitool();
    const source = "golang-github-containernetworking-plugins";
    const tests = built("integration.test", source, "plugins", 'cd integration; go test -c -o "$OUTPUT" .');
    const lacking = [tool, tests].flatMap((each) => ("lacking" in each ? each.lacking : []));
    skip(lacking.length > 0, lacking.join("; "));
    if ("lacking" in tool || "lacking" in tests) return;
    await using here = await machine();
    const { folder } = tests;
    const integration = join(folder, "src/github.com/containernetworking/plugins/integration");
    expect(await here.run(["sh", "-ec", REFERENCE_BIN, integration])).toMatchObject({ status: 0, stderr: "" });
    const service = await here.serve();
    const run = [
      "sh",
      "-ec",
      'cd /mnt/reference/integration; exec "$0" -ginkgo.noColor',
      join(folder, "integration.test"),
    ];
    const { status, stdout } = await here.run(run, {
      PATH: `${dirname(tool.path)}:${process.env.PATH}`,
      ...{ GO111MODULE: "off", GOFLAGS: "", GOPATH: `${folder}:/usr/share/gocode` },
    });
    expect(stdout).toContain("3 Passed | 0 Failed");
    expect(status).toBe(0);
    const known = await here.run(["sh", "-c", "ls -d /run/linkwright/cni/*/network-chain-test"]);
    expect(known).toMatchObject({ status: 0 });
    await service.kill("SIGTERM");
  },
);
