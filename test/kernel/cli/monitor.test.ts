import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import { plain, terminal } from "./terminal.js";

const program = fileURLToPath(new URL("../../../dist/code/cli.cjs", import.meta.url));

interface Monitor extends AsyncDisposable {
  readonly child: ChildProcess;
  /** Resolves with the first line that fits. */
  line(fits: RegExp): Promise<string>;
  /** Ends it by a signal, and resolves with its exit status. */
  end(): Promise<unknown>;
}

/** Starts monitor in a host's namespace, and waits until it tells of changes. */
async function monitor(host: Host, ...words: string[]): Promise<Monitor> {
  const namespace = await host.namespaceDescriptor();
  const netns = `/proc/${process.pid}/fd/${namespace.fd}`;
  const child = spawn(process.execPath, [program, "--netns", netns, ...words], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const closed = once(child, "close");
  const lines: string[] = [];
  let rest = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    lines.push(...parts);
    child.emit("lines");
  });
  async function line(fits: RegExp): Promise<string> {
    for (;;) {
      const found = lines.find((each) => fits.test(each));
      if (found !== undefined) return found;
      await once(child, "lines");
    }
  }
  async function end(): Promise<unknown> {
    child.kill("SIGINT");
    return ((await closed) as unknown[])[0];
  }
  await host.addTap("ready");
  for (let mtu = 1300; lines.length === 0; mtu = mtu === 1300 ? 1301 : 1300) {
    await host.setLink("ready", { mtu });
    await Promise.race([once(child, "lines"), new Promise((resolve) => setTimeout(resolve, 20))]);
  }
  return { child, line, end, [Symbol.asyncDispose]: async () => void (await end()) };
}

test("monitor prints a line for each event, with its time and what changed from what to what, until it is interrupted", async () => {
  await using host = await Host.open({ namespace: "new" });
  const shown = await monitor(host, "monitor", "link", "address");
  await host.addBridge("br0");
  await host.setLink("br0", { mtu: 1400 });
  await host.addAddress("br0", "10.0.0.1/24");
  await host.remove("br0");
  expect(await shown.line(/ link created br0$/)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /);
  await shown.line(/ link changed br0 mtu 1500 → 1400$/);
  await shown.line(/ address created 10\.0\.0\.1/);
  await shown.line(/ link removed br0$/);
  expect(await shown.end()).toBe(0);
});

test("monitor kind=tun prints what becomes of TAPs, and of nothing else", async () => {
  await using host = await Host.open({ namespace: "new" });
  const shown = await monitor(host, "monitor", "kind=tun");
  await host.addBridge("br0");
  await host.addTap("tap0");
  expect(await shown.line(/created (?!ready)/)).toMatch(/ link created tap0$/);
  expect(await shown.end()).toBe(0);
});

test("monitor --json prints a document a line", async () => {
  await using host = await Host.open({ namespace: "new" });
  await using shown = await monitor(host, "--json", "monitor", "link");
  await host.addBridge("br0");
  await host.setLink("br0", { mtu: 1400 });
  expect(JSON.parse(await shown.line(/"mtu":1400/))).toMatchObject({
    subject: "link",
    change: "changed",
    properties: ["mtu"],
    before: { name: "br0", mtu: 1500 },
    after: { name: "br0", mtu: 1400 },
    origin: "told",
  });
});

test("monitor --all-namespaces tells of links in namespaces that have an id here", async () => {
  await using host = await Host.open({ namespace: "new" });
  await using other = await Host.open({ namespace: "new" });
  await host.addVeth("here", { peer: { name: "there", namespace: other } });
  await host.link("here");
  await using shown = await monitor(host, "monitor", "link", "--all-namespaces");
  await other.setLink("there", { mtu: 1400 });
  await shown.line(/ link \w+ there in namespace \d+/);
});

test("monitor ends when nobody reads what it prints any more", async () => {
  await using host = await Host.open({ namespace: "new" });
  const { child } = await monitor(host, "monitor", "link");
  child.stdout!.destroy();
  const closed = once(child, "exit");
  let ended = false;
  void closed.then(() => (ended = true));
  for (let mtu = 1400; !ended; mtu = mtu === 1400 ? 1401 : 1400) {
    await host.setLink("ready", { mtu });
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 20))]);
  }
  expect((await closed) as unknown[]).toEqual([0, null]);
});

test("monitor refuses what cannot be watched", async () => {
  await using shell = await terminal();
  const said = await shell.type("monitor link weather");
  expect(said).toMatchObject({ status: 2, stdout: "" });
  expect(said.stderr).toMatch(/weather/);
  expect((await plain("help", "monitor")).stdout).toMatch(/all-namespaces/);
});
