import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { cases } from "../../unit/formats/cases.js";
import { terminal } from "../cli/terminal.js";
import { program } from "../topology/program.js";

const folder = mkdtempSync(join(tmpdir(), "linkwright-import-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Writes files into a folder of their own. */
function put(name: string, files: Readonly<Record<string, string>>): string {
  const place = join(folder, name);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(place, path)), { recursive: true });
    writeFileSync(join(place, path), text);
  }
  return place;
}

test("a folder is imported, planned, applied, confirmed, and is as declared, command by command", async () => {
  const { files } = cases.find(({ name }) => name.startsWith("docs/") && name.endsWith("interfaces(5)"))!;
  const place = put("etc/network", { interfaces: files[0]!.text });
  const file = join(folder, "host.yaml");
  const journal = `journal=${join(folder, "journal")}`;
  const { host, run } = await program();
  try {
    await host.addVeth("eth1", { peer: { name: "far", up: true } });
    const imported = await run("import", place);
    expect(imported).toMatchObject({ status: 0, stderr: "" });
    writeFileSync(file, imported.stdout);
    expect((await run("plan", file)).stdout).toContain("virbr2");
    expect(await run("apply", file, "--confirm", "60s", journal)).toMatchObject({ status: 0 });
    expect(await run("confirm", journal)).toMatchObject({ status: 0 });
    expect(await run("drift", file)).toMatchObject({ status: 0 });
    const { index } = await host.link("virbr2");
    expect(await host.link("eth1")).toMatchObject({ master: index, up: true });
  } finally {
    await host.close();
  }
});

test("a folder's other files are named, and source lines and drop-ins are followed", async () => {
  const place = put("mixed", {
    interfaces: "source interfaces.d/*\nauto lo\niface lo inet loopback\n",
    "interfaces.d/br0": "auto br0\niface br0 inet static\n  bridge_ports none\n  address 10.0.0.1/24\n",
    "br1.netdev": "[NetDev]\nName=br1\nKind=bridge\n",
    "br1.network": "[Match]\nName=br1\n",
    "br1.network.d/address.conf": "[Network]\nAddress=10.1.0.1/24\n",
    README: "what this is\n",
  });
  await using shell = await terminal();
  const { stdout, status } = await shell.type(`import ${place}`);
  expect(status).toBe(0);
  expect(stdout).toContain(`# ${join(place, "README")}: it is of no format that is known here, and was not read\n`);
  expect(stdout).toContain("10.0.0.1/24");
  expect(stdout).toContain("10.1.0.1/24");
  const { stdout: data } = await shell.type(`--json import ${place}`);
  expect(JSON.parse(data)).toMatchObject({
    declaration: { links: { br0: { kind: "bridge", up: true }, br1: { kind: "bridge" } } },
    uncarried: [],
  });
});

test("what is not there, or of no format, is refused by its name", async () => {
  await using shell = await terminal();
  const none = join(folder, "none");
  expect(await shell.type(`import ${none}`)).toMatchObject({ status: 2 });
  expect((await shell.type(`import ${none}`)).stderr).toContain(`${none}: there is no such file or folder`);
  const readme = join(put("alone", { README: "hello" }), "README");
  expect((await shell.type(`import ${readme}`)).stderr).toContain("no format that is known here");
  expect(readFileSync(readme, "utf8")).toBe("hello");
});
