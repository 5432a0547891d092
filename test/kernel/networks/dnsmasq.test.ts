import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { keepLease } from "../../../src/dhcp/index.js";
import { networkLeases, type NetworkService, serveNetwork } from "../../../src/networks/index.js";
import { lacks } from "../scene/program.js";
import { networkScene, type NetworkScene } from "./scene.js";
import type { Place } from "../scene/guests.js";

const missing = lacks("dnsmasq", "--version") ?? lacks("nsenter", "--version");
if (missing !== undefined) console.log(`skipped: ${missing}`);

const MAC = "52:54:00:77:00:09";

/** What is told of the service, and the next that is told of a kind. */
function telling() {
  const heard: { event: string; pid?: number; reason?: string }[] = [];
  const waiting: (() => void)[] = [];
  return {
    report(event: object): void {
      heard.push(event as (typeof heard)[number]);
      waiting.splice(0).forEach((each) => each());
    },
    async next(kind: string): Promise<(typeof heard)[number]> {
      for (;;) {
        const place = heard.findIndex(({ event }) => event === kind);
        if (place >= 0) return heard.splice(0, place + 1).at(-1)!;
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
  };
}

async function dnsmasqScene(): Promise<{ scene: NetworkScene; guest: Place }> {
  const scene = await networkScene();
  // It reads its files as another user than root.
  chmodSync(dirname(scene.folders.run), 0o755);
  await scene.guests.define({
    name: "one",
    mode: "nat",
    subnet: "192.168.77.0/24",
    domain: "lab",
    dhcp: {
      server: "dnsmasq",
      reservations: [{ mac: "52:54:00:77:00:50", address: "192.168.77.50", hostname: "fifty" }],
    },
  });
  await scene.guests.start("one");
  const guest = await scene.guest("lw-one");
  await guest.host.setLink("eth0", { address: MAC });
  return { scene, guest };
}

/** The address that a guest is given. */
async function addressOf(guest: Place): Promise<string> {
  await using kept = await keepLease(guest.host, "eth0", { hostname: "nine", signal: AbortSignal.timeout(30_000) });
  return kept.lease!.address;
}

const RESOLVE = `const { Resolver } = require("dns"); const resolver = new Resolver();
resolver.setServers(["192.168.77.1"]); resolver.resolve4(process.argv[1], (error, found) => console.log(error ? error.code : found[0]));`;

test.skipIf(missing !== undefined)(
  "dnsmasq gives leases and names, keeps what ports were promised, and is there again however it ends",
  async () => {
    const { scene, guest } = await dnsmasqScene();
    await using _ = scene;
    const { here, folders, guests } = scene;
    const told = telling();
    let service: NetworkService = await serveNetwork(here.host, "one", { ...folders, report: told.report });
    try {
      const { pid } = await told.next("dnsmasqStarted");
      const address = await addressOf(guest);
      expect(address).toMatch(/^192\.168\.77\.\d+$/);
      expect(await networkLeases("one", folders)).toMatchObject([{ address, mac: MAC, hostname: "nine" }]);
      const resolved = async (name: string): Promise<string> =>
        (await guest.run([process.execPath, "-e", RESOLVE, name])).trim();
      expect([await resolved("nine.lab"), await resolved("fifty.lab"), await resolved("none.lab")]).toEqual([
        address,
        "192.168.77.50",
        "ENOTFOUND",
      ]);
      // Killed, it is there again, with the same leases.
      process.kill(pid!, "SIGKILL");
      await told.next("dnsmasqEnded");
      await told.next("dnsmasqStarted");
      expect(await addressOf(guest)).toBe(address);
      // A port's address is kept for it while dnsmasq runs.
      await guests.tapForQemu("one", { mac: "52:54:00:77:00:60", address: "192.168.77.60", name: "tap60" });
      await guest.host.removeAddress("eth0", `${address}/24`);
      await guest.host.setLink("eth0", { address: "52:54:00:77:00:60" });
      await expect.poll(() => addressOf(guest), { timeout: 30_000 }).toBe("192.168.77.60");
      // What its files are torn to is written anew.
      await service.close();
      writeFileSync(join(folders.run, "dnsmasq/one.conf"), "no-such-word\n");
      service = await serveNetwork(here.host, "one", { ...folders, report: told.report });
      await told.next("dnsmasqStarted");
    } finally {
      await service.close();
    }
    await guests.stop("one", { force: true });
  },
);

test.skipIf(missing !== undefined)(
  "one that a service has left behind is ended by the next, and by the stop",
  async () => {
    const { scene } = await dnsmasqScene();
    await using _ = scene;
    const { here, folders, guests } = scene;
    const conf = join(folders.run, "dnsmasq/one.conf");
    const first = await serveNetwork(here.host, "one", folders);
    const pidOf = (): number => Number(readFileSync(join(folders.run, "dnsmasq/one.pid"), "utf8"));
    const pid = pidOf();
    expect(readFileSync(`/proc/${pid}/cmdline`, "utf8")).toContain(conf);
    await first.close();
    expect(() => readFileSync(`/proc/${pid}/cmdline`)).toThrow("ENOENT");
    const told = telling();
    const left = await serveNetwork(here.host, "one", { ...folders, report: told.report });
    const { pid: second } = await told.next("dnsmasqStarted");
    await guests.stop("one", { force: true });
    await expect
      .poll(() => {
        try {
          return readFileSync(`/proc/${second}/stat`, "utf8").split(" ")[2];
        } catch {
          return "Z";
        }
      })
      .toBe("Z");
    await left.close();
  },
);

test("without dnsmasq the refusal names its package", async () => {
  const { scene } = await dnsmasqScene();
  await using _ = scene;
  const before = process.env["PATH"];
  process.env["PATH"] = join(scene.folders.run, "nothing");
  try {
    await expect(serveNetwork(scene.here.host, "one", scene.folders)).rejects.toThrow(
      "dhcp.server: there is no program",
    );
  } finally {
    process.env["PATH"] = before;
  }
});
