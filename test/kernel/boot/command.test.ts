import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { enable } from "../../../src/boot/enabled.js";
import type { Host } from "../../../src/index.js";
import { takenBack } from "../topology/journal.js";
import { program, type Program } from "../topology/program.js";

const folder = mkdtempSync(join(tmpdir(), "linkwright-boot-"));
const journal = join(folder, "journal");
let linkwright: Program;
let host: Host;
let root: string;

beforeAll(async () => {
  linkwright = await program();
  ({ host } = linkwright);
});
beforeEach(() => {
  root = mkdtempSync(join(folder, "root-"));
});
afterEach(async () => {
  for (const { name } of await host.links({ only: ["name"] }))
    if (name !== "lo") await host.remove(name).catch(() => 0);
});
afterAll(async () => {
  await host.close();
  rmSync(folder, { recursive: true });
});

type Result = Awaited<ReturnType<Program["run"]>>;

function run(...words: readonly string[]): Promise<Result> {
  return linkwright.run(...words, `root=${root}`, ...(words[0] === "disable" ? [] : [`journal=${journal}`]));
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const files = (): string[] => {
  const place = join(root, "etc/linkwright/host.d");
  return existsSync(place) ? readdirSync(place) : [];
};

test("enable keeps a declaration and changes nothing, status tells of it, boot applies it, disable ends that", async () => {
  const path = file("guests.yaml", "links: { br0: { kind: bridge, up: true } }\n");
  const enabled = await run("enable", path);
  expect(enabled).toMatchObject({ status: 0 });
  expect(enabled.stdout).toMatch(/it is applied at the next boot\n$/);
  expect(await host.links({ only: ["name"] })).toHaveLength(1);
  expect(await run("status")).toMatchObject({
    status: 1,
    stdout: expect.stringMatching(/guests +drifted +no +2 steps/) as string,
  });
  expect(await run("boot")).toMatchObject({ status: 0, stderr: "applied: 2 steps\n" });
  expect((await host.link("br0")).up).toBe(true);
  expect(await run("status")).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/guests +applied +no/) as string,
  });
  expect(await run("disable", "guests")).toMatchObject({ status: 0 });
  expect(files()).toEqual([]);
  expect(await run("status")).toMatchObject({ status: 0, stdout: "nothing is enabled\n" });
  expect((await host.link("br0")).up).toBe(true);
});

test("enable writes the unit that is started at boot, once", async () => {
  const path = file("guests.yaml", "links: { lo: { up: true } }\n");
  await run("enable", path);
  const units = join(root, "etc/systemd/system");
  const unit = readFileSync(join(units, "linkwright-host.service"), "utf8");
  expect(unit).toMatch(/^Type=notify$/m);
  expect(unit).toMatch(/^Before=network.target /m);
  expect(unit).toMatch(/^Before=libvirtd.service /m);
  expect(readlinkSync(join(units, "multi-user.target.wants/linkwright-host.service"))).toBe(
    "../linkwright-host.service",
  );
  writeFileSync(join(units, "linkwright-host.service"), "# mine\n");
  await run("enable", path);
  expect(readFileSync(join(units, "linkwright-host.service"), "utf8")).toBe("# mine\n");
});

test("what is no declaration is not enabled, and is said by line and column", async () => {
  const refused = await run("enable", file("wrong.yaml", "links:\n  br0: { kind: bridge, upp: true }\n"));
  expect(refused).toMatchObject({ status: 2 });
  expect(refused.stderr).toMatch(/wrong.yaml:2:24: /);
  expect(files()).toEqual([]);
});

test("what boot cannot do is refused before it is applied, and what it leaves to the service is said", async () => {
  const refused = await run(
    "enable",
    file("red.yaml", "namespaces: { lw-never: { absent: true } }\nlinks: { br0: { kind: bridge } }\n"),
    "now",
  );
  expect(refused).toMatchObject({ status: 2, stderr: expect.stringMatching(/red.yaml: namespaces: /) as string });
  expect(await host.links({ only: ["name"] })).toHaveLength(1);
  const leased = await run("enable", file("leased.yaml", "links: { br0: { kind: bridge, dhcp: true } }\n"));
  expect(leased).toMatchObject({ status: 0, stdout: expect.stringMatching(/but for dhcp: /) as string });
  expect(await run("boot")).toMatchObject({ status: 0, stderr: "applied: 1 steps\n" });
  expect(await run("status")).toMatchObject({ status: 0 });
});

test("what is enabled with now is applied first, and is not enabled when that fails", async () => {
  const good = file("good.yaml", "links: { br0: { kind: bridge } }\n");
  expect(await run("enable", good, "now")).toMatchObject({ status: 0 });
  expect((await host.link("br0")).kind).toBe("bridge");
  const bad = file("bad.yaml", "links: { lo: { master: br0 } }\n");
  expect(await run("enable", bad, "now")).toMatchObject({ status: 1 });
  expect(files()).toEqual(["good.yaml"]);
});

test("what is to be confirmed is enabled once it is confirmed, and not before", async () => {
  const path = file("careful.yaml", "links: { br0: { kind: bridge } }\n");
  const applied = await run("enable", path, "confirm=60s", "keep");
  expect(applied).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/careful is enabled when it is confirmed\n$/) as string,
  });
  expect(files()).toEqual([]);
  expect((await run("status")).stdout).toContain("waits to be confirmed until");
  const other = await run("enable", file("other.yaml", "links: { lo: { up: true } }\n"));
  expect(other).toMatchObject({ status: 1, stderr: expect.stringContaining("waits to be confirmed") as string });
  expect(await linkwright.run("confirm", `journal=${journal}`)).toMatchObject({ status: 0 });
  expect(files()).toEqual(["careful.keep", "careful.yaml"]);
});

test("what is not confirmed is not enabled, nor by the confirmation of something else", async () => {
  const gone = host.waitFor("br0", "there").then(() => host.waitFor("br0", "gone", { timeout: 40_000 }));
  await run("enable", file("cut.yaml", "links: { br0: { kind: bridge } }\n"), "confirm=1s");
  await gone;
  await takenBack(host, journal);
  const kept = file("kept.yaml", "links: { br1: { kind: bridge } }\n");
  await linkwright.run("apply", kept, "confirm=60s", `journal=${journal}`);
  expect(await linkwright.run("confirm", `journal=${journal}`)).toMatchObject({ status: 0 });
  expect(files()).toEqual([]);
});

test("what a link took over is enabled in full, so that it is there when nobody else gives it", async () => {
  await host.addVeth("eth0", { peer: { name: "far0", up: true } });
  await host.setLink("eth0", { up: true });
  await host.addAddress("eth0", "192.0.2.10/24");
  await host.addAddress("eth0", "192.0.2.11/24", { validLifetime: 600_000, preferredLifetime: 600_000 });
  await host.routes.add("10.8.0.0/16", { gateway: "192.0.2.1" });
  const path = file("nic.yaml", "links: { br0: { kind: bridge, up: true, takeOver: eth0 } }\n");
  expect(await run("enable", path, "now")).toMatchObject({ status: 0 });
  const text = readFileSync(join(root, "etc/linkwright/host.d/nic.yaml"), "utf8");
  expect(text).toContain("192.0.2.10/24");
  expect(text).not.toContain("192.0.2.11");
  expect(text).toContain("10.8.0.0/16");
  await host.remove("br0");
  await host.remove("eth0");
  await host.addVeth("eth0", { peer: { name: "far0", up: true } });
  expect(await run("boot")).toMatchObject({ status: 0 });
  expect((await host.addresses({ link: "br0" })).map(({ address }) => address)).toContain("192.0.2.10/24");
  expect(await host.routes.list({ destination: "10.8.0.0/16" })).toMatchObject([{ gateway: "192.0.2.1" }]);
});

test("boot applies at once what it can, says what it waits for, and goes on when that appears", async () => {
  enable("all", "links: { br0: { kind: bridge }, late0: { master: br0 } }", { root });
  enable("more", "links: { br1: { kind: bridge } }\nroutes: [{ destination: 10.9.0.0/16, link: late1 }]", { root });
  const booting = run("boot", "wait=60s");
  await host.waitFor("br1", "there");
  expect((await host.link("br0")).kind).toBe("bridge");
  expect((await run("status")).stdout).toMatch(/all +waiting +no +for late0\n/);
  await host.addVeth("early", { peer: { name: "far0" } });
  await host.setLink("early", { name: "late0" });
  await host.waitFor("late0", { master: "br0" });
  await host.addVeth("late1", { up: true, peer: { name: "far1", up: true } });
  const { status, stderr } = await booting;
  expect(stderr).toMatch(/^waiting for late0, late1$/m);
  expect(stderr).toMatch(/^waiting for late1$/m);
  expect(status).toBe(0);
  expect(await host.routes.list({ destination: "10.9.0.0/16" })).toHaveLength(1);
});

test("what does not appear in time fails the boot by its name, and the rest stands", async () => {
  enable("all", "links: { br0: { kind: bridge }, never0: { master: br0 } }", { root });
  const { status, stderr } = await run("boot", "wait=100ms");
  expect(status).toBe(1);
  expect(stderr).toContain("never0 did not appear within 0.1 s");
  expect((await host.link("br0")).kind).toBe("bridge");
});

test("one that cannot be read or applied fails the boot, and the others stand", async () => {
  enable("a", "links: { br0: { kind: bridge } }", { root });
  enable("b", "links: { lo: { master: br1 } }", { root });
  enable("c", "links: { br1: { kind: bridge } }", { root });
  enable("d", "links: { br2: { kind: bridge } }", { root });
  chmodSync(join(root, "etc/linkwright/host.d/d.yaml"), 0o666);
  const { status, stderr } = await run("boot");
  expect(status).toBe(1);
  expect(stderr).toMatch(/d\.yaml: others than its owner can write it/);
  expect(stderr).toMatch(/^b: port lo of br1: /m);
  const names = (await host.links({ only: ["name"] })).map(({ name }) => name);
  expect(names.sort()).toEqual(["br0", "br1", "lo"]);
});
