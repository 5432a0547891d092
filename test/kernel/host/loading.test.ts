import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

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
