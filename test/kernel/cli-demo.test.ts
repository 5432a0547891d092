import { expect, test } from "vitest";
import { program } from "../../src/cli/demo/programs.js";
import { run } from "../../src/cli/run.js";

async function demo(...words: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const said = { stdout: "", stderr: "" };
  const status = await run(["demo", ...words], {
    stdout: { write: (text) => (said.stdout += text) },
    stderr: { write: (text) => (said.stderr += text) },
    env: {},
  });
  return { status, ...said };
}

test("the demonstration sends a frame to every TAP and leaves nothing behind", async () => {
  const { status, stdout, stderr } = await demo("--json", "taps=12", "peers=off");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const findings = JSON.parse(stdout) as Record<string, unknown>;
  expect(findings).toMatchObject({
    taps: 12,
    broadcast: { bytes: 60, received: 11 },
    peers: [],
    left: { links: [], descriptors: 0 },
  });
});

test("QEMU runs on a TAP that it inherits", async ({ skip }) => {
  if (program("qemu-system-x86_64") === undefined) skip("qemu-system-x86_64 is not installed");
  const { stdout } = await demo("--json", "taps=2", "peers=off");
  expect(JSON.parse(stdout)).toMatchObject({ qemu: { status: 0, network: "n0: index=0,type=tap,fd=3" } });
});

test("the demonstration is told to a person, beside the shell's times", async ({ skip }) => {
  if (program("ip") === undefined || program("unshare") === undefined) skip("ip or unshare is not installed");
  const { status, stdout } = await demo("taps=3");
  expect(status).toBe(0);
  expect(stdout).toMatch(/bridge br0 and 3 TAPs, created in/);
  expect(stdout).toMatch(/p50 \d+ µs, p95 \d+ µs, p99 \d+ µs\n( +below .*\n)+/);
  expect(stdout).toMatch(/read from all 2 others, byte for byte/);
  expect(stdout).toMatch(/Nothing is left: the namespace holds lo/);
  expect(stdout).toMatch(/CREATE +ATTACH +REMOVE +TOTAL +TIMES\nlinkwright .* 1\.0\nsh \+ ip /);
});
