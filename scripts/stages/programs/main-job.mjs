import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Host, InputError, NetlinkError } from "../../../dist/index.js";

/** The main job, for versions of Node on which no test runner starts. */
const checks = {
  async "a bridge with ports is made, listed and removed"(host) {
    const bridge = await host.addBridge("br0", { up: true });
    const taps = await Promise.all(["tap0", "tap1", "tap2"].map((name) => host.addTap(name)));
    await Promise.all(taps.map((tap) => host.attach(tap, bridge)));
    const ports = await host.links({ master: "br0" });
    assert.deepEqual(ports.map(({ name, up }) => [name, up]).sort(), [
      ["tap0", true],
      ["tap1", true],
      ["tap2", true],
    ]);
    assert.equal((await host.removeAll([...taps, bridge])).method, "group");
    assert.deepEqual(
      (await host.links()).map(({ name }) => name),
      ["lo"],
    );
  },

  async "a frame that one TAP sends comes out of another"(host) {
    const bridge = await host.addBridge("br0", { up: true });
    const [from, to] = await Promise.all(["tap0", "tap1"].map((name) => host.openTap(name)));
    await host.attach(from, bridge);
    await host.attach(to, bridge);
    const frame = Buffer.from(`${"ff".repeat(6)}02000000000188b5${"00".repeat(46)}`, "hex");
    const [out, into] = [from.frames(), to.frames()];
    const seen = new Promise((resolve) => into.on("data", (each) => each.equals(frame) && resolve()));
    out.write(frame);
    await seen;
    out.destroy();
    into.destroy();
    await Promise.all([from.close(), to.close()]);
    await host.remove(bridge);
  },

  async "a refusal says what was refused, and a slip of the pen is no refusal"(host) {
    await assert.rejects(host.link("absent"), (error) => error instanceof NetlinkError && error.code === "ENODEV");
    await assert.rejects(
      host.setLink("lo", { mtu: "big" }),
      (error) => error instanceof InputError && error.path === "mtu",
    );
  },

  async "addresses, routes and settings are read and written"(host) {
    await host.setLink("lo", { up: true });
    await host.addAddress("lo", "10.0.0.1/24");
    assert.equal((await host.routes.get("10.0.0.1")).type, "local");
    await host.setSysctl("net.ipv4.ip_forward", 1);
    assert.equal(await host.sysctl("net.ipv4.ip_forward"), "1");
  },

  async "the command line answers"() {
    const run = promisify(execFile);
    const program = fileURLToPath(new URL("../../../dist/code/cli.cjs", import.meta.url));
    const { version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8"));
    const say = async (...words) => (await run(process.execPath, [program, ...words])).stdout;
    assert.match(await say("--version"), new RegExp(version.replaceAll(".", "\\.")));
    assert.ok(JSON.parse(await say("--json", "link", "list")).some(({ name }) => name === "lo"));
  },
};

/** Why a user who may not make namespaces and TAPs can check nothing. */
async function obstacle() {
  try {
    const host = await Host.open({ namespace: "new" });
    await (await host.openTap()).close();
    await host.close();
    return undefined;
  } catch (error) {
    if (["EPERM", "EACCES", "ENOENT"].includes(error.code)) return error.message;
    throw error;
  }
}

const reason = await obstacle();
if (reason !== undefined) console.log(`skipped: ${reason}`);
for (const [name, check] of Object.entries(reason === undefined ? checks : {})) {
  const host = await Host.open({ namespace: "new" });
  try {
    await check(host);
    console.log(`passed: ${name}`);
  } finally {
    await host.close();
  }
}
