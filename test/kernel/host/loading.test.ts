import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { rolldown } from "rolldown";
import { expect, test } from "vitest";

const manifest = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as {
  exports: Record<string, { require?: { default: string } }>;
};
const library = new URL("../../../dist/index.js", import.meta.url).href;

/** A process of its own, in which nothing was used before. */
function inProcess(program: string, ...wrapper: string[]): string {
  const source = `import { Host } from ${JSON.stringify(library)};
    const host = await Host.open({ namespace: "new" });
    ${program}
    await host.close();`;
  const [command, ...words] = [...wrapper, process.execPath, "--input-type=module", "--eval", source];
  const { stdout, stderr, status } = spawnSync(command, words, { encoding: "utf8" });
  expect(status, stderr).toBe(0);
  return stdout;
}

/** The files of the package's code that a process has loaded by now, without the hashes in their names. */
const LOADED = `(await import("node:module")).default.createRequire("/").cache`;
const loaded = `Object.keys(${LOADED}).map((path) => path.split("/").at(-1).replace(/-[^-]{8}\\.cjs$/, ""))`;

/** The files of the package's code that a program with one of them may come to load, and the packages that these ask for. */
function reachableFrom(entry: string): { files: string[]; packages: string[] } {
  const folder = new URL("../../../dist/code/", import.meta.url);
  const files = new Set([entry]);
  const packages = new Set<string>();
  for (const file of files)
    for (const [, name] of readFileSync(new URL(file, folder), "utf8").matchAll(/\b(?:require|import)\("([^"]+)"\)/g))
      if (name!.startsWith("./")) files.add(name!.slice(2));
      else packages.add(name!);
  return { files: [...files], packages: [...packages].filter((name) => !isBuiltin(name)) };
}

test("nothing that the library loads, now or later, is the command line's, and the package's main face needs no other package", () => {
  for (const { require: code } of Object.values(manifest.exports)) {
    if (code === undefined) continue;
    const { files } = reachableFrom(basename(code.default));
    expect(files.length).toBeGreaterThan(10);
    expect(files.filter((name) => /^(cli|part-start)/.test(name))).toEqual([]);
  }
  expect(reachableFrom("cli.cjs").files).toContainEqual(expect.stringMatching(/^part-start/));
  expect(reachableFrom("linkwright.cjs").packages).toEqual([]);
});

test("an import of the package loads what opening a host needs, and no subject of it", () => {
  const names = inProcess(`console.log(${loaded}.join());`).trim().split(",");
  expect(names.filter((name) => name.startsWith("host-"))).toEqual([]);
  expect(names.length).toBeLessThanOrEqual(3);
});

test("preload() loads every subject, so that no first use reads a file", () => {
  const program = `
    Host.preload();
    const before = ${loaded}.length;
    await host.addLink("ifb0", "ifb");
    await host.addBridge("br0");
    await host.addTap("tap0", { bridge: "br0" });
    await host.sysctl("net.ipv4.ip_forward");
    await host.addVxlan("vxlan0", { id: 7, remote: "10.0.0.2", dstport: 4789 }).catch(() => undefined);
    for (const subject of ["link", "address", "route", "rule", "neighbour", "fdb", "nexthop", "namespace"]) {
      const watch = host.watch([subject]);
      await watch.ready;
      await watch.return();
    }
    await host.attach("ifb0", "br0", { isolated: true });
    await host.setLink("ifb0", { alias: "a" });
    await Promise.all([host.routes.list(), host.fdb.list(), host.qdiscs.list(), host.addresses(), host.request("RTM_GETLINK", { flags: 0x300 })]);
    await host.link("none").catch(() => undefined);
    await host.removeAll(["ifb0", "br0"]);
    console.log(${loaded}.length - before);`;
  expect(inProcess(program)).toBe("0\n");
});

test("the first use of a subject keeps the order in which things were asked for", () => {
  const program = `
    const { index } = await host.addLink("ifb0", "ifb", { up: true });
    const [addresses] = await Promise.all([host.addresses(), host.remove("ifb0")]);
    console.log(addresses.some((address) => address.index === index));`;
  expect(inProcess(program)).toBe("true\n");
});

test("a group of requests has its functions before it is used, and is the same each time", () => {
  const program = `
    const { list, get, add, replace, remove } = host.routes;
    console.log([list, get, add, replace, remove].every((each) => typeof each === "function"), host.routes === host.routes);
    console.log(Object.keys(host.fdb).join());`;
  expect(inProcess(program)).toBe("true true\nlist,get,add,replace,append,remove,flush\n");
});

test("while the process has no descriptors left, refusals stay what they are; with some again, every subject can be used", () => {
  const program = `
    import { closeSync, openSync } from "node:fs";
    const say = async (request) => console.log(await request.then(() => "done", ({ name, code, message }) => name + ": " + (name === "Error" ? code : message)));
    const taken = [];
    try {
      for (;;) taken.push(openSync("/dev/null"));
    } catch {}
    await say(host.link("none"));
    await say(host.addresses());
    taken.forEach((fd) => closeSync(fd));
    await say(host.link("none"));
    await say(host.addresses());`;
  expect(inProcess(program, "prlimit", "--nofile=64")).toBe(
    "NetlinkError: none: the kernel refused RTM_GETLINK: no such device (ENODEV)\n" +
      "Error: EMFILE\n" +
      "NetlinkError: none: the kernel refused RTM_GETLINK: no such device (ENODEV); there is no such link in this network namespace\n" +
      "done\n",
  );
});

test("linkwright/all has the package's exports, and has loaded every subject at the import", () => {
  const all = new URL("../../../dist/all.js", import.meta.url).href;
  const program = `
    const everything = await import(${JSON.stringify(all)});
    const own = await import(${JSON.stringify(library)});
    const before = ${loaded}.length;
    await host.addBridge("br0");
    await host.addTap("tap0", { bridge: "br0", port: { isolated: true } });
    await Promise.all([host.routes.list(), host.fdb.list(), host.qdiscs.list(), host.addresses(), host.bridgeVlans.list().catch(() => 0)]);
    await host.replay([]);
    console.log(everything.Host === Host, Object.keys(own).every((name) => everything[name] === own[name]), ${loaded}.length - before);`;
  expect(inProcess(program)).toBe("true true 0\n");
});

test("a bundle of one file has every subject in it, and finds the addon beside it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "linkwright-bundle-"));
  try {
    const root = join(import.meta.dirname, "../../..");
    const place = `out/prebuilds/linux-${process.arch}`;
    mkdirSync(join(folder, place), { recursive: true });
    copyFileSync(join(root, "build/Release/linkwright.node"), join(folder, place, "linkwright.node"));
    const program = `import { Host } from ${JSON.stringify(library.replace("file://", ""))};
      const host = await Host.open({ namespace: "new" });
      await host.addBridge("br0", { up: true });
      await host.addTap("tap0", { bridge: "br0", port: { isolated: true } });
      await host.setLink("tap0", { alias: "a" });
      await host.addAddress("br0", "10.0.0.1/24");
      await host.limitRate("tap0", { egress: 1_000_000 });
      console.log((await host.routes.list()).length > 0, (await host.fdb.list()).length > 0, (await host.counters()).length);
      await host.close();`;
    writeFileSync(join(folder, "program.mjs"), program);
    const made = await rolldown({ input: join(folder, "program.mjs"), platform: "node" });
    await made.write({ file: join(folder, "out/program.mjs"), format: "esm" });
    await made.close();
    expect(readdirSync(join(folder, "out")).sort()).toEqual(["prebuilds", "program.mjs"]);
    expect(existsSync(join(folder, "node_modules"))).toBe(false);
    // The command line and what it draws pictures with would make it twice as large.
    expect(statSync(join(folder, "out/program.mjs")).size).toBeLessThan(1_200_000);
    const { stdout, stderr } = spawnSync(process.execPath, [join(folder, "out/program.mjs")], { encoding: "utf8" });
    expect({ stdout, stderr }).toEqual({ stdout: "true true 3\n", stderr: "" });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
