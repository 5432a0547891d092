import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const library = new URL("../../dist/index.js", import.meta.url).href;

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

/** What a file of the package imports when it is loaded. */
function importedBy(file: URL): string[] {
  return [...readFileSync(file, "utf8").matchAll(/^(?:import|export) .*?from "(.*?)";$/gm)].map(
    ([, name = ""]) => name,
  );
}

test("an import of the package reads two files, and no other part of it", () => {
  const [core = "", ...others] = importedBy(new URL(library));
  expect([core, others]).toEqual([expect.stringMatching(/^\.\/chunks\/core-/), []]);
  const more = importedBy(new URL(core, library));
  expect(more.filter((name) => !name.startsWith("node:"))).toEqual([]);
});

test("the first use of a part of the library keeps the order in which things were asked for", () => {
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

test("while the process has no descriptors left, refusals stay what they are; with some again, every part can be used", () => {
  const program = `
    import { closeSync, openSync } from "node:fs";
    const say = async (request) => console.log(await request.then(() => "done", ({ name, message }) => name + ": " + message));
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
      "NetlinkError: the kernel refused open: too many open files (EMFILE)\n" +
      "NetlinkError: none: the kernel refused RTM_GETLINK: no such device (ENODEV); there is no such link in this network namespace\n" +
      "done\n",
  );
});
