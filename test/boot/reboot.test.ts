import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { provideKernel } from "../vm/harness/kernel.mjs";
import { makeDisk, RESULT, runInside } from "../vm/harness/machine.mjs";

/** Far above what a machine takes, emulated on a busy one. */
const SECONDS = 240;

const folder = mkdtempSync(join(tmpdir(), "linkwright-reboot-"));
const disk = join(folder, "disk");
const { kernel, missing } = provideKernel("6.12");
const reason = missing ?? makeDisk(disk);
if (reason !== undefined) console.log(`skipped: what is enabled and a reboot: ${reason}`);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** The NIC is there two seconds after it was first missed, however long the machine takes to start; it is declared, and so is a bridge that a guest needs. */
const OLD =
  "links: { br0: { kind: bridge, up: true, mtu: 1500, addresses: [192.0.2.1/24] }, eth0: { master: br0, up: true } }";
/** So many that the power goes while they are made: the first of them is waited for. */
const names = Array.from({ length: 600 }, (_, place) => `new${place}`);
const NEW = `links: { ${names.map((name) => `${name}: { kind: bridge, up: true }`).join(", ")} }`;
const TRIED = "links: { br0: { kind: bridge, mtu: 1400, addresses: [198.51.100.1/24] } }";

const linkwright = `${process.execPath} ${join(process.cwd(), "dist/code/cli.cjs")}`;
/** The famous mistake: the NIC goes into another bridge, and the one that the host is reached by loses its address. */
const MISTAKE =
  "links: { br7: { kind: bridge, up: true }, eth0: { master: br7 }, br0: { addresses: { only: true, entries: [] } } }";

const UNITS = {
  "mistake.service": `[Service]
ExecStart=/bin/sh -c '${linkwright} apply /run/mistake.yaml confirm=15s && exec sleep infinity'
`,
  "late-nic.service": `[Unit]
DefaultDependencies=no

[Service]
Type=oneshot
ExecStart=/bin/sh -c 'if systemctl --quiet is-enabled linkwright-host; then until journalctl --boot --unit linkwright-host --output cat | grep -q "waiting for eth0"; do sleep 1; done; fi; sleep 2; modprobe virtio_net'
`,
  "guest.service": `[Unit]
Requires=linkwright-host.service
After=linkwright-host.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'ip -json address >/run/guest'
`,
};

interface Machine {
  readonly host?: string;
  readonly links: readonly { ifname: string; mtu: number; master?: string; addr_info: { local: string }[] }[];
  readonly guest?: Machine["links"];
  readonly units?: Readonly<Record<string, number>>;
  readonly journal?: string;
  /** What is captured before a mistake, when its unit has been stopped, and when it is taken back. */
  readonly mistake?: { readonly before: object; readonly cut: Machine["links"]; readonly after: object };
  readonly status?: { declarations: { name: string; state: string }[]; confirm?: string };
}

/** Has a machine with that disk do something, and then lose its power; gives what it wrote. */
async function poweredOn(script: string): Promise<Machine> {
  const prelude = `linkwright() { ${linkwright} "$@"; }\n`;
  const { status, result = "" } = await runInside(kernel!, ["sh", "-ec", prelude + script], {
    disk,
    units: UNITS,
    seconds: SECONDS,
    cwd: process.cwd(),
  });
  expect(status).toBe(0);
  return JSON.parse(result) as Machine;
}

const file = (name: string, text: string): string => `echo '${text}' >/run/${name}.yaml\n`;
const ENABLED = "$(sed 's/\"/\\\\\"/g' /etc/linkwright/host.d/host.yaml)";
/** When a unit became active, microseconds since the machine started. */
const since = (unit: string): string =>
  `"${unit}": $(systemctl show --value --property ActiveEnterTimestampMonotonic ${unit})`;

const addresses = ({ links }: Pick<Machine, "links">, name: string): string[] =>
  (links.find(({ ifname }) => ifname === name)?.addr_info ?? []).map(({ local }) => local);

describe.skipIf(reason !== undefined)("a machine with systemd", () => {
  let second: Machine;
  let third: Machine;

  beforeAll(
    async () => {
      await poweredOn(`
      ${file("old", OLD)} ${file("new", NEW)}
      linkwright enable /run/old.yaml name=host
      linkwright enable /run/new.yaml name=host now >/dev/null 2>&1 &
      until ip link show new0 >/dev/null 2>&1; do :; done
      echo '{ "links": [] }' >${RESULT}`);
      second = await poweredOn(`
      ${file("tried", TRIED)} ${file("mistake", MISTAKE)}
      systemctl start guest.service || journalctl --boot --no-pager --unit linkwright-host
      echo "{ \\"links\\": $(ip -json address), \\"guest\\": $(cat /run/guest), \\"host\\": \\"${ENABLED}\\"," >/run/found
      echo "\\"units\\": { ${["linkwright-host.service", "network.target", "guest.service", "late-nic.service"]
        .map(since)
        .join(", ")
        .replaceAll('"', '\\"')} }," >>/run/found
      echo "\\"mistake\\": { \\"before\\": $(linkwright capture --json)," >>/run/found
      systemctl start mistake.service
      until ls /run/linkwright/topology/*/waiting >/dev/null 2>&1 && ! ip address show br0 | grep -q 192.0.2.1; do
        systemctl is-active --quiet mistake.service || { journalctl --boot --no-pager --unit mistake.service; exit 1; }
        sleep 0.2
      done
      systemctl stop mistake.service
      echo "\\"cut\\": $(ip -json address)," >>/run/found
      while ls /run/linkwright/topology/*/plan.json >/dev/null 2>&1; do sleep 0.2; done
      echo "\\"after\\": $(linkwright capture --json) }," >>/run/found
      linkwright enable /run/tried.yaml name=host confirm=600s
      echo "\\"status\\": $(linkwright status --json || true)," >>/run/found
      echo "\\"journal\\": \\"$(journalctl --boot --no-pager --output cat --unit linkwright-host | tr '\\n' ' ')\\" }" >>/run/found
      ip link show br0 | grep -q 'mtu 1400'
      cp /run/found ${RESULT}`);
      third = await poweredOn(`
      echo "{ \\"links\\": $(ip -json address), \\"host\\": \\"${ENABLED}\\" }" >${RESULT}`);
    },
    3 * SECONDS * 1000,
  );

  test("power that goes in the middle of an apply leaves the old declaration or the new one, and the wiring is as it says", () => {
    const found = second.links.map(({ ifname }) => ifname).filter((name) => name.startsWith("new"));
    if (second.host === NEW) expect(found).toEqual(names);
    else {
      expect(second.host).toBe(OLD);
      expect(found).toEqual([]);
      expect(addresses(second, "br0")).toContain("192.0.2.1");
    }
  });

  test("the wiring stands before a unit that needs it and before network.target", () => {
    expect(addresses({ links: second.guest! }, "br0")).toContain("192.0.2.1");
    const { "linkwright-host.service": host, "network.target": network, "guest.service": guest } = second.units!;
    expect(host).toBeGreaterThan(0);
    expect(network).toBeGreaterThanOrEqual(host!);
    expect(guest).toBeGreaterThanOrEqual(host!);
  });

  test("a NIC that is two seconds late is waited for, by its name, and is a port when the guest starts", () => {
    expect(second.journal).toContain("waiting for eth0");
    expect(second.guest!.find(({ ifname }) => ifname === "eth0")).toMatchObject({ master: "br0" });
    expect(second.units!["linkwright-host.service"]).toBeGreaterThanOrEqual(second.units!["late-nic.service"]!);
  });

  test("the famous mistake, from a unit that is stopped: nobody is left to confirm it, and it is taken back", () => {
    const { before, cut, after } = second.mistake!;
    expect(addresses({ links: cut }, "br0")).not.toContain("192.0.2.1");
    expect(cut.find(({ ifname }) => ifname === "eth0")).toMatchObject({ master: "br7" });
    expect(after).toEqual(before);
  });

  test("a declaration that waits to be confirmed when the power goes is not the one after it", () => {
    expect(second.status).toMatchObject({ declarations: [{ name: "host", state: "drifted" }] });
    expect(second.status!.confirm).toBeDefined();
    expect(third.host).toBe(second.host);
    expect(addresses(third, "br0")).toContain("192.0.2.1");
    expect(addresses(third, "br0")).not.toContain("198.51.100.1");
    expect(third.links.find(({ ifname }) => ifname === "br0")).toMatchObject({ mtu: 1500 });
  });
});
