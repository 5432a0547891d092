import { existsSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { TunOptions } from "../../../src/index.js";
import { BIN, missing, Scene } from "./scene.js";

const OURS = `${BIN}/linkwright-bridge-helper`;
const QEMUS = "/usr/lib/qemu/qemu-bridge-helper";
const CONF = "/etc/qemu/bridge.conf";

let scene: Scene;

beforeAll(async () => {
  if (missing !== undefined) return;
  scene = await Scene.open();
  await scene.host.addBridge("br0", { up: true });
  await scene.host.addBridge("br1", { up: true });
  await scene.host.setLink("br0", { mtu: 1400 });
});

beforeEach(({ skip }) => {
  skip(missing !== undefined, missing);
  scene.policy({ match: { bridge: "br0" }, bridge: "br0" }, { match: { bridge: "br1" }, bridge: "br1" });
  scene.write(CONF, "allow br0\n");
});

afterAll(async () => {
  if (missing === undefined) await scene[Symbol.asyncDispose]();
});

test.each([true, false])(
  "a TAP on the bridge comes through the socket, with one zero byte; --use-vnet %s",
  async (vnet) => {
    const { taps, ...ended } = await scene.ask(OURS, ...(vnet ? ["--use-vnet"] : []), "--fd=FD", "--br=br0");
    expect(ended).toEqual({ status: 0, signal: null, stdout: "", stderr: "", bytes: [0] });
    expect(taps).toMatchObject([{ up: true, mtu: 1400, master: (await scene.host.link("br0")).index }]);
    expect(taps[0]!.address).toMatch(/^fe:/);
    expect(taps[0]!.linkInfo?.data as TunOptions).toMatchObject({
      type: "tap",
      vnetHdr: vnet,
      pi: false,
      persist: false,
    });
    expect((await scene.host.links()).map(({ name }) => name)).not.toContain(taps[0]!.name);
  },
);

test("it leaves the TAP as QEMU's own does", async ({ skip }) => {
  skip(!existsSync(QEMUS), `${QEMUS} is not installed`);
  const words = ["--use-vnet", "--fd=FD", "--br=br0"];
  const [ours, theirs] = [await scene.ask(OURS, ...words), await scene.ask(QEMUS, ...words)];
  const essence = ({ taps, status, bytes }: typeof ours): object => {
    const { up, mtu, master, address, linkInfo, flags } = taps[0]!;
    return { status, bytes, up, mtu, master, flags, first: address?.slice(0, 2), tun: linkInfo?.data };
  };
  expect(essence(ours)).toEqual(essence(theirs));
});

const USAGE = "linkwright-bridge-helper: usage: linkwright-bridge-helper [--use-vnet] --br=BRIDGE --fd=SOCKET\n";

test.each([
  [["--fd=FD"], 2, USAGE],
  [["--br=br0"], 2, USAGE],
  [["--br=br0", "--fd="], 2, USAGE],
  [["--br=br0", "--fd=x"], 2, USAGE],
  [["--br=br0", "--fd=-1"], 2, USAGE],
  [["--br=br0", "--fd=4294967299"], 2, USAGE],
  [["--br=br0", "--fd=FD", "--other"], 2, USAGE],
  [["--br=br0", "--fd=FD", "br1"], 2, USAGE],
  [["--br=0123456789abcdef", "--fd=FD"], 2, '"0123456789abcdef" is no link\'s name'],
  [["--br=../br0", "--fd=FD"], 2, '"../br0" is no link\'s name'],
  [["--br=br0", "--fd=77"], 1, "descriptor 77 is no UNIX socket"],
  [["--br=br0", "--fd=0"], 1, "descriptor 0 is no UNIX socket"],
  [["--br=br1", "--fd=FD"], 1, "/etc/qemu/bridge.conf does not allow br1"],
] as const)("%j is refused, and nothing is passed or left", async (words, status, text) => {
  const ended = await scene.ask(OURS, ...words);
  expect(ended).toMatchObject({ status, bytes: [], taps: [] });
  expect(ended.stderr).toContain(text);
  expect((await scene.host.links()).map(({ name }) => name)).toEqual(["lo", "br0", "br1"]);
});

/** bridge.conf, whether it allows br0, and files that it includes. */
const files: [string, boolean, Record<string, string>?][] = [
  ["allow br0\n", true],
  ["allow br0", true],
  ["  allow   br0  \n\n", true],
  ["allow\tbr0\n", true],
  ["allow br0\r\n", true],
  ["# allow br0\n", false],
  ["#deny br0\nallow br0\n", true],
  ["  # a comment\nallow all\n", true],
  ["allow br0 # not a comment\n", false],
  ["", false],
  ["allow br1\n", false],
  ["allow br00\nallow br\n", false],
  ["allow all\n", true],
  ["allow br0\ndeny br0\n", false],
  ["deny br0\nallow br0\n", false],
  ["allow all\ndeny br0\n", false],
  ["allow br0\ndeny all\n", false],
  ["deny br1\nallow all\n", true],
  ["permit br0\n", false],
  ["allow br0\npermit br1\n", false],
  ["allow br0\nnonsense\n", false],
  ["allow\n", false],
  ["allow br0\nallow\n", false],
  ["allow br0\nallow", false],
  ["allow br0\ndeny", false],
  ["allow br0\n\v\n", false],
  ["allow \vbr0\n", false],
  ["allow\tbr0 \n", false],
  ["allow all\ndeny\tbr0 # a tab, and spaces behind it\n", false],
  ["allow br0\nallow 0123456789abcdef\n", false],
  ["ALLOW br0\n", false],
  ["include /etc/qemu/more\n", true, { more: "allow br0\n" }],
  ["allow br0\ninclude /etc/qemu/more\n", false, { more: "deny br0\n" }],
  ["allow br0\ninclude /etc/qemu/none\n", true],
  ["include /etc/qemu/more\n", true, { more: "include /etc/qemu/still\n", still: "allow br0\n" }],
  [`# ${"x".repeat(2000)}\nallow br0\n`, true],
];

test.each(files)("bridge.conf %j allows br0: %s, to QEMU's helper too", async (content, allowed, included) => {
  scene.write(CONF, content);
  for (const [name, text] of Object.entries(included ?? {})) scene.write(`/etc/qemu/${name}`, text);
  const answers = existsSync(QEMUS) ? [OURS, QEMUS] : [OURS];
  for (const helper of answers) {
    const { status, taps } = await scene.ask(helper, "--fd=FD", "--br=br0");
    expect({ status, taps: taps.length }, helper).toEqual(allowed ? { status: 0, taps: 1 } : { status: 1, taps: 0 });
  }
});

test("without bridge.conf nothing is allowed", async () => {
  await scene.run(["rm", CONF]);
  expect(await scene.ask(OURS, "--fd=FD", "--br=br0")).toMatchObject({
    status: 1,
    stderr: "linkwright-bridge-helper: /etc/qemu/bridge.conf: No such file or directory\n",
  });
});

test("a bridge that is denied is denied by its other names, too, when it carries the default route", async () => {
  const { host } = scene;
  expect(await scene.run(["ip", "link", "property", "add", "dev", "br0", "altname", "other0"])).toMatchObject({
    status: 0,
  });
  await host.routes.add("default", { link: "br0" });
  scene.policy({ bridge: "default-route" });
  for (const [content, status] of [
    ["allow all\n", 0],
    ["allow all\ndeny br0\n", 1],
  ] as const) {
    scene.write(CONF, content);
    for (const name of ["br0", "other0"])
      expect(await scene.ask(OURS, "--fd=FD", `--br=${name}`), name + content).toMatchObject({ status });
  }
  await host.routes.remove("default", { link: "br0" });
  await scene.run(["ip", "link", "property", "del", "dev", "br0", "altname", "other0"]);
});

test("the policy must allow it, too, and gives no other bridge than the one asked for", async () => {
  scene.write(CONF, "allow all\n");
  scene.policy({ match: { bridge: "br1" }, refuse: "not this one" }, { match: { programs: ["ifup"] }, bridge: "br0" });
  expect((await scene.ask(OURS, "--fd=FD", "--br=br1")).stderr).toMatch(
    /: tap\d+: the policy refuses it: not this one\n$/,
  );
  expect((await scene.ask(OURS, "--fd=FD", "--br=br0")).stderr).toMatch(/: the policy has no rule for it\n$/);
  scene.policy({ bridge: "br0" });
  const answer = await scene.ask(OURS, "--fd=FD", "--br=br1");
  expect(answer).toMatchObject({ status: 1, taps: [] });
  expect(answer.stderr).toMatch(/: another bridge is asked for, and the policy gives br0\n$/);
});

test("a rule for a bridge that is asked for may give another, which bridge.conf must allow as well", async () => {
  scene.policy({ match: { bridge: "lab*" }, bridge: "br0" });
  scene.write(CONF, "allow lab1\n");
  expect((await scene.ask(OURS, "--fd=FD", "--br=lab1")).stderr).toMatch(/bridge\.conf does not allow br0\n$/);
  scene.write(CONF, "allow lab1\nallow br0\n");
  const { status, taps } = await scene.ask(OURS, "--fd=FD", "--br=lab1");
  expect({ status, master: taps[0]?.master }).toEqual({ status: 0, master: (await scene.host.link("br0")).index });
});
