import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import { isNamespace, nameNamespace, namespaceNames, unnameNamespace } from "../../../src/kernel/namespace-names.js";
import {
  apply,
  ApplyError,
  capture,
  describePlan,
  drift,
  type HostDeclaration,
  plan,
  readDeclaration,
  recover,
  report,
  revert,
  writeDeclaration,
} from "../../../src/topology/index.js";
import { asideOf, putAside } from "../../../src/topology/steps/names.js";
import { journalFolder, takenBack } from "./journal.js";
import { applyAndDie } from "./killed.js";
import { program } from "./program.js";

const journal = journalFolder();
/** Names are the machine's. */
const [blue, green] = [`lw-blue-${process.pid}`, `lw-green-${process.pid}`];
const pathOf = (name: string): string => `/run/netns/${name}`;
const inode = (name: string): number => statSync(pathOf(name)).ino;

afterEach(async () => {
  for (const path of [blue, green].flatMap((name) => [pathOf(name), `/run/linkwright/namespaces/${name}`]))
    if (isNamespace(path)) await unnameNamespace(path);
});

/** A host that reaches a namespace by a bridge. */
const reached: HostDeclaration = {
  links: {
    br0: { kind: "bridge", address: "02:00:00:00:00:01", up: true, addresses: ["10.0.0.1/24"] },
    v0: { kind: "veth", peer: { name: "eth0", namespace: blue }, address: "02:00:00:00:01:00", master: "br0" },
  },
  namespaces: {
    [blue]: {
      links: {
        lo: { up: true },
        eth0: { address: "02:00:00:00:01:01", mtu: 1400, up: true, addresses: ["10.0.0.2/24"] },
        d0: { kind: "bridge", address: "02:00:00:00:02:00", up: true, addresses: ["10.2.0.1/24"] },
      },
      routes: [{ destination: "default", gateway: "10.0.0.1" }],
      rules: [{ from: "10.2.0.0/24", priority: 50, table: 100 }],
      sysctls: { "net.ipv4.ip_forward": 1 },
    },
  },
};

/** What is otherwise in blue, and green beside it. */
const changed: HostDeclaration = {
  links: {
    w0: { kind: "veth", peer: { name: "eth0", namespace: green }, address: "02:00:00:00:03:00", master: "br0" },
  },
  namespaces: {
    [blue]: {
      links: {
        eth0: { mtu: 1300, addresses: { only: true, entries: ["10.0.0.9/24"] } },
        d0: { absent: true },
        d1: { kind: "bridge", address: "02:00:00:00:02:01", up: true },
      },
      routes: [{ destination: "192.0.2.0/24", gateway: "10.0.0.7" }],
      sysctls: { "net.ipv4.ip_forward": 0 },
    },
    [green]: { links: { eth0: { address: "02:00:00:00:03:01", up: true, addresses: ["10.0.0.3/24"] } } },
  },
};

async function there(): Promise<Host> {
  const host = await Host.open({ namespace: "new" });
  await apply(host, reached, { journal });
  return host;
}

const nothing = "nothing to do\n";

test("a namespace is made with its name and all that is in it, is captured, and goes as it came", async () => {
  await using host = await there();
  expect(namespaceNames()).toContain(blue);
  expect(describePlan(await plan(host, reached))).toBe(nothing);
  await using inside = await Host.open({ namespace: { name: blue } });
  expect(await inside.link("eth0")).toMatchObject({ mtu: 1400, up: true });
  expect(await inside.sysctl("net.ipv4.ip_forward")).toBe("1");
  const state = await capture(host, { namespaces: [blue] });
  expect(state.links!["v0"]).toMatchObject({ kind: "veth", peer: { name: "eth0", namespace: blue } });
  const file = readDeclaration(writeDeclaration(state));
  const linkwright = await program();
  await using _other = linkwright.host;
  expect((await linkwright.run("capture", `namespaces=${blue}`)).stdout).toContain(
    `\nnamespaces:\n  ${blue}:\n    links:`,
  );
  expect(describePlan(await plan(host, file))).toBe(nothing);
  await using _inside = inside;
  const gone = { links: { v0: { absent: true } }, namespaces: { [blue]: { absent: true } } } as const;
  const back = await revert(host, gone);
  await apply(host, gone, { journal });
  expect(namespaceNames()).not.toContain(blue);
  expect(isNamespace(`/run/linkwright/namespaces/${blue}`)).toBe(false);
  await apply(host, back, { journal });
  expect(await capture(host, { namespaces: [blue] })).toEqual(state);
});

test("a step in a namespace that is refused undoes all: those that are new are gone, the others as they were", async () => {
  await using host = await there();
  const state = await capture(host, { namespaces: [blue] });
  const { links, ...rest } = changed.namespaces![green]!;
  // No link leads to this gateway.
  const refused = { ...rest, links, routes: [{ destination: "default", gateway: "203.0.113.1" }] };
  const error = await apply(
    host,
    { ...changed, namespaces: { ...changed.namespaces, [green]: refused } },
    { journal },
  ).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ApplyError);
  expect(error).toMatchObject({ standing: [], step: { subject: "route", namespace: green } });
  expect(namespaceNames()).not.toContain(green);
  expect(await capture(host, { namespaces: [blue] })).toEqual(state);
});

test("what is not confirmed is taken back in every namespace: what is new goes, what was removed is the same again", async () => {
  await using host = await there();
  const state = await capture(host, { namespaces: [blue] });
  const former = inode(blue);
  const made = await apply(host, changed, { journal, confirm: 1, acceptLoss: true });
  expect(new Set(made.steps.map(({ namespace }) => namespace))).toEqual(new Set([undefined, blue, green]));
  await takenBack(host, journal);
  expect(await report(host, { journal })).toEqual([]);
  expect(namespaceNames()).not.toContain(green);
  expect(await capture(host, { namespaces: [blue] })).toEqual(state);
  await apply(host, { namespaces: { [blue]: { absent: true } } }, { journal, confirm: 1 });
  await takenBack(host, journal);
  expect(await report(host, { journal })).toEqual([]);
  expect(inode(blue)).toBe(former);
  expect(await capture(host, { namespaces: [blue] })).toEqual(state);
});

test("what was removed and is not confirmed is kept while another namespace has its name, and recover gives it back", async () => {
  await using host = await there();
  const former = inode(blue);
  const gone: HostDeclaration = { namespaces: { [blue]: { absent: true } } };
  const declaration = { links: { br1: { kind: "bridge" } }, ...gone } as const;
  expect(await applyAndDie(host, { at: 0, declaration, journal })).toMatchObject({ signal: "SIGKILL" });
  await putAside(blue);
  await nameNamespace(pathOf(blue));
  await expect(plan(host, gone)).rejects.toThrow(`it waits at ${asideOf(blue)}`);
  const error = await recover(host, { journal }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ standing: [expect.stringContaining(`it waits at ${asideOf(blue)}`) as string] });
  expect(statSync(asideOf(blue)).ino).toBe(former);
  await unnameNamespace(pathOf(blue));
  await recover(host, { journal });
  expect([inode(blue), isNamespace(asideOf(blue))]).toEqual([former, false]);
});

test("an apply that is killed is taken back by recover in every namespace", async () => {
  await using host = await there();
  const state = await capture(host, { namespaces: [blue] });
  expect(await applyAndDie(host, { at: 1, declaration: changed, journal })).toMatchObject({ signal: "SIGKILL" });
  expect(namespaceNames()).toContain(green);
  expect(await recover(host, { journal })).toBeGreaterThan(0);
  expect(namespaceNames()).not.toContain(green);
  expect(await capture(host, { namespaces: [blue] })).toEqual(state);
});

test("drift is told of what changes in a namespace that is declared, and of one that goes", async () => {
  await using host = await there();
  const found: string[] = [];
  for await (const made of drift(host, reached)) {
    found.push(made.steps.length === 0 ? "" : describePlan(made));
    if (found.length === 1) {
      await using inside = await Host.open({ namespace: { name: blue } });
      await inside.setLink("eth0", { mtu: 1280 });
    } else if (found.length === 2) await unnameNamespace(pathOf(blue));
    else break;
  }
  expect(found).toEqual([
    "",
    `~ link eth0 in ${blue}: mtu 1280 → 1400\n`,
    expect.stringContaining(`+ namespace ${blue}: there is no namespace of this name\n`),
  ]);
});

test("drift is told of what changes in a namespace that has another's name", async () => {
  await using host = await Host.open({ namespace: "new" });
  const declared: HostDeclaration = { namespaces: { [blue]: { links: { d0: { kind: "bridge" } } } } };
  await apply(host, declared, { journal });
  let isChanged = false;
  for await (const { steps } of drift(host, declared)) {
    const names = steps.map(({ name }) => name).join();
    if (isChanged && names === "") break;
    if (names === "") {
      await unnameNamespace(pathOf(blue));
      await nameNamespace(pathOf(blue));
    } else if (names === "d0") {
      isChanged = true;
      await using inside = await Host.open({ namespace: { name: blue } });
      await inside.addLink("d0", "bridge");
    }
  }
  expect(isChanged).toBe(true);
});

test.each<[string, string]>([
  ["namespaces: { a/b: {} }", 'namespaces.a/b: "a/b" is no name for a network namespace'],
  [
    "namespaces: { blue: { absent: true, links: { lo: {} } } }",
    "namespaces.blue.links: what is absent has nothing else",
  ],
  ["namespaces: { blue: { links: { eth0: { mtu: many } } } }", "namespaces.blue.links.eth0.mtu"],
  [
    "namespaces: { blue: { links: { eth0: { dhcp: true } } } }",
    "namespaces.blue.links.eth0.dhcp: linkwright serve keeps leases of the host's own namespace",
  ],
  ["links: { v0: { kind: veth, peer: { name: v1 } } }", "links.v0.peer.namespace: it is missing"],
])("%s says where it is wrong", (text, words) => {
  expect(() => readDeclaration(text)).toThrow(words);
});

test("an end that is to be in a namespace that is not there is named before anything is changed", async () => {
  await using host = await Host.open({ namespace: "new" });
  const declared: HostDeclaration = {
    links: { v0: { kind: "veth", peer: { name: "eth0", namespace: green } } },
  };
  await expect(plan(host, declared)).rejects.toThrow(`links.v0.peer.namespace: there is no namespace ${green}`);
});

test("a namespace gets the place of what is left of a name, an empty file, and of no other file", async () => {
  const folder = mkdtempSync(join(tmpdir(), "linkwright-names-"));
  const [full, left] = [join(folder, "full"), join(folder, "left")];
  try {
    writeFileSync(full, "words");
    await expect(nameNamespace(full)).rejects.toMatchObject({ code: "EEXIST" });
    expect(readFileSync(full, "utf8")).toBe("words");
    writeFileSync(left, "");
    await expect(nameNamespace(left, "/dev/null/none")).rejects.toMatchObject({ syscall: "mount" });
    expect(statSync(left).isFile()).toBe(true);
    await nameNamespace(left);
    expect(isNamespace(left)).toBe(true);
    await unnameNamespace(left);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
