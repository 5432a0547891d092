import { once } from "node:events";
import { chmodSync, chownSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openvswitch, type OpenVswitch } from "../../../src/openvswitch/open-vswitch.js";
import type { ShownPort } from "../../../src/openvswitch/show.js";
import { BIN, missing, oneUser, Scene, stateOf } from "../../kernel/qemu/scene.js";
import { lacks, type Outcome } from "../../kernel/scene/program.js";
import { NETDEV } from "./scene.js";
import { lacking, type RealSwitch, startSwitch } from "./servers.js";

const USER = 4242;
const DONE = { status: 0, signal: null, stdout: "", stderr: "" };
const RULE = { bridge: "br0", switch: "openvswitch" };

/** Has a folder be /run/openvswitch in the scene. */
async function provideDatabase(scene: Scene, folder: string): Promise<void> {
  const script = `mount -t tmpfs -o mode=755 run /run; mkdir /run/openvswitch; mount --bind ${folder} /run/openvswitch`;
  expect(await scene.run(["sh", "-ec", script])).toMatchObject({ status: 0 });
}

describe("QEMU's programs and a real Open vSwitch", () => {
  const reason = missing ?? lacking;
  let scene: Scene;
  let real: RealSwitch;
  let ovs: OpenVswitch;

  beforeAll(async () => {
    if (reason !== undefined) return console.log(`skipped: QEMU's programs and Open vSwitch: ${reason}`);
    scene = await Scene.open();
    real = await startSwitch(scene.host);
    chmodSync(real.folder, 0o755);
    ovs = await openvswitch({ remote: real.remote });
    for (const name of ["br0", "br1"]) await ovs.addBridge(name, NETDEV);
    await scene.host.addTap("tap0");
    await provideDatabase(scene, real.folder);
  });

  beforeEach(async ({ skip }) => {
    skip(reason !== undefined, reason);
    await ovs.removePort("tap0", { ifExists: true });
    await scene.host.setLink("tap0", { up: false, mtu: 1500 });
  });

  afterAll(async () => {
    if (reason !== undefined) return;
    ovs.close();
    await real[Symbol.asyncDispose]();
    await scene[Symbol.asyncDispose]();
  });

  async function portsOf(bridge: string): Promise<readonly ShownPort[]> {
    return (await ovs.bridge(bridge).ports()).filter(({ name }) => name !== bridge);
  }

  test("a TAP joins with its VLANs and isolation before it is up, is configured again, and leaves", async () => {
    const vlans = [{ id: 10, pvid: true, untagged: true }];
    scene.policy({ ...RULE, vlans, port: { isolated: true }, mtu: 1400 });
    const { address } = await scene.host.link("tap0");
    for (const time of ["at first", "again"]) {
      expect(await scene.start("qemu-ifup", "tap0"), time).toEqual(DONE);
      expect(await portsOf("br0"), time).toMatchObject([
        { name: "tap0", tag: 10, vlanMode: "access", isolated: true, interfaces: [{ error: undefined }] },
      ]);
      expect((await portsOf("br0"))[0]!.interfaces[0]!.ofport).toBeGreaterThan(0);
      const tap = await scene.host.link("tap0");
      expect(tap).toMatchObject({ up: true, mtu: 1400, address: `fe${address!.slice(2)}` });
    }
    expect(await scene.start("qemu-ifdown", "tap0")).toEqual(DONE);
    expect(await portsOf("br0")).toEqual([]);
    expect((await scene.host.link("tap0")).up).toBe(false);
  });

  test("what the switch cannot set up is an error, and is taken out again; so is a bridge that is not there", async () => {
    // A name that Open vSwitch has for itself.
    await scene.host.addTap("gre_sys");
    await scene.host.setLink("gre_sys", { mtu: 1234 });
    const before = stateOf(await scene.host.link("gre_sys"));
    const refusals = [
      [RULE, "being switched in br0: Open vSwitch gives no reason; its log may"],
      [{ ...RULE, bridge: "nosuch" }, "Open vSwitch has no bridge nosuch"],
    ] as const;
    for (const [rule, words] of refusals) {
      scene.policy({ ...rule, mtu: 1400 });
      const refused = { status: 1, stderr: `qemu-ifup: gre_sys: ${words}\n` };
      expect(await scene.start("qemu-ifup", "gre_sys")).toMatchObject(refused);
      expect(stateOf(await scene.host.link("gre_sys"))).toEqual(before);
      expect(await portsOf("br0")).toEqual([]);
    }
    await scene.host.remove("gre_sys");
  });

  test("a port of another bridge is refused, of Open vSwitch or of Linux, and a name that JSON says otherwise", async () => {
    scene.policy(RULE);
    await ovs.addPort("br1", "tap0", { tag: 7 });
    const ended = await scene.start("qemu-ifup", "tap0");
    expect(ended).toMatchObject({ status: 1 });
    expect(ended.stderr).toMatch(/^qemu-ifup: tap0: joining br0: .*\btap0\b.*\n$/);
    expect(await portsOf("br1")).toMatchObject([{ name: "tap0", tag: 7 }]);
    await ovs.removePort("tap0");
    await scene.host.addBridge("br2");
    await scene.host.attach("tap0", "br2");
    expect(await scene.start("qemu-ifup", "tap0")).toMatchObject({
      status: 1,
      stderr: "qemu-ifup: tap0: it is a port of another bridge than br0\n",
    });
    await scene.host.detach("tap0");
    await scene.host.addTap('a"b');
    expect(await scene.start("qemu-ifup", 'a"b')).toMatchObject({
      status: 1,
      stderr: 'qemu-ifup: a"b: its name cannot be said to Open vSwitch\n',
    });
    expect([await portsOf("br0"), await portsOf("br1")]).toEqual([[], []]);
  });

  test("a helper's TAP is a port of the bridge that is asked for, and takes the place of one that a guest left behind", async () => {
    scene.policy(RULE);
    scene.write("/etc/qemu/bridge.conf", "allow br0\nallow br1\n");
    const ports: string[] = [];
    for (const time of ["at first", "again"]) {
      const { taps, ...ended } = await scene.ask(`${BIN}/linkwright-bridge-helper`, "--br=br0", "--fd=FD");
      expect(ended, time).toMatchObject({ status: 0, stderr: "" });
      expect(taps).toMatchObject([{ up: true }]);
      ports.push(...(await portsOf("br0")).map(({ name }) => name));
    }
    expect(new Set(ports).size).toBe(1);
    expect(await scene.ask(`${BIN}/linkwright-bridge-helper`, "--br=br1", "--fd=FD")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("another bridge is asked for, and the policy gives br0") as string,
    });
    await ovs.removePort(ports[0]!);
  });

  test("a user whom the policy serves needs no access to the database, which is the owner's alone", async ({
    skip,
  }) => {
    const without = oneUser ?? lacks("setpriv", "--version") ?? lacks("setcap", "-h");
    skip(without !== undefined, without);
    const must = async (script: string): Promise<void> =>
      expect(await scene.run(["sh", "-ec", script])).toMatchObject({ status: 0 });
    scene.policy(RULE);
    await scene.host.addTap("mine", { owner: USER });
    const as = ["setpriv", `--reuid=${USER}`, `--regid=${USER}`, "--clear-groups", "--"];
    const run = (...words: readonly string[]): Promise<Outcome> => scene.run([...as, ...words]);
    chmodSync(join(real.folder, "db.sock"), 0o700);
    expect(await run("ovs-vsctl", "--timeout=1", "--db=unix:/run/openvswitch/db.sock", "show")).not.toMatchObject({
      status: 0,
    });
    await must(`setcap cap_net_admin+ep ${BIN}/linkwright-qemu`);
    const refused = "db.sock: Permission denied; it is its owner's alone: linkwright qemu install setuid\n";
    const stderr = expect.stringContaining(refused) as string;
    expect(await run(`${BIN}/qemu-ifup`, "mine")).toMatchObject({ status: 1, stderr });
    await must(`setcap -r ${BIN}/linkwright-qemu; chmod 4755 ${BIN}/linkwright-qemu`);
    expect(await run(`${BIN}/qemu-ifup`, "mine")).toEqual(DONE);
    expect(await portsOf("br0")).toMatchObject([{ name: "mine" }]);
    expect(await run(`${BIN}/qemu-ifdown`, "mine")).toEqual(DONE);
    chownSync(join(real.folder, "db.sock"), USER + 1, USER + 1);
    expect(await scene.start("qemu-ifup", "mine"), "root, and another's socket").toEqual(DONE);
    expect(await scene.start("qemu-ifdown", "mine")).toEqual(DONE);
    chownSync(join(real.folder, "db.sock"), 0, 0);
    await scene.host.remove("mine");
  });

  test("it holds CAP_NET_ADMIN alone before it says anything to the database, and where no rule is about that", async ({
    skip,
  }) => {
    const without = lacks("strace", "-V");
    skip(without !== undefined, without);
    const traced = [
      "strace",
      "-qq",
      "-o",
      "/mnt/trace",
      "-e",
      "trace=capset,connect,sendto",
      `${BIN}/qemu-ifup`,
      "tap0",
    ];
    for (const rule of [RULE, { bridge: "br0", refuse: undefined }]) {
      scene.policy(rule);
      await scene.run(traced);
      const lines = (await scene.run(["cat", "/mnt/trace"])).stdout.split("\n");
      const last = lines.map((line) => line.startsWith("capset")).lastIndexOf(true);
      expect(lines[last]).toMatch(/permitted=1<<CAP_NET_ADMIN, /);
      expect(lines.findIndex((line) => line.startsWith("sendto"))).toBeGreaterThan(last);
    }
  });
});

/** What a database answers to each of the program's requests, one after the other; "end" closes the connection. */
type Script = readonly string[];

describe("QEMU's programs and a database that answers", () => {
  let scene: Scene;
  let folder: string;
  let script: Script = [];
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let place = 0;
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    socket.on("data", (bytes) => {
      asked.push(String(bytes));
      const answer = script[place++] ?? "end";
      if (answer === "end") socket.destroy();
      else socket.write(answer);
    });
  });

  beforeAll(async () => {
    if (missing !== undefined) return;
    scene = await Scene.open();
    folder = mkdtempSync(join(tmpdir(), "linkwright-database-"));
    await once(server.listen(join(folder, "db.sock")), "listening");
    await scene.host.addTap("tap0");
    await provideDatabase(scene, folder);
    scene.policy(RULE);
  });

  afterAll(async () => {
    if (missing !== undefined) return;
    await new Promise((resolve) => server.close(resolve));
    await scene[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  const UUID = "11111111-2222-3333-4444-555555555555";
  const reply = (...results: readonly unknown[]): string => JSON.stringify({ id: 0, result: results, error: null });
  const found = reply({ rows: [{ _uuid: ["uuid", UUID] }] });
  const none = reply({ rows: [] });
  const echo = '{"id":"echo","method":"echo","params":["}"]}';
  const refused = reply({ count: 0 }, { error: "constraint violation", details: 'a "name" too many' }, null);
  const GOOD = [found, none, found, none, none];

  test.each<[string, Script, string | undefined]>([
    ["as it is asked for", GOOD, undefined],
    ["an echo first, and that with a bracket in a text", [`${echo}${found}`, ...GOOD.slice(1)], undefined],
    ["more than a reply", [`${found}${echo}`, ...GOOD.slice(1)], undefined],
    ["that there is no such bridge", [none], "Open vSwitch has no bridge br0"],
    ["with a refusal", [found, none, refused, none, none], 'joining br0: a \\"name\\" too many'],
    [
      "with an error in place of a result",
      ['{"id":0,"result":null,"error":{"error":"unknown database"}}'],
      "br0: unknown database",
    ],
    [
      "with an interface that failed",
      [...GOOD.slice(0, 4), reply({ rows: [{ error: "could not open it" }] }), none],
      "being switched in br0: could not open it",
    ],
    ["nothing", ["end"], "br0: the database closed the connection"],
    ["half a reply", [found.slice(0, 20), "end"], "br0: the database closed the connection"],
    ["what is no JSON and has no end", ["[".repeat(100_000)], "br0: Message too large"],
    ["with a text that has no end", [`{"error":"${"x".repeat(100_000)}`], "br0: Message too large"],
  ])("%s", async (what, answers, words) => {
    // Half a reply is one that ends.
    script = what === "half a reply" ? answers.slice(0, 1) : answers;
    if (what === "half a reply") server.once("connection", (socket) => socket.once("data", () => socket.end()));
    asked.length = 0;
    const before = stateOf(await scene.host.link("tap0"));
    const ended = await scene.start("qemu-ifup", "tap0");
    if (words === undefined) {
      expect(ended).toEqual(DONE);
      expect((await scene.host.link("tap0")).up).toBe(true);
      expect(JSON.parse(asked[0]!)).toMatchObject({
        method: "transact",
        params: ["Open_vSwitch", { table: "Bridge" }],
      });
      expect(asked[2]).toMatch(/"Interface","row":\{"name":"tap0" *\}/);
      await scene.host.setLink("tap0", { up: false, address: (before as { address: string }).address });
    } else expect(ended).toEqual({ status: 1, signal: null, stdout: "", stderr: `qemu-ifup: tap0: ${words}\n` });
    expect(stateOf(await scene.host.link("tap0"))).toEqual(before);
  });

  test("whoever leaves waits for the configuration without him, by its number", async () => {
    const left = reply({ count: 1 }, { count: 1 }, { rows: [{ next_cfg: 4711 }] });
    script = [found, found, left, reply({})];
    asked.length = 0;
    expect(await scene.start("qemu-ifdown", "tap0")).toEqual(DONE);
    expect(asked[2]).toContain(`["ports","delete",["uuid","${UUID}"]]`);
    expect(JSON.parse(asked[3]!)).toMatchObject({ params: ["Open_vSwitch", { where: [["cur_cfg", ">=", 4711]] }] });
  });

  test("a socket that is not there is named, with what would make it", async () => {
    expect(await scene.run(["umount", "/run/openvswitch"])).toMatchObject({ status: 0 });
    expect(await scene.start("qemu-ifup", "tap0")).toMatchObject({
      status: 1,
      stderr:
        "qemu-ifup: /run/openvswitch/db.sock: No such file or directory; is openvswitch-switch installed, and ovsdb-server.service up?\n",
    });
  });
});
