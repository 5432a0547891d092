import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { lacks } from "../scene/program.js";
import { interfered, noStrace } from "./interfered.js";
import { BIN, missing, Scene, stateOf } from "./scene.js";

let scene: Scene;

beforeAll(async () => {
  if (missing !== undefined) return;
  scene = await Scene.open();
  await scene.host.addBridge("br0", { up: true });
  await scene.host.setLink("br0", { mtu: 1400 });
  await scene.host.addTap("tap0");
});

beforeEach(async ({ skip }) => {
  skip(missing !== undefined, missing);
  scene.policy({ match: { tap: "refused*" }, refuse: "because" }, { bridge: "br0", port: { isolated: true } });
  await scene.host.detach("tap0").catch(() => undefined);
  await scene.host.setLink("tap0", { up: false, mtu: 1500 });
});

afterAll(async () => {
  if (missing === undefined) await scene[Symbol.asyncDispose]();
});

/** What the program says, and that it ends with `status`; the TAP is as it was. */
async function refusal(status: number, ...words: readonly string[]): Promise<string> {
  const before = await scene.host.link("tap0");
  const ended = await scene.start(words[0]!, ...words.slice(1));
  expect(ended).toMatchObject({ status, stdout: "" });
  expect(stateOf(await scene.host.link("tap0"))).toEqual(stateOf(before));
  return ended.stderr;
}

test.each([
  [["qemu-ifup"], "qemu-ifup: usage: qemu-ifup TAP\n"],
  [["qemu-ifup", "tap0", "tap1"], "qemu-ifup: usage: qemu-ifup TAP\n"],
  [["qemu-ifdown"], "qemu-ifdown: usage: qemu-ifdown TAP\n"],
  [["qemu-ifup", ""], 'qemu-ifup: "" is no link\'s name: 1 to 15 bytes, without spaces, slashes and colons\n'],
  [["qemu-ifup", "0123456789abcdef"], 'qemu-ifup: "0123456789abcdef" is no link\'s name: 1 to 15 bytes'],
  [["qemu-ifup", "../tap0"], 'qemu-ifup: "../tap0" is no link\'s name'],
  [["qemu-ifup", "tap 0"], 'qemu-ifup: "tap 0" is no link\'s name'],
  [
    ["linkwright-bridge-helper"],
    "linkwright-bridge-helper: usage: linkwright-bridge-helper [--use-vnet] --br=BRIDGE --fd=SOCKET\n",
  ],
  [["linkwright-qemu", "tap0"], "linkwright-qemu: start it as qemu-ifup, qemu-ifdown or linkwright-bridge-helper\n"],
])("%j is used wrongly: it ends with 2 and says how it is used", async (words, text) => {
  expect(await refusal(2, ...words)).toContain(text);
});

test("a name of any length is refused", async () => {
  expect(await refusal(2, "qemu-ifup", "a".repeat(100_000))).toMatch(/^qemu-ifup: "a{400,510}\n$/);
});

test.each([
  ["nosuch", "qemu-ifup: nosuch: No such device\n"],
  ["lo", "qemu-ifup: lo: it is no TAP\n"],
  ["br0", "qemu-ifup: br0: it is no TAP\n"],
  ["refused0", "qemu-ifup: refused0: the policy refuses it: because\n"],
])("%s is refused", async (name, text) => {
  expect(await refusal(1, "qemu-ifup", name)).toBe(text);
});

test("a TUN is no TAP", async () => {
  await scene.run(["ip", "tuntap", "add", "tun0", "mode", "tun"]);
  expect(await refusal(1, "qemu-ifup", "tun0")).toBe("qemu-ifup: tun0: it is no TAP\n");
});

test("a TAP for which the policy has no rule is refused", async () => {
  scene.policy({ match: { tap: "vnet*" }, bridge: "br0" });
  expect(await refusal(1, "qemu-ifup", "tap0")).toBe("qemu-ifup: tap0: the policy has no rule for it\n");
});

test("a rule whose bridge is gone, or is none, is said", async () => {
  scene.policy({ match: { tap: "tap0" }, bridge: "br7" }, { bridge: "tap0" });
  expect(await refusal(1, "qemu-ifup", "tap0")).toBe("qemu-ifup: tap0: br7: No such device\n");
  await scene.host.addTap("tap1");
  expect(await refusal(1, "qemu-ifup", "tap1")).toBe("qemu-ifup: tap1: tap0 is no bridge\n");
});

test("without a default route, or when it leads through no bridge, nothing is done", async () => {
  scene.policy({ bridge: "default-route" });
  expect(await refusal(1, "qemu-ifup", "tap0")).toMatch(
    /^qemu-ifup: tap0: default-route: Network (is )?unreachable\n$/,
  );
  await scene.host.setLink("lo", { up: true });
  await scene.host.routes.add("default", { link: "lo" });
  expect(await refusal(1, "qemu-ifup", "tap0")).toBe("qemu-ifup: tap0: default-route is no bridge\n");
  await scene.host.routes.remove("default", { link: "lo" });
  await scene.host.routes.add("default", { link: "br0" });
  expect(await scene.start("qemu-ifup", "tap0")).toMatchObject({ status: 0, stderr: "" });
  expect((await scene.host.link("tap0")).master).toBe((await scene.host.link("br0")).index);
  await scene.host.routes.remove("default", { link: "br0" });
});

test("a TAP that is another bridge's stays there", async () => {
  await scene.host.addBridge("br1");
  await scene.host.attach("tap0", "br1");
  expect(await refusal(1, "qemu-ifup", "tap0")).toBe("qemu-ifup: tap0: it is a port of another bridge than br0\n");
  expect(await refusal(1, "qemu-ifdown", "tap0")).toBe("qemu-ifdown: tap0: it is a port of another bridge than br0\n");
});

test("a full bridge is said, and the TAP is as it came, but down or up as it was", async () => {
  const { host } = scene;
  await host.addBridge("full");
  const names = Array.from({ length: 1023 }, (_, i) => `f${i}`);
  await Promise.all(names.map((name) => host.addTap(name, { bridge: "full" })));
  scene.policy({ bridge: "full", mtu: 1300 });
  await host.setLink("tap0", { up: true });
  expect(await refusal(1, "qemu-ifup", "tap0")).toBe("qemu-ifup: tap0: joining full: Exchange full\n");
  await host.removeAll([...names, "full"]);
}, 60_000);

test("without CAP_NET_ADMIN it says what to do", async ({ skip }) => {
  const reason = lacks("setpriv", "--version");
  skip(reason !== undefined, reason);
  const dropped = ["setpriv", "--bounding-set=-net_admin", `${BIN}/qemu-ifup`, "tap0"];
  expect(await scene.run(dropped)).toMatchObject({
    status: 1,
    stderr: "qemu-ifup: CAP_NET_ADMIN is missing: Operation not permitted; be root, or: setcap cap_net_admin+ep\n",
  });
});

test.each(["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])(
  "with %s it works as ever, and nothing is written elsewhere",
  async (closed) => {
    const words = ["sh", "-c", `${BIN}/qemu-ifup tap0 ${closed}`];
    expect(await scene.run(words)).toEqual({ status: 0, signal: null, stdout: "", stderr: "" });
    expect(await scene.host.link("tap0")).toMatchObject({ up: true, mtu: 1400 });
    const wrong = ["sh", "-c", `${BIN}/qemu-ifup nosuch ${closed}`];
    const text = closed.includes("2>&-") ? "" : "qemu-ifup: nosuch: No such device\n";
    expect(await scene.run(wrong)).toEqual({ status: 1, signal: null, stdout: "", stderr: text });
  },
);

test("a TAP comes up configured, whether it came down or up, and goes down and out", async () => {
  const { host } = scene;
  const { index } = await host.link("br0");
  for (const up of [false, true]) {
    await host.setLink("tap0", { up });
    expect(await scene.start("qemu-ifup", "tap0")).toMatchObject({ status: 0, stderr: "" });
    const tap = await host.link("tap0");
    expect(tap).toMatchObject({ up: true, mtu: 1400, master: index });
    expect(tap.address).toMatch(/^fe:/);
    expect((await host.link("tap0")).linkInfo?.slaveData).toMatchObject({ isolated: true });
    expect(await scene.start("qemu-ifdown", "tap0")).toMatchObject({ status: 0, stderr: "" });
    const gone = await host.link("tap0");
    expect(gone.up).toBe(false);
    expect(gone.master).toBeUndefined();
    expect(await scene.start("qemu-ifdown", "tap0"), "again").toMatchObject({ status: 0 });
  }
});

test("by a rule without up a TAP is down in its bridge, even when it came up", async () => {
  const { host } = scene;
  scene.policy({ bridge: "br0", up: false });
  await host.setLink("tap0", { up: true });
  expect(await scene.start("qemu-ifup", "tap0")).toMatchObject({ status: 0, stderr: "" });
  expect(await host.link("tap0")).toMatchObject({ up: false, master: (await host.link("br0")).index });
});

test("an error is written in one piece, so that those of programs that run at once do not mix", async ({ skip }) => {
  skip(noStrace !== undefined, noStrace);
  scene.policy({ refuse: "r".repeat(300) });
  const traced = ["strace", "-qq", "-o", "/mnt/trace", "-e", "trace=write,writev", `${BIN}/qemu-ifup`, "tap0"];
  expect(await scene.run(traced)).toMatchObject({ status: 1 });
  expect((await scene.run(["grep", "-c", "= [1-9]", "/mnt/trace"])).stdout).toBe("1\n");
});

test("it opens nothing before it is the caller, with CAP_NET_ADMIN alone", async ({ skip }) => {
  skip(noStrace !== undefined, noStrace);
  for (const words of [
    ["qemu-ifup", "tap0"],
    ["qemu-ifdown", "tap0"],
    ["linkwright-bridge-helper", "--br=br0", "--fd=3"],
  ]) {
    const traced = ["strace", "-qq", "-o", "/mnt/trace", "-e", "trace=!arch_prctl", `${BIN}/${words[0]!}`];
    const [ours, theirs] = scene.host.socketPair();
    await scene.run([...traced, ...words.slice(1)], [theirs.fd]);
    await Promise.all([ours.close(), theirs.close()]);
    const { stdout } = await scene.run(["cat", "/mnt/trace"]);
    const calls = stdout.split("\n").map((line) => /^\w+/.exec(line)?.[0]);
    const place = (name: string): number => calls.indexOf(name);
    const opened = calls.findIndex((call) => /^(open|openat|openat2|socket)$/.test(call ?? ""));
    for (const dropping of ["setresgid", "setresuid", "capset"]) expect(place(dropping), dropping).toBeGreaterThan(0);
    expect(opened).toBeGreaterThan(Math.max(place("setresgid"), place("setresuid"), place("capset")));
  }
});

test("20 calls at once for one TAP all end well, and the port is right", async () => {
  const ended = await Promise.all(Array.from({ length: 20 }, () => scene.start("qemu-ifup", "tap0")));
  expect(ended.map(({ status, stderr }) => `${status} ${stderr}`)).toEqual(Array.from({ length: 20 }, () => "0 "));
  const tap = await scene.host.link("tap0");
  expect(tap).toMatchObject({ up: true, mtu: 1400 });
  expect(tap.linkInfo?.slaveData).toMatchObject({ isolated: true });
});

test("killed before any of its messages, the next call repairs it, and an unconfigured port is never up", async ({
  skip,
}) => {
  skip(noStrace !== undefined, noStrace);
  const { index } = await scene.host.link("br0");
  let killed = 0;
  for (let n = 1; n < 20; n++) {
    const ended = await scene.run(interfered("signal=KILL", n));
    if (ended.status === 0) break;
    killed++;
    const half = await scene.host.link("tap0");
    const isolated = (half.linkInfo?.slaveData as { isolated?: boolean } | undefined)?.isolated;
    expect(half.up && half.master !== undefined && isolated !== true, `killed at ${n}`).toBe(false);
    expect(await scene.start("qemu-ifup", "tap0")).toMatchObject({ status: 0, stderr: "" });
    const tap = await scene.host.link("tap0");
    expect(tap).toMatchObject({ up: true, mtu: 1400, master: index });
    expect(tap.linkInfo?.slaveData).toMatchObject({ isolated: true });
    await scene.start("qemu-ifdown", "tap0");
  }
  // Two questions and four steps.
  expect(killed).toBe(6);
});

test.each([false, true])("whichever step fails, a TAP that came %s up is put back as it came", async (up) => {
  const reason = noStrace;
  if (reason !== undefined) return;
  await scene.host.setLink("tap0", { up, mtu: 1234 });
  const before = stateOf(await scene.host.link("tap0"));
  const texts: string[] = [];
  for (let n = 3; n <= 6; n++) {
    const ended = await scene.run(interfered("error=ENOBUFS", n));
    expect(ended.status).toBe(1);
    texts.push(ended.stderr);
    expect(stateOf(await scene.host.link("tap0")), `step ${n}`).toEqual(before);
  }
  const text = (step: string): string => `qemu-ifup: tap0: ${step} br0: No buffer space available\n`;
  expect(texts).toEqual(["waiting, down, for", "joining", "configuring a port of", "coming up on"].map(text));
});

test("what the kernel refuses is said in its own words, with the step and the names", async () => {
  scene.policy({ bridge: "br0", mtu: 65535, mac: "keep" });
  expect(await refusal(1, "qemu-ifup", "tap0")).toBe("qemu-ifup: tap0: joining br0: mtu greater than device maximum\n");
});

test("a port option that the kernel refuses leaves the TAP as it came", async () => {
  scene.policy({ bridge: "br0", port: { groupFwdMask: 2 } });
  await scene.host.setLink("tap0", { up: true, mtu: 1200 });
  expect(await refusal(1, "qemu-ifup", "tap0")).toBe("qemu-ifup: tap0: configuring a port of br0: Invalid argument\n");
});

test("a reader of its errors that has gone does not keep it from putting the TAP back", async () => {
  scene.policy({ bridge: "br0", mtu: 65535 });
  const before = stateOf(await scene.host.link("tap0"));
  const words = ["bash", "-c", `exec 2> >(exec true); sleep 0.05; ${BIN}/qemu-ifup tap0; exit $?`];
  expect(await scene.run(words)).toMatchObject({ status: 1, signal: null });
  expect(stateOf(await scene.host.link("tap0"))).toEqual(before);
});
