import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { program } from "../../../src/cli/commands/demo/programs.js";
import { run } from "../../../src/cli/run.js";
import { lacks, type Outcome, run as runProgram } from "../scene/program.js";

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

const built = fileURLToPath(new URL("../../../dist/code/cli.cjs", import.meta.url));
const NOBODY = "setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --";
const IN_USER_NAMESPACE = "unshare --user --map-root-user --net";
const DEVICE = "mknod -m 666 /dev/net/tun c 10 200";
const missing = lacks(
  "unshare",
  "--mount",
  "sh",
  "-ec",
  `mount -t tmpfs none /dev/net; exec ${NOBODY} test -r ${built}`,
);

/** The demonstration where /dev/net has nothing but what is prepared, started by a command that takes privilege away. */
function without(privilege: string, prepare: string): Promise<Outcome> {
  const script = `mount -t tmpfs none /dev/net; ${prepare}; exec ${privilege} "$@"`;
  const demonstration = [process.execPath, built, "demo", "--json", "taps=5", "peers=off"];
  return runProgram(["unshare", "--mount", "sh", "-ec", script, "sh", ...demonstration]);
}

const confined = missing ?? lacks("sh", "-c", `exec ${NOBODY} ${IN_USER_NAMESPACE} true`);

/** What it says where it cannot be shown. */
async function refusal(privilege: string, prepare: string): Promise<string> {
  const { status, stderr } = await without(privilege, prepare);
  expect(status).toBe(1);
  return (JSON.parse(stderr) as { error: { message: string } }).error.message;
}

test("a user who is not root sees the demonstration in a user namespace, which it starts by itself", async ({
  skip,
}) => {
  skip(confined !== undefined, confined);
  const { status, stdout, stderr } = await without(NOBODY, DEVICE);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(JSON.parse(stdout)).toMatchObject({
    taps: 5,
    broadcast: { received: 4 },
    left: { links: [], descriptors: 0 },
  });
});

test("where no TAP can be opened, the demonstration says what is missing", async ({ skip }) => {
  skip(missing !== undefined, missing);
  expect(await refusal(NOBODY, "mknod -m 600 /dev/net/tun c 10 200")).toBe(
    "this user may not open /dev/net/tun, whose mode is 0600: run the demonstration as root, or give the device the " +
      "mode 0666 that udev gives it; the kernel checks privilege later",
  );
  expect(await refusal(NOBODY, "true")).toBe(
    "this machine has no /dev/net/tun: the demonstration needs TUN/TAP (CONFIG_TUN, module tun)",
  );
});

test("where no user namespace can be made, the demonstration says what is missing", async ({ skip }) => {
  skip(confined !== undefined, confined);
  const powerless = "setpriv --bounding-set=-all --inh-caps=-all --securebits=+noroot --";
  const forbidden = "echo 0 > /proc/sys/user/max_user_namespaces";
  const confinement = `${IN_USER_NAMESPACE} sh -ec '${forbidden}; exec ${powerless} "$0" "$@"'`;
  expect(await refusal(confinement, DEVICE)).toMatch(
    /^this user may not create namespaces \(unshare: .*\): run the demonstration as root, or allow user namespaces \(/,
  );
});
