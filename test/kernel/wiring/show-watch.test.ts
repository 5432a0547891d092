import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { Host } from "../../../src/host/host.js";
import { lacks } from "../scene/program.js";

const CLI = fileURLToPath(new URL("../../../dist/code/cli.cjs", import.meta.url));
const POLL = { timeout: 30_000, interval: 100 };
const missing = lacks("tmux", "-V");

/** A terminal of tmux, in which a command of ours runs in a namespace. */
async function terminal(host: Host, command: string, [columns, rows]: readonly [number, number]) {
  const socket = `linkwright-${process.pid}-${Math.floor(performance.now())}`;
  const tmux = (...words: readonly string[]): string => {
    const { status, stdout, stderr } = spawnSync("tmux", ["-L", socket, "-f", "/dev/null", ...words], {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`tmux ${words.join(" ")}: ${stderr}`);
    return stdout;
  };
  const namespace = await host.namespaceDescriptor();
  const line = `${process.execPath} ${CLI} --netns /proc/${process.pid}/fd/${namespace.fd} ${command}; echo ended $?; cat`;
  tmux("new-session", "-d", "-x", String(columns), "-y", String(rows), line);
  return {
    tmux,
    screen: () => tmux("capture-pane", "-p"),
    async [Symbol.asyncDispose]() {
      spawnSync("tmux", ["-L", socket, "kill-server"]);
      await namespace.close();
    },
  };
}

test.skipIf(missing !== undefined)(
  "show watch fills a terminal, follows what changes, and ends with Ctrl-C",
  async () => {
    await using host = await Host.open({ namespace: "new" });
    await host.addBridge("br0", { up: true });
    for (let i = 0; i < 5; i++) await host.addTap(`vnet${i}`, { bridge: "br0" });
    await using shown = await terminal(host, "show watch", [80, 12]);
    await expect.poll(shown.screen, POLL).toContain("└─ vnet4");
    expect(shown.screen().split("\n")[0]).toMatch(/^NAME +WHAT +STATE +ADDRESSES AND MORE/);
    await host.remove("vnet4");
    await host.addAddress("br0", "192.0.2.1/24");
    await expect.poll(shown.screen, POLL).toMatch(/^br0 +bridge +\S+ +192\.0\.2\.1\/24/m);
    expect(shown.screen()).not.toContain("vnet4");
    // What has no room is told; another size is taken up.
    await Promise.all(Array.from({ length: 200 }, (_, i) => host.addTap(`more${i}`, { bridge: "br0" })));
    await expect.poll(shown.screen, POLL).toMatch(/^… and \d+ lines more, for which this terminal has no room$/m);
    expect(shown.screen().trimEnd().split("\n").length).toBeLessThanOrEqual(12);
    shown.tmux("resize-window", "-x", "80", "-y", "30");
    await expect.poll(() => shown.screen().trimEnd().split("\n").length, POLL).toBeGreaterThan(20);
    shown.tmux("send-keys", "C-c");
    await expect.poll(shown.screen, POLL).toContain("ended 0");
  },
);

if (missing !== undefined) console.log(`skipped: show watch in a terminal: ${missing}`);
