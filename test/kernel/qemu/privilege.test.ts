import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { lacks, type Outcome } from "../scene/program.js";
import { BIN, missing, oneUser, PLAN, planOf, POLICY, Scene, stateOf } from "./scene.js";

const USER = 4242;
const OTHER = 4243;
const reason = missing ?? oneUser ?? lacks("setpriv", "--version") ?? lacks("setcap", "-h");

/** The words that start a command as a user. */
function as(user: number, ...command: readonly string[]): [string, ...string[]] {
  return ["setpriv", `--reuid=${user}`, `--regid=${user}`, "--clear-groups", "--", ...command];
}

/** Runs a command with a socket as its descriptor 3 into which nothing more goes. */
const FULL_SOCKET = `
import os, socket, sys
ours, theirs = socket.socketpair()
theirs.setblocking(False)
try:
    while True: theirs.send(bytes(1000))
except BlockingIOError:
    theirs.setblocking(True)
full, kept = os.dup(theirs.fileno()), os.dup(ours.fileno())
os.set_inheritable(kept, True)
os.dup2(full, 3)
os.execvp(sys.argv[1], sys.argv[1:])
`;

const IFUP = `${BIN}/qemu-ifup`;
const IFDOWN = `${BIN}/qemu-ifdown`;
const HELPER = `${BIN}/linkwright-bridge-helper`;
const FOREIGN = /: it belongs to another user\n$/;

describe.each([
  ["cap_net_admin on the file", `setcap cap_net_admin+ep ${BIN}/linkwright-qemu`],
  ["setuid", `chmod 4755 ${BIN}/linkwright-qemu`],
])("a user who is not root, with %s", (_, grant) => {
  let scene: Scene;

  beforeAll(async () => {
    if (reason !== undefined) return;
    scene = await Scene.open();
    expect(await scene.run(["sh", "-ec", `${grant}; mkdir -m 777 /mnt/user`])).toMatchObject({ status: 0 });
    const { host } = scene;
    for (const name of ["br0", "br1", "br2"]) await host.addBridge(name, { up: true });
    await host.addTap("mine", { owner: USER });
    await host.addTap("theirs", { owner: OTHER });
    await host.addTap("nobodys");
  });

  beforeEach(async ({ skip }) => {
    skip(reason !== undefined, reason);
    scene.policy(
      { match: { startedAs: "qemu-ifup-dmz", users: [OTHER] }, bridge: "br1" },
      { match: { bridge: "br1" }, bridge: "br1" },
      { bridge: "br0" },
    );
    scene.write("/etc/qemu/bridge.conf", "allow br0\n");
    await scene.host.detach("mine").catch(() => undefined);
    await scene.host.setLink("mine", { up: false });
  });

  afterAll(async () => {
    if (reason === undefined) await scene[Symbol.asyncDispose]();
  });

  const run = (...command: readonly string[]): Promise<Outcome> => scene.run(as(USER, ...command));
  const shell = (script: string): Promise<Outcome> => run("sh", "-c", script);

  /** Every link, as it is now. */
  async function everything(): Promise<object> {
    return Object.fromEntries((await scene.host.links()).map((link) => [link.name, stateOf(link)]));
  }

  /** Tries something that gives nothing. */
  async function inVain(attempt: () => Promise<Outcome>): Promise<Outcome> {
    const before = await everything();
    const ended = await attempt();
    expect(await everything()).toEqual(before);
    expect(ended.status).not.toBe(0);
    return ended;
  }

  async function bridgeOf(name: string): Promise<string | undefined> {
    const { master } = await scene.host.link(name);
    return (await scene.host.links()).find(({ index }) => index === master)?.name;
  }

  test("has a TAP of his own attached, and taken off", async () => {
    expect(await run(IFUP, "mine")).toEqual({ status: 0, signal: null, stdout: "", stderr: "" });
    expect([await bridgeOf("mine"), (await scene.host.link("mine")).up]).toEqual(["br0", true]);
    expect(await run(IFDOWN, "mine")).toMatchObject({ status: 0, stderr: "" });
    expect([await bridgeOf("mine"), (await scene.host.link("mine")).up]).toEqual([undefined, false]);
  });

  test("is given a TAP on a bridge that both policy and bridge.conf allow", async () => {
    const br0 = (await scene.host.link("br0")).index;
    const answer = await scene.ask(...as(USER, HELPER, "--use-vnet", "--br=br0", "--fd=FD"));
    expect(answer).toMatchObject({ status: 0, stderr: "", taps: [{ up: true, master: br0 }] });
  });

  test("1: nothing for a TAP that is another user's, or nobody's", async () => {
    for (const name of ["theirs", "nobodys"]) {
      expect((await inVain(() => run(IFUP, name))).stderr).toMatch(FOREIGN);
      await scene.host.attach(name, "br0");
      expect((await inVain(() => run(IFDOWN, name))).stderr).toMatch(FOREIGN);
      await scene.host.detach(name);
    }
  });

  test("2: no bridge that is not allowed", async () => {
    for (const bridge of ["br1", "br2"]) {
      const ended = await inVain(() => scene.ask(...as(USER, HELPER, `--br=${bridge}`, "--fd=FD")));
      expect(ended).toMatchObject({ status: 1, taps: [] });
      expect(ended.stderr).toContain(`bridge.conf does not allow ${bridge}`);
    }
    scene.write("/etc/qemu/bridge.conf", "allow all\n");
    const ended = await inVain(() => scene.ask(...as(USER, HELPER, "--br=br2", "--fd=FD")));
    expect(ended.stderr).toMatch(/another bridge is asked for, and the policy gives br0/);
  });

  test("3: no TAP that is another bridge's", async () => {
    await scene.host.attach("mine", "br2");
    for (const program of [IFUP, IFDOWN])
      expect((await inVain(() => run(program, "mine"))).stderr).toMatch(/it is a port of another bridge than br0/);
  });

  test("4: no other policy by a name of his own, for a user is who he is", async () => {
    await shell(`ln -sf ${BIN}/linkwright-qemu /mnt/user/qemu-ifup-dmz`);
    expect(await run("/mnt/user/qemu-ifup-dmz", "mine")).toMatchObject({ status: 0 });
    expect(await bridgeOf("mine")).toBe("br0");
    for (const name of ["", "x/", "/etc/linkwright/qemu.plan", `${"q".repeat(5000)}`])
      expect((await inVain(() => run("bash", "-c", 'exec -a "$0" "$1" mine', name, IFUP))).status).toBe(2);
  });

  test("5: no policy but root's: not by a link, a folder, or a write", async () => {
    const { policy, plan } = planOf([{ bridge: "br2" }]);
    for (const [name, bytes] of [
      ["qemu.json", policy],
      ["qemu.plan", plan],
    ] as const)
      scene.write(`/mnt/user/${name}`, bytes);
    for (const path of [POLICY, PLAN]) {
      await inVain(() => shell(`echo >> ${path}`));
      await inVain(() => shell(`ln -sf /mnt/user/qemu.plan ${path}`));
      await inVain(() => shell(`mv /mnt/user/qemu.plan ${path}`));
    }
    await shell("mkdir -p /mnt/user/etc/linkwright && cp /mnt/user/qemu.* /mnt/user/etc/linkwright");
    for (const folder of ["/mnt/user", "/mnt/user/etc", "/mnt/user/etc/linkwright"]) {
      expect(await run("env", `--chdir=${folder}`, IFUP, "mine")).toMatchObject({ status: 0 });
      expect(await bridgeOf("mine")).toBe("br0");
    }
  });

  test("6: no policy of his own in a namespace of his own", async ({ skip }) => {
    const forbidden = await run("unshare", "--user", "--map-root-user", "--mount", "true");
    skip(forbidden.status !== 0, "users may have no namespaces here");
    const mine =
      "mount -t tmpfs -o mode=755 x /etc/linkwright && cp /mnt/user/qemu.* /etc/linkwright && chmod 644 /etc/linkwright/*";
    const script = `${mine} && cat /etc/linkwright/qemu.json && exec ${IFUP} theirs`;
    const ended = await inVain(() => run("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script));
    expect(ended.stdout).toContain("br2");
    expect(ended.stderr).toMatch(/Operation not permitted/);
    const network = await inVain(() =>
      run("unshare", "--user", "--map-root-user", "--net", "--mount", "sh", "-c", `${mine}; exec ${IFUP} theirs`),
    );
    expect(network.stderr).toMatch(/theirs: No such device/);
  });

  test("7: nothing by the environment", async () => {
    const environment = [
      "LD_PRELOAD=/mnt/user/x.so",
      "LD_LIBRARY_PATH=/mnt/user",
      "LD_AUDIT=/mnt/user/x.so",
      "GLIBC_TUNABLES=glibc.malloc.mxfast=glibc.malloc.mxfast=A",
      "GCONV_PATH=/mnt/user",
      "LOCPATH=/mnt/user",
      "MALLOC_TRACE=/mnt/user/trace",
      "PATH=/mnt/user",
      "IFS=a",
      "HOME=/mnt/user",
      "TMPDIR=/mnt/user",
    ];
    expect(await run("/usr/bin/env", "-i", ...environment, IFUP, "mine")).toMatchObject({ status: 0, stderr: "" });
    expect(await bridgeOf("mine")).toBe("br0");
    expect((await shell("ls /mnt/user/trace")).status).not.toBe(0);
  });

  test("8: nothing by closed descriptors, or by one that is no socket of QEMU's", async () => {
    expect(await shell(`exec ${IFUP} mine <&- >&- 2>&-`)).toMatchObject({ status: 0 });
    const before = readFileSync(scene.path(PLAN));
    for (const words of ["0", "1", "2", "3", "4", "5", "6"])
      for (const opened of ["<&- >&- 2>&-", "3</etc/linkwright/qemu.plan", "4>/mnt/user/file", "5</etc"])
        await inVain(() => shell(`exec ${HELPER} --br=br0 --fd=${words} </dev/null >/dev/null 2>&1 ${opened}`));
    expect(readFileSync(scene.path(PLAN))).toEqual(before);
    expect((await shell("cat /mnt/user/file")).stdout).toBe("");
  });

  test("9: nothing by limits", async () => {
    for (const limit of ["-n 3", "-n 4", "-f 0", "-v 100", "-s 8"]) {
      const before = await everything();
      const { status } = await shell(`ulimit ${limit}; exec ${IFUP} mine`);
      if (status !== 0) expect(await everything()).toEqual(before);
      expect((await inVain(() => shell(`ulimit ${limit}; exec ${IFUP} theirs`))).stdout).toBe("");
    }
  });

  test("10: nothing by tracing it, which takes its privilege away", async ({ skip }) => {
    const noStrace = lacks("strace", "-V");
    skip(noStrace !== undefined, noStrace);
    const ended = await inVain(() => run("strace", "-o", "/dev/null", IFUP, "mine"));
    expect(ended.stderr).toContain("CAP_NET_ADMIN is missing");
  });

  test("11: it is the user, with CAP_NET_ADMIN alone, while it works", async ({ skip }) => {
    const noPython = lacks("python3", "--version");
    skip(noPython !== undefined, noPython);
    const helped = as(USER, HELPER, "--br=br0", "--fd=3");
    const [command, ...words] = scene.command("python3", "-c", FULL_SOCKET, ...helped);
    const child = spawn(command!, words, { stdio: "ignore" });
    const ended = once(child, "close");
    const br0 = (await scene.host.link("br0")).index;
    // Then it waits for room in the socket.
    await vi.waitUntil(async () => (await scene.host.links()).some(({ master, up }) => master === br0 && up), {
      timeout: 20_000,
    });
    const stdout = readFileSync(`/proc/${child.pid}/status`, "utf8");
    for (const line of [
      `Uid:\t${USER}\t${USER}\t${USER}\t${USER}`,
      `Gid:\t${USER}\t${USER}\t${USER}\t${USER}`,
      "CapInh:\t0000000000000000",
      "CapPrm:\t0000000000001000",
      "CapEff:\t0000000000001000",
      "CapAmb:\t0000000000000000",
      "NoNewPrivs:\t1",
    ])
      expect(stdout.split("\n")).toContain(line);
    child.kill("SIGKILL");
    await ended;
  });
});
