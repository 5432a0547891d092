import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Finding } from "../../../src/diagnosis/check.js";
import { diagnose } from "../../../src/diagnosis/diagnose.js";
import type { Host } from "../../../src/host/host.js";

/** Files of a machine on which nothing is wrong. */
const HEALTHY: Readonly<Record<string, string>> = {
  "proc/self/status": "Name:\tnode\nCapEff:\t000001ffffffffff\n",
  "proc/cpuinfo": "flags\t\t: fpu vmx\n",
  "proc/modules": "tun 1 0 - Live 0x0\nbridge 1 0 - Live 0x0\n",
  "dev/kvm": "",
  "dev/net/tun": "",
  "dev/vhost-net": "",
};

/** A folder with such files in place of "/", but for what is undefined. */
export function machine(files: Readonly<Record<string, string | undefined>> = {}): {
  root: string;
  [Symbol.dispose](): void;
} {
  const root = mkdtempSync(join(tmpdir(), "linkwright-machine-"));
  for (const [path, text] of Object.entries({ ...HEALTHY, ...files })) {
    if (text === undefined) continue;
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}

/** What the doctor finds of a host on a machine on which nothing is wrong. */
export async function found(host: Host, files: Readonly<Record<string, string>> = {}): Promise<Finding[]> {
  using healthy = machine(files);
  return await diagnose(host, { root: healthy.root, pause: 0 });
}

/** The same, as codes with the links concerned. */
export async function codes(host: Host, files: Readonly<Record<string, string>> = {}): Promise<string[]> {
  return (await found(host, files)).map(({ code, links }) => [code, ...links].join(" "));
}
