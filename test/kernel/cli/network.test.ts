import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { run } from "../../../src/cli/run.js";
import { DONE, terminal } from "./terminal.js";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "linkwright-network-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A terminal whose networks are kept in a folder of the test's own. */
async function networkTerminal() {
  const { host, type, ask, ...rest } = await terminal();
  const kept = `state=${join(folder, "state")} run=${join(folder, "run")}`;
  return {
    ...rest,
    host,
    plainly: type,
    type: (line: string) => type(`network ${line} ${kept}`),
    ask: (line: string) => ask(`network ${line} ${kept}`),
    /** Runs a program that does nothing, on a network. */
    qemu: (name: string) =>
      type(
        `qemu run network=${name} networks-state=${join(folder, "state")} networks-run=${join(folder, "run")} -- true`,
      ),
  };
}

test("a network is created with what is chosen for it, started, listed, shown, stopped and forgotten", async () => {
  await using shell = await networkTerminal();
  const { type, ask, host } = shell;
  expect((await type("create one")).stdout).toMatch(/name +one\n +mode +nat\n/);
  expect(await type("start one")).toEqual({
    ...DONE,
    stdout: "nobody gives its guests addresses: linkwright network serve one\n",
  });
  expect(await host.link("lw-one")).toMatchObject({ kind: "bridge", up: true });
  expect((await type("list")).stdout).toMatch(/^NAME.*\none +up +nat +lw-one +192\.168\.100\.0\/24 +0\n$/);
  expect((await type("info one")).stdout).toMatch(/subnet +192\.168\.100\.0\/24\n[^]*state +up\n/);
  expect(await ask("ports one")).toEqual([]);
  expect(await ask("leases one")).toEqual([]);
  expect((await type("undefine one")).stderr).toContain("the network one is up: stop it first");
  expect(await type("reload")).toEqual(DONE);
  expect(await type("stop one")).toEqual(DONE);
  expect(await type("undefine one")).toEqual(DONE);
  expect(await ask("list")).toEqual([]);
});

test("what is dumped can be defined again, as YAML and as JSON; a file with an error is refused by its place", async () => {
  await using shell = await networkTerminal();
  const { type, ask } = shell;
  await type(
    "create one mode=route subnet=10.1.0.0/24 subnet6=auto outgoing=up0 dns=9.9.9.9,2620:fe::fe dhcp=off mtu=1400",
  );
  const { stdout: yaml } = await type("dump one");
  expect(yaml).toMatch(/^mode: route\n[^]*^dhcp: false$/m);
  const dumped = (await ask("dump one")) as object;
  expect(dumped).toMatchObject({ mode: "route", dhcp: false, dns: ["9.9.9.9", "2620:fe::fe"], mtu: 1400 });
  const file = join(folder, "one.file");
  for (const text of [yaml, JSON.stringify(dumped)]) {
    await type("undefine one");
    writeFileSync(file, text);
    expect(await ask(`define ${file}`)).toEqual(dumped);
  }
  writeFileSync(file, '{\n  // a comment\n  "name": "two",\n  "mode" "nat"\n}');
  expect((await type(`define ${file}`)).stderr).toMatch(/one\.file: line 4: colon expected/);
  writeFileSync(file, "name: two\nmode: nut\n");
  expect((await type(`define ${file}`)).stderr).toMatch(/one\.file:2:1: mode: "nut" is none of/);
});

const XML = `<network>
  <!-- for the lab -->
  <name>lab</name>
  <uuid>81ff0d90-c91e-6742-64da-4a736edb9a9b</uuid>
  <forward mode='nat'>
    <nat>
      <port start='1024' end='65535'/>
    </nat>
  </forward>
  <bridge name='virbr7' stp='on' delay='0'/>
  <ip address='192.168.150.1' netmask='255.255.255.0'>
    <dhcp>
      <range start='192.168.150.2' end='192.168.150.254'/>
    </dhcp>
  </ip>
</network>
`;

test("a network of libvirt's XML is defined, started, shown, stopped; its XML comes back with what has changed since", async () => {
  await using shell = await networkTerminal();
  const { type, ask, host } = shell;
  const file = join(folder, "lab.xml");
  writeFileSync(file, XML);
  const { status, stderr } = await type(`define ${file}`);
  expect({ status, stderr }).toEqual({
    status: 0,
    stderr: [
      `${file}:4: kept, not acted on: <uuid>81ff0d90-c91e-6742-64da-4a736edb9a9b</uuid>: a network is known by its name`,
      `${file}:10: kept, not acted on: <bridge stp='on'>: guests have one port each, which makes no loop: without a spanning tree they need not wait`,
      `${file}:10: kept, not acted on: <bridge delay='0'>: without a spanning tree there is no delay`,
      "",
    ].join("\n"),
  });
  await type("start lab");
  expect((await host.addresses({ link: "virbr7" })).map(({ address }) => address)).toEqual(["192.168.150.1/24"]);
  await type("forward add lab tcp:8080 192.168.150.10:80");
  const { stdout: xml } = await type("dump lab xml");
  // Its MAC was chosen.
  const mac = /<mac address=["']([\da-f:]{17})/.exec(xml)?.[1];
  expect(xml).toContain("<!-- for the lab -->");
  expect(xml).toContain("81ff0d90");
  await type("stop lab");
  await type("undefine lab");
  writeFileSync(file, xml);
  await type(`define ${file}`);
  expect(await ask("info lab")).toMatchObject({
    definition: {
      mac,
      natPorts: "1024-65535",
      forwards: [{ protocol: "tcp", port: 8080, to: "192.168.150.10", toPort: 80 }],
    },
  });
});

const PASSTHROUGH = `<network>
  <name>passthrough</name>
  <forward mode='hostdev' managed='yes'>
    <pf dev='eth3'/>
  </forward>
</network>
`;

test("a network of virtual functions by libvirt's XML: all but its start needs no card, and that says what is missing", async () => {
  await using shell = await networkTerminal();
  const { type, ask, host } = shell;
  const file = join(folder, "passthrough_net.xml");
  writeFileSync(file, PASSTHROUGH);
  expect((await type(`define ${file}`)).stderr).toContain("managed='yes'>: a virtual function is always given back");
  expect(await type("autostart passthrough")).toEqual(DONE);
  expect((await type("list")).stdout).toMatch(/passthrough +down +hostdev/);
  expect((await type("info passthrough")).stdout).toMatch(/interfaces +eth3\n[^]*state +down/);
  expect((await type("dump passthrough --xml")).stdout).toBe(PASSTHROUGH);
  expect((await type("start passthrough")).stderr).toContain("interfaces.0: there is no link eth3");
  await host.addVeth("eth3", { peer: { name: "far3" } });
  expect((await type("start passthrough serve=off")).status).toBe(0);
  expect(await ask("ports passthrough")).toEqual([]);
  expect((await shell.qemu("passthrough")).stderr).toContain("eth3: it can have no virtual functions");
  expect(await type("stop passthrough")).toEqual(DONE);
  expect(await type("undefine passthrough")).toEqual(DONE);
});

/** An editor that writes a text in the place of what it is given. */
function editing(text: string): string {
  const [script, content] = [join(folder, "editor"), join(folder, "content")];
  writeFileSync(content, text);
  writeFileSync(script, `cp ${content} "$1"\n`);
  return `sh ${script}`;
}

test("edit changes at once what can be changed with guests there, says what waits for the next start, and refuses what is wrong", async () => {
  await using shell = await networkTerminal();
  const { type, ask, host } = shell;
  await type("create one subnet=10.1.0.0/24");
  await type("start one");
  const { stdout: yaml } = await type("dump one");
  await using namespace = await host.namespaceDescriptor();
  async function edit(text: string): Promise<{ stdout: string; stderr: string }> {
    const said = { stdout: "", stderr: "" };
    const words = ["edit", "one", `state=${join(folder, "state")}`, `run=${join(folder, "run")}`];
    await run(["--netns", `/proc/self/fd/${namespace.fd}`, "network", ...words], {
      stdout: { write: (each) => (said.stdout += each) },
      stderr: { write: (each) => (said.stderr += each) },
      env: { EDITOR: editing(text) },
    });
    return said;
  }
  const forward = "forwards:\n  - { protocol: tcp, port: 8080, to: 10.1.0.9 }\n";
  expect((await edit(`${yaml}mtu: 1400\n${forward}`)).stdout).toBe(
    "one: changed: forwards\none: from its next start on: mtu\n",
  );
  expect((await host.netfilter.ruleset()).chains.map(({ name }) => name)).toContain("forwards-one");
  expect((await host.link("lw-one")).mtu).toBe(1500);
  expect(await ask("info one")).toMatchObject({ pending: { mtu: 1400 } });
  expect((await edit(`${yaml}mtu: 1400\n${forward.replace("10.1.0.9", "10.2.0.9")}`)).stderr).toContain(
    "10.2.0.9 is no guest's address in 10.1.0.0/24",
  );
  expect((await edit(yaml.replace("name: one", "name: two"))).stderr).toContain("a network keeps its name: one");
  expect(await ask("info one")).toMatchObject({ definition: { forwards: [{ to: "10.1.0.9" }] } });
  await type("stop one");
  await type("start one");
  expect((await host.link("lw-one")).mtu).toBe(1400);
  expect((await edit(`${yaml}mtu: 1400\n`)).stdout).toBe("one: changed: forwards\n");
  expect((await host.netfilter.ruleset()).chains.map(({ name }) => name)).not.toContain("forwards-one");
  await type("stop one");
});

test("addresses are kept for guests, and no more; who has one, or none, is said", async () => {
  await using shell = await networkTerminal();
  const { type, ask } = shell;
  await type("create one subnet=10.1.0.0/24");
  await type("start one");
  const kept = { mac: "52:54:00:00:00:07", address: "10.1.0.7", hostname: "seven" };
  expect(await type("host add one 52:54:00:00:00:07 10.1.0.7 seven")).toEqual(DONE);
  expect(await ask("info one")).toMatchObject({ definition: { dhcp: { reservations: [kept] } } });
  const taken = "10.1.0.7 is kept for 52:54:00:00:00:07";
  expect((await type("host add one 52:54:00:00:00:08 10.1.0.7")).stderr).toContain(taken);
  expect((await type("host add one 52:54:00:00:00:07 10.1.0.8")).stderr).toContain(taken);
  expect((await type("host add one 52:54:00:00:00:08 10.2.0.8")).stderr).toContain("10.2.0.8");
  expect((await type("host remove one eight")).stderr).toContain("the network one keeps no address for eight");
  expect(await type("host remove one seven")).toEqual(DONE);
  expect(await ask("info one")).toMatchObject({ definition: { dhcp: { reservations: [] } } });
  await type("stop one");
});

test("forwards are added and removed; what is no port and no guest is said", async () => {
  await using shell = await networkTerminal();
  const { type, ask } = shell;
  await type("create one subnet=10.1.0.0/24 subnet6=fd00:1::/64");
  await type("start one");
  expect(await type("forward add one tcp:8080 10.1.0.10:80")).toEqual(DONE);
  expect(await type("forward add one udp:5000-5010 [fd00:1::10]:5000")).toMatchObject({ status: 2 });
  expect(await type("forward add one udp:5000-5010 fd00:1::10")).toEqual(DONE);
  expect(await ask("info one")).toMatchObject({
    definition: {
      forwards: [
        { protocol: "tcp", port: 8080, to: "10.1.0.10", toPort: 80 },
        { protocol: "udp", port: "5000-5010", to: "fd00:1::10" },
      ],
    },
  });
  expect((await type("info one")).stdout).toMatch(
    /forward +tcp:8080 10\.1\.0\.10:80\n +forward +udp:5000-5010 fd00:1::10\n/,
  );
  expect((await type("forward add one tcp:8080 10.1.0.11")).stderr).toContain("tcp 8080 is that of forwards.0, too");
  expect((await type("forward add one tcp:80 10.2.0.11")).stderr).toContain(
    "10.2.0.11 is no guest's address in 10.1.0.0/24",
  );
  expect((await type("forward add one 8080 10.1.0.11")).stderr).toContain('"8080" is not a port of this machine');
  expect(await type("forward remove one tcp:8080")).toEqual(DONE);
  expect((await type("forward remove one tcp:8080")).stderr).toContain("the network one has no forward of tcp 8080");
  expect(await type("stop one")).toEqual(DONE);
});

test("qemu run has a TAP on a network, with an address that is known, as long as the program runs", async () => {
  await using shell = await networkTerminal();
  const { type, plainly, host } = shell;
  await type("create one subnet=10.1.0.0/24 anti-spoof=on");
  const kept = `networks-state=${join(folder, "state")} networks-run=${join(folder, "run")}`;
  const words = `qemu run network=one address=10.1.0.9 mac=52:54:00:00:00:09 name=guest0 ${kept} --`;
  expect((await plainly(`${words} true`)).stderr).toContain("the network one is not up: start it first");
  await type("start one");
  expect(await plainly(`${words} sh ${copying()}`)).toEqual(DONE);
  expect(JSON.parse(readFileSync(join(folder, "copy/guest0.json"), "utf8"))).toMatchObject({
    link: "guest0",
    address: "10.1.0.9",
    mac: "52:54:00:00:00:09",
    antiSpoof: true,
  });
  expect((await host.links()).map(({ name }) => name)).toEqual(["lo", "lw-one"]);
  expect((await host.netfilter.ruleset()).tables.map(({ family }) => family)).toEqual(["inet"]);
  expect((await plainly("qemu run address=10.1.0.9 -- true")).stderr).toContain("it is said of a network");
  expect((await plainly("qemu run network=one bridge=br0 -- true")).stderr).toContain(
    "a network has a bridge of its own",
  );
});

/** A script that keeps what is known of ports while it runs. */
function copying(): string {
  const script = join(folder, "copying");
  writeFileSync(script, `cp -r ${join(folder, "run/ports")} ${join(folder, "copy")}\n`);
  return script;
}
