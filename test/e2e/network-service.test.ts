import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test, vi } from "vitest";
import { keepLease } from "../../src/dhcp/index.js";
import { decodeDhcpPacket, encodeDhcpPacket } from "../../src/dhcp/wire/dhcp-packet.js";
import { decodeIpv4Datagram, encodeIpv4Datagram } from "../../src/dhcp/wire/ipv4.js";
import { guardedPorts } from "../../src/networks/index.js";
import { networkScene, type NetworkScene } from "../kernel/networks/scene.js";
import { lacks } from "../kernel/scene/program.js";
import { commands, MAIN } from "./network-commands.js";
import type { Place } from "../kernel/scene/guests.js";

const noNft = lacks("nft", "--version");
if (noNft !== undefined) console.log(`skipped: ${noNft}`);
const MAC = "52:54:00:77:00:09";

/** Who is not root, and a program by which he asks. */
const NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"];
const ASK = `const [path, method] = process.argv.slice(1);
require("net").connect(path).on("data", (text) => console.log(String(text))).write(JSON.stringify({ method }) + "\\n");`;

async function guestOf(scene: NetworkScene): Promise<Place> {
  const guest = await scene.guest("lw-default");
  await guest.host.setLink("eth0", { address: MAC });
  return guest;
}

/** The address that a guest is given. */
async function addressOf(guest: Place): Promise<string | undefined> {
  await using kept = await keepLease(guest.host, "eth0", { signal: AbortSignal.timeout(20_000) });
  return kept.lease?.address;
}

/** A guest's question for an address, as a frame. */
function discover(sourceMac: string): Buffer {
  const payload = encodeDhcpPacket({
    ...{ op: "request", xid: 7, chaddr: sourceMac, broadcast: true },
    options: { messageType: "discover" },
  });
  const ends = { source: "0.0.0.0", sourcePort: 68, destination: "255.255.255.255", destinationPort: 67 };
  return encodeIpv4Datagram({ ...ends, sourceMac, destinationMac: "ff:ff:ff:ff:ff:ff", payload });
}

/** Until a process is gone. */
async function gone(pid: number): Promise<void> {
  await expect.poll(() => existsSync(`/proc/${pid}`), { timeout: 10_000 }).toBe(false);
}

test("a newcomer's two commands give a guest its lease, by a service that comes with the first network and goes with the last", async () => {
  await using scene = await networkScene();
  const { run, outcome, pid, service } = commands(scene);
  const before = await scene.dump();
  await run("network create default");
  await run("network start default");
  const serving = (await pid())!;
  const guest = await guestOf(scene);
  expect(await addressOf(guest)).toMatch(/^192\.168\.100\./);
  expect(await run("network leases default")).toContain(MAC);
  await run("network create other");
  await run("network start other");
  expect(await pid()).toBe(serving);
  await scene.here.host.remove("port1");
  await run("network stop default");
  expect(await pid()).toBe(serving);
  await run("network stop other");
  await gone(serving);
  expect(existsSync(service)).toBe(false);
  expect(await scene.dump()).toBe(before);
  await run("network start default serve=off");
  expect(await pid()).toBeUndefined();
  expect((await outcome("network stop default")).status).toBe(0);
}, 60_000);

test("killed and started again, the service gives the same address, and no rule was missing", async () => {
  await using scene = await networkScene();
  const { run, serve } = commands(scene);
  const { host } = scene.here;
  await run("network create default anti-spoof=on");
  await run("network start default serve=off");
  const first = await serve();
  const guest = await guestOf(scene);
  const address = await addressOf(guest);
  const rules = async (): Promise<unknown[]> =>
    (await host.netfilter.ruleset()).rules.map(({ chain, expressions }) => [chain, expressions?.length]);
  const had = await rules();
  expect(had.length).toBeGreaterThan(8);
  await first.kill("SIGKILL");
  expect(await rules()).toEqual(had);
  const second = await serve();
  expect(await rules()).toEqual(had);
  await guest.host.removeAddress("eth0", `${address}/24`).catch(() => undefined);
  expect(await addressOf(guest)).toBe(address);
  await second.kill("SIGTERM");
  expect(await rules()).toEqual(had);
}, 60_000);

test.skipIf(noNft !== undefined)(
  "while the service runs, no other program flushes or changes the tables; commands do, by the service's socket",
  async ({ skip }) => {
    await using scene = await networkScene();
    const { run, serve } = commands(scene);
    const { here, guests } = scene;
    const { host } = here;
    const tables = async () =>
      (await host.netfilter.ruleset()).tables.map(({ family, name, flags = [] }) => ({ family, name, flags }));
    await run("network create default anti-spoof=on");
    await run("network start default serve=off");
    await using tap = await guests.tapForQemu("default", {});
    const service = await serve();
    skip(service.said().includes("notOwner"), "this kernel has no tables that persist (Linux 6.9)");
    const owned = ["bridge", "inet"].map((family) => ({ family, name: "linkwright", flags: ["owner", "persist"] }));
    const sorted = async () => (await tables()).sort((a, b) => a.family.localeCompare(b.family));
    expect(await sorted()).toEqual(owned);
    await here.run(["nft", "add", "table", "inet", "somebody"]);
    await here.run(["nft", "flush", "ruleset"]);
    expect(await sorted()).toEqual(owned);
    expect((await here.outcome(["nft", "delete", "table", "inet", "linkwright"])).stderr).toContain("not permitted");
    await run(`network forward add default tcp:8080 ${tap.address}:80`);
    expect((await host.netfilter.ruleset()).chains.map(({ name }) => name)).toContain("forwards-default");
    // Two at once: the socket is one's at a time.
    await Promise.all([run("network create two"), run("network create three")]);
    await Promise.all([run("network start two"), run("network start three")]);
    expect(await sorted()).toEqual(owned);
    await service.kill("SIGKILL");
    expect((await sorted()).map(({ flags }) => flags)).toEqual([["persist"], ["persist"]]);
    const again = await serve();
    expect(await sorted()).toEqual(owned);
    await run("network stop default force");
    await run("network stop two");
    await run("network stop three");
    expect(await tables()).toEqual([]);
    await again.kill("SIGTERM");
  },
  90_000,
);

test.skipIf(noNft !== undefined)(
  "a port that is guarded after the service owns the tables is guarded again when all are flushed, and by its owner then",
  async ({ skip }) => {
    await using scene = await networkScene();
    const { run, serve } = commands(scene);
    const { here, guests } = scene;
    const guard = async () =>
      (await here.host.netfilter.ruleset({ family: "bridge", table: "linkwright" })).tables.map(({ flags }) => flags);
    await run("network create default anti-spoof=on");
    await run("network start default serve=off");
    const service = await serve();
    skip(service.said().includes("notOwner"), "this kernel has no tables that persist (Linux 6.9)");
    await using tap = await guests.tapForQemu("default", {});
    expect(await guard()).toHaveLength(1);
    await here.run(["nft", "flush", "ruleset"]);
    await vi.waitFor(async () => expect(await guard()).toEqual([["owner", "persist"]]), 10_000);
    expect(await guardedPorts(here.host)).toMatchObject([{ link: tap.tap.name, mac: tap.mac }]);
    await service.kill("SIGTERM");
  },
  90_000,
);

test("autostart: what is to be up is started with the service; a second service, and whoever is not root, are refused", async () => {
  await using scene = await networkScene();
  const { run, serve, outcome, service } = commands(scene);
  await run("network create default autostart=on");
  await run("network create other");
  const first = await serve();
  const active = async () =>
    (JSON.parse(await run("--json network list")) as { definition: { name: string }; active: boolean }[]).map(
      ({ definition: { name }, active: isUp }) => [name, isUp],
    );
  expect(await active()).toEqual([
    ["default", true],
    ["other", false],
  ]);
  expect((await outcome("serve")).stderr).toContain(`a service answers at ${service} already`);
  await chmod(dirname(scene.folders.run), 0o755);
  await chmod(service, 0o666);
  const asked = (method: string): Promise<string> =>
    scene.here.run([...NOBODY, process.execPath, "-e", ASK, service, method]);
  expect(await asked("status")).toContain('"networks":["default"]');
  expect(await asked("ruleset")).toContain("user 65534 may look, and change nothing");
  await run("network autostart default off");
  await run("network autostart other");
  await run("network stop default");
  await first.kill("SIGTERM");
  const second = await serve();
  expect(await active()).toEqual([
    ["default", false],
    ["other", true],
  ]);
  await second.kill("SIGTERM");
  // Another start finds the socket's file of one that was killed.
  await (await serve()).kill("SIGKILL");
  await (await serve()).kill("SIGTERM");
}, 60_000);

test("edited while the service runs, a network's guests are told what is new when they ask", async () => {
  await using scene = await networkScene();
  const { run, serve, words } = commands(scene);
  await run("network create default");
  await run("network start default serve=off");
  const service = await serve();
  const guest = await guestOf(scene);
  const domain = async (): Promise<string | undefined> => {
    await using kept = await keepLease(guest.host, "eth0", { signal: AbortSignal.timeout(20_000) });
    return kept.lease?.options.domainName;
  };
  expect(await domain()).toBeUndefined();
  const editor = "EDITOR=sed -i 's/^mode: nat$/mode: nat\\ndomain: lab/'";
  expect(await scene.here.run(["env", editor, ...words("network edit default")])).toBe("default: changed: domain\n");
  expect(await domain()).toBe("lab");
  await service.kill("SIGTERM");
}, 60_000);

/**
 * What systemd does for a service, by its plain protocols: a socket that it listens at, readiness, a store of descriptors. It is told
 * "start" and "kill" by lines, and says what it is notified of.
 */
const MANAGER = `
import os, signal, socket, subprocess, sys
path, notify, *command = sys.argv[1:]
listener = socket.socket(socket.AF_UNIX)
listener.bind(path)
listener.listen()
heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
heard.bind(notify)
heard.settimeout(40)
stored = {}
child = None
def hear():
    text, got, _, _ = socket.recv_fds(heard, 4096, 8)
    words = dict(each.split("=", 1) for each in text.decode().split("\\n"))
    if words.get("FDSTORE") == "1":
        stored[words["FDNAME"]] = got[0]
    if words.get("FDSTOREREMOVE") == "1":
        os.close(stored.pop(words["FDNAME"]))
    return words.get("READY") == "1"
for line in sys.stdin:
    if line.strip() == "kill":
        child.kill()
        child.wait()
        heard.settimeout(0)
        try:
            while True: hear()
        except BlockingIOError:
            print("killed", *stored, flush=True)
        heard.settimeout(40)
        continue
    names = ["linkwright.socket", *stored]
    fds = [listener.fileno(), *stored.values()]
    copies = [os.dup2(fd, 100 + i, True) for i, fd in enumerate(fds)]
    def pass_on():
        for i in range(len(names)):
            os.dup2(100 + i, 3 + i, True)
        os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(names)), LISTEN_FDNAMES=":".join(names), NOTIFY_SOCKET=notify)
        os.execv(command[0], command)
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open("/dev/null", os.O_WRONLY), 1)
        pass_on()
    class Child:
        def kill(self): os.kill(pid, signal.SIGKILL)
        def wait(self): os.waitpid(pid, 0)
    child = Child()
    while not hear(): pass
    print("ready", *stored, flush=True)
`;
const noManager =
  lacks("python3", "-c", "import socket; socket.recv_fds") ?? lacks("/usr/bin/setpriv", "--pdeathsig=KILL", "true");
if (noManager !== undefined) console.log(`skipped: ${noManager}`);

test.skipIf(noManager !== undefined)(
  "under a service manager: ready when it serves, asked while it is being restarted, and owner of its tables and sockets all the time",
  async () => {
    await using scene = await networkScene();
    const { here, folders } = scene;
    const { run, service, pid } = commands(scene);
    await run("network create default");
    await run("network start default serve=off");
    const kept = [`state=${folders.state}`, `run=${folders.run}`, `service=${service}`];
    // Without its manager it is gone, as systemd's services are.
    const program = ["/usr/bin/setpriv", "--pdeathsig=KILL", process.execPath, MAIN, "serve", ...kept];
    const manager = here.start(["python3", "-c", MANAGER, service, join(folders.run, "notify"), ...program], true);
    const lines = createInterface(manager.stdout!)[Symbol.asyncIterator]();
    manager.stderr!.resume();
    const tell = async (word: string): Promise<string> => {
      manager.stdin!.write(`${word}\n`);
      return String((await lines.next()).value);
    };
    const flags = async () => (await here.host.netfilter.ruleset()).tables.map((table) => table.flags);
    const { index } = await here.host.link("lw-default");
    const sockets = ["names-udp-inet", "names-tcp-inet", "port", "frames"];
    const stored = ["ruleset", ...sockets.map((each) => `socket/\\d+/default/${index}-${each}`)];
    const all = (word: string): RegExp =>
      new RegExp(`^${word} ${stored.join(" ").replace("ruleset", "ruleset-\\d+")}$`);
    expect(await tell("start")).toMatch(all("ready"));
    const [first, owned] = [await pid(), await flags()];
    const guest = await guestOf(scene);
    const address = await addressOf(guest);
    await tell("kill");
    expect(await flags()).toEqual(owned);
    // Asked while nobody is there, once: answered when somebody is, guests as well.
    const asked = pid();
    await using frames = await guest.host.openFrames("eth0");
    const offered = new Promise<string>((resolve) => {
      frames.receive((frame) => {
        const datagram = decodeIpv4Datagram(frame, true);
        const packet = datagram && decodeDhcpPacket(datagram.payload);
        if (packet?.op === "reply" && packet.chaddr === MAC) resolve(packet.yiaddr!);
      });
    });
    expect(frames.send(discover(MAC))).toBe(true);
    expect(await tell("start")).toMatch(all("ready"));
    expect(await asked).not.toBe(first);
    expect(await offered).toBe(address);
    expect(await flags()).toEqual(owned);
    await here.host.remove("port1");
    await run("network stop default");
    expect(await tell("kill")).toMatch(/^killed ruleset-\d+$/);
  },
  60_000,
);

test("install writes systemd's units, with the socket, the store and no capability that is not needed", async () => {
  await using scene = await networkScene();
  const root = mkdtempSync(join(tmpdir(), "linkwright-units-"));
  try {
    const words = ["install", "service", `root=${root}`, "group=kvm", "program=/usr/bin/linkwright"];
    const said = await scene.here.run([process.execPath, MAIN, ...words]);
    expect(said).toContain("systemctl daemon-reload");
    const unit = (name: string): string => readFileSync(join(root, "etc/systemd/system", name), "utf8");
    expect(unit("linkwright.socket")).toMatch(
      /ListenStream=\/run\/linkwright\/socket\nSocketMode=0660\nSocketGroup=kvm\n/,
    );
    expect(unit("linkwright.service")).toContain("ExecStart=/usr/bin/linkwright serve\n");
    const wrong = await scene.here.outcome([process.execPath, MAIN, ...words.slice(0, 3), "group=a b"]);
    expect(wrong.stderr).toContain("group: a b is no group's name");
    const verify = lacks("systemd-analyze", "--version");
    if (verify === undefined)
      expect(
        (await scene.here.outcome(["systemd-analyze", "verify", join(root, "etc/systemd/system/linkwright.socket")]))
          .stderr,
      ).not.toMatch(/Unknown|Invalid|Failed to parse/);
  } finally {
    rmSync(root, { recursive: true });
  }
});

test("what happened is told by the service, of all or of a link that is gone, and by nobody where none runs", async () => {
  await using scene = await networkScene();
  const { here } = scene;
  const { serve, service } = commands(scene);
  const tell = (words: string) =>
    here.outcome([process.execPath, MAIN, "what-happened", ...words.split(" ").filter(Boolean), `service=${service}`]);
  expect(await tell("")).toMatchObject({ status: 1, stdout: expect.stringContaining("nobody remembers") as string });
  const serving = await serve();
  await here.host.addVeth("gone", { peer: { name: "other" } });
  await here.host.setLink("gone", { mtu: 1400 });
  await here.host.remove("gone");
  await expect
    .poll(async () => (await tell("5m gone")).stdout, { timeout: 20_000 })
    .toContain("gone was removed: veth");
  const { status, stdout } = await tell("gone");
  expect({
    status,
    lines: stdout
      .trim()
      .split("\n")
      .map((line) => line.split(" ").slice(1).join(" ")),
  }).toEqual({
    status: 0,
    lines: expect.arrayContaining([
      "gone was created: veth",
      "gone mtu 1500 → 1400",
      "gone was removed: veth",
    ]) as string[],
  });
  expect((await tell("0s")).stdout).toBe("nothing happened\n");
  expect((await tell("soon gone")).stderr).toMatch(/"soon" is not a duration/);
  await serving.kill("SIGTERM");
}, 60_000);
