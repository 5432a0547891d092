import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { providePackages } from "../../../scripts/lib/debian-files.mjs";
import { importFiles, type SourceFile } from "../../../src/formats/index.js";
import { Host } from "../../../src/index.js";
import { apply } from "../../../src/topology/index.js";
import { cases } from "../../unit/formats/cases.js";
import { lacks } from "../scene/program.js";
import { lacksKind, needed, nicsOf } from "./kinds.js";
import { wiring } from "./wiring.js";

const { folder: program = "", missing } = providePackages("ifupdown", ["ifupdown", "ifenslave", "vlan"], "sbin/ifup");
const reason = missing ?? lacks("nsenter", "--version");
if (reason !== undefined) console.log(`skipped: what ifup makes of interfaces(5): ${reason}`);

const folder = mkdtempSync(join(tmpdir(), "linkwright-ifup-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Has ifup bring up all that files say, at boot and as it is plugged in, in the namespace of a host. */
async function ifup(host: Host, files: readonly SourceFile[]): Promise<void> {
  const place = mkdtempSync(join(folder, "network-"));
  for (const { name: path, text } of files) {
    mkdirSync(dirname(join(place, path)), { recursive: true });
    writeFileSync(join(place, path), text);
  }
  const state = join(place, "state");
  mkdirSync(state);
  const namespace = await host.namespaceDescriptor();
  try {
    const words = `${program}/sbin/ifup --all --force --interfaces=${place}/interfaces --state-dir=${state}`;
    // Its hooks look for links in /sys, which shows those of the namespace that it was mounted in.
    const script = `
mount -t sysfs sysfs /sys
mount -t overlay -o lowerdir=${program}/etc:/etc overlay /etc
mount -t overlay -o lowerdir=${program}/sbin:/usr/sbin overlay /usr/sbin
${words}; ${words} --allow=hotplug`;
    const mounted = ["unshare", "--mount", "sh", "-ec", script];
    const { error } = spawnSync("nsenter", [`--net=/proc/${process.pid}/fd/${namespace.fd}`, ...mounted], {
      cwd: place,
    });
    if (error !== undefined) throw error;
  } finally {
    await namespace.close();
  }
}

/** Cases that are ifupdown's: no ifupdown2, no lease, nothing that only other programs would do. */
const others = /vlan-aware|dhcp|odd/;
/** In a virtual machine, those are tried that need what not every kernel has. */
const inMachine = process.env["LINKWRIGHT_VM"] === "1";
const own = cases
  .filter(({ format, name }) => format === "interfaces" && !others.test(name))
  .filter(({ files }) => !inMachine || needed(importFiles(files).declaration.links ?? {}).length > 0);

test.skipIf(reason !== undefined).for(own)(
  "$name: what ifup makes of it, the imported declaration makes, too",
  async ({ files }, context) => {
    const { declaration } = importFiles(files);
    for (const kind of needed(declaration.links ?? {}))
      if (await lacksKind(kind)) context.skip(`this kernel has no ${kind}`);
    await using one = await Host.open({ namespace: "new" });
    await using other = await Host.open({ namespace: "new" });
    for (const host of [one, other])
      for (const [place, nic] of nicsOf(declaration).entries())
        await host.addVeth(nic, { peer: { name: `far${place}`, up: true } });
    const renamed = files.map((file) => ({ ...file, name: file.name.replace("/etc/network/", "") }));
    await ifup(one, renamed);
    await apply(other, declaration, { journal: join(folder, "journal") });
    expect(await wiring(other)).toEqual(await wiring(one));
  },
);
