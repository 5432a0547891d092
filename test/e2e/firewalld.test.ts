import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { providePackages } from "../../scripts/lib/debian-files.mjs";
import { answering, ask, isDenied, networkScene, type NetworkScene, OUTSIDE } from "../kernel/networks/scene.js";
import { lacks } from "../kernel/scene/program.js";

const PACKAGES = ["firewalld", "python3-firewall", "python3-nftables", "python3-cap-ng"];
const PYTHON = "/usr/bin/python3";
const { folder, missing } = providePackages("firewalld", PACKAGES, "usr/sbin/firewalld");
const reason =
  missing ?? lacks(PYTHON, "-c", "import dbus, gi") ?? lacks("dbus-daemon", "--version") ?? lacks("nft", "--version");
if (reason !== undefined) console.log(`skipped: ${reason}`);

/** A bus of its own, to which anybody may say anything. */
const BUS = (path: string): string => `<busconfig><type>system</type><listen>unix:path=${path}</listen>
<auth>EXTERNAL</auth><policy context="default"><allow user="*"/><allow own="*"/><allow send_type="method_call"/>
<allow send_destination="*"/><allow receive_sender="*"/></policy></busconfig>`;

/** Starts a D-Bus in the scene. */
async function startBus({ here, folders }: NetworkScene): Promise<string> {
  const [bus, configuration] = [join(folders.run, "bus"), join(folders.run, "bus.conf")];
  writeFileSync(configuration, BUS(bus));
  const child = here.start([
    "dbus-daemon",
    `--config-file=${configuration}`,
    "--nofork",
    "--nopidfile",
    "--print-address",
  ]);
  await new Promise((resolve) => child.stdout!.once("data", resolve));
  return `unix:path=${bus}`;
}

/** Starts Debian's firewalld there, with a bus of its own, and resolves when its chains are there. */
async function startFirewalld(scene: NetworkScene, address: string) {
  const env = [`DBUS_SYSTEM_BUS_ADDRESS=${address}`, `PYTHONPATH=${folder}/usr/lib/python3/dist-packages`];
  const words = [`--system-config=${folder}/etc/firewalld`, `--default-config=${folder}/usr/lib/firewalld`];
  const log = `--log-file=${join(scene.folders.run, "firewalld.log")}`;
  const child = scene.here.start([
    "env",
    ...env,
    PYTHON,
    `${folder}/usr/sbin/firewalld`,
    "--nofork",
    "--nopid",
    ...words,
    log,
  ]);
  child.stderr!.resume();
  await whole(scene);
  return child;
}

/** Its chains are there, to the last. */
async function whole({ here }: NetworkScene): Promise<void> {
  await expect
    .poll(async () => (await here.outcome(["nft", "list", "chain", "inet", "firewalld", "filter_FORWARD"])).stdout, {
      timeout: 60_000,
    })
    .toContain("reject with icmpx");
}

test.skipIf(reason !== undefined)(
  "firewalld itself refuses guests' packets and is named; adopted it lets them pass; our rules survive its reload and its restart",
  async () => {
    await using scene = await networkScene();
    const { guests, outside, here } = scene;
    await answering(outside, 80);
    await guests.define({ name: "vms", mode: "nat", subnet: "192.168.77.0/24" });
    await guests.start("vms");
    const bus = await startBus(scene);
    const firewalld = await startFirewalld(scene, bus);
    const forward = { chain: "chain filter_FORWARD of table inet firewalld", hook: "forward" };
    expect((await guests.info("vms")).foreignDrops).toContainEqual(forward);
    const guest = await scene.guest("lw-vms", "192.168.77.10/24", "192.168.77.1");
    expect(await isDenied(guest, "tcp", OUTSIDE, 80)).toBe(true);
    await guests.redefine({ ...(await guests.info("vms")).definition, firewall: "adopt" });
    expect((await guests.info("vms")).foreignDrops).not.toContainEqual(forward);
    expect(await ask(guest, "tcp", OUTSIDE, 80)).toContain("203.0.113.1");
    const own = async (): Promise<number> =>
      (await here.host.netfilter.ruleset({ family: "inet", table: "linkwright" })).rules.length;
    const rules = await own();
    for (const again of ["reload", "restart"] as const) {
      if (again === "reload") firewalld.kill("SIGHUP");
      else firewalld.kill("SIGTERM");
      // What stood in its chains has gone with them.
      await expect.poll(async () => (await guests.info("vms")).foreignDrops.length, { timeout: 60_000 }).not.toBe(1);
      if (again === "restart") await startFirewalld(scene, bus);
      await whole(scene);
      expect(await own()).toBe(rules);
      await guests.reload();
      expect(await ask(guest, "tcp", OUTSIDE, 80)).toContain("203.0.113.1");
    }
    await guests.stop("vms", { force: true });
    await whole(scene);
    expect(await here.run(["nft", "list", "chain", "inet", "firewalld", "filter_FORWARD"])).not.toContain("lw-vms");
  },
  180_000,
);
