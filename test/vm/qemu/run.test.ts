import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { terminal } from "../../kernel/cli/terminal.js";

/** Has descriptor 3, writes its arguments down, and goes on until it is told to end. */
const SCRIPT =
  'test -e /proc/$$/fd/3 || exit 9; echo "$@" > "$0/new"; mv "$0/new" "$0/given"; ' +
  'while test ! -e "$0/end"; do sleep 0.05; done; exit 7';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "linkwright-run-"));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
});

/** What QEMU would be given, once it has started. */
async function given(): Promise<string> {
  await expect.poll(() => existsSync(join(folder, "given")), { timeout: 30_000 }).toBe(true);
  return readFileSync(join(folder, "given"), "utf8");
}

const run = (words: string): string[] => ["qemu", "run", ...words.split(" "), "--", "sh", "-c", SCRIPT, folder];

test("qemu run starts QEMU on a macvtap, with its MAC, and leaves the macvtap there", async () => {
  await using shell = await terminal();
  const { host, type } = shell;
  await host.addVeth("eth0", { peer: { name: "far0", up: true }, up: true });
  expect(await type("macvtap add mvt0 link=eth0 mode=vepa")).toMatchObject({ status: 0 });
  const ended = type(run("macvtap=mvt0 queues=2"));
  const { address, up } = await given().then(async (words) => {
    const link = await host.link("mvt0");
    expect(words).toContain(`-netdev tap,id=net0,fds=3:4 -device virtio-net-pci,netdev=net0,mac=${link.address}`);
    return link;
  });
  writeFileSync(join(folder, "end"), "");
  expect(await ended).toMatchObject({ status: 7, stderr: "" });
  expect(await host.link("mvt0")).toMatchObject({ address, up, kind: "macvtap" });
});

test("qemu run gives the TAP's port its VLANs, and nothing of it is left", async () => {
  await using shell = await terminal();
  const { host, type } = shell;
  await host.addBridge("br0", { vlanFiltering: true, up: true });
  const ended = type(run("bridge=br0 vlan=10 pvid untagged vlans=20-30 isolated"));
  expect(await given()).toMatch(/^-netdev tap,id=net0,fd=3 /);
  const [port] = await host.links({ master: "br0" });
  expect(port).toMatchObject({ up: true, linkInfo: { slaveData: { isolated: true } } });
  expect(await host.bridgeVlans.list({ link: port!.index })).toMatchObject([
    { id: 10, pvid: true, untagged: true },
    { id: 20, to: 30 },
  ]);
  writeFileSync(join(folder, "end"), "");
  expect(await ended).toMatchObject({ status: 7, stderr: "" });
  expect(await host.links({ master: "br0" })).toEqual([]);
});
