import { builtin } from "../base/builtin.js";
import { InputError, quoted, under } from "../base/errors.js";
import { nativePlaces } from "../kernel/load-addon.js";
import { guestSubnet } from "../networks/subnet.js";
import { plugins } from "./operations.js";

/** What is installed, and where. */
export interface CniInstallOptions {
  /** The folder below which everything is written; "/" unless given. */
  readonly root?: string | undefined;
  /** The folder in which the runtime looks for plugins; /opt/cni/bin unless given. */
  readonly bin?: string | undefined;
  /** The subnet of IPv4 that containers get their addresses of; 10.22.0.0/16 unless given. */
  readonly subnet?: string | undefined;
}

const PROGRAM = "linkwright-cni";
const LIST = "etc/cni/net.d/10-linkwright.conflist";
const SETTINGS = "etc/linkwright/cni.conf";
/** What the unit lets the service write to must be there when that is started. */
const ADDRESSES = "var/lib/cni/networks";
const UNIT = "etc/systemd/system/linkwright.service.d/cni.conf";

/** A network by which containers reach one another, and everything else by this machine's address. */
function listOf(subnet: string): string {
  const plugin = {
    type: "linkwright-bridge",
    bridge: "cni0",
    isGateway: true,
    ipMasq: true,
    hairpinMode: true,
    ipam: { type: "host-local", ranges: [[{ subnet }]], routes: [{ dst: "0.0.0.0/0" }] },
    capabilities: { portMappings: true, bandwidth: true, ipRanges: true, ips: true, mac: true },
  };
  const versions = { cniVersion: "1.0.0", cniVersions: ["0.4.0", "1.0.0", "1.1.0"] };
  return `${JSON.stringify({ ...versions, name: "linkwright", plugins: [plugin] }, undefined, 2)}\n`;
}

function settingsOf(script: string): string {
  return `# Where linkwright-cni asks, and what it starts where nobody answers; without node and script, it says so instead.
socket /run/linkwright/socket
node ${process.execPath}
script ${script}
`;
}

/** What a container's interface needs beside what networks do: the files of addresses, and what other IPAM plugins keep. */
const UNIT_TEXT = `[Service]
ReadWritePaths=/var/lib/cni -/run/cni
`;

function programFile(): string {
  const { dirname, join } = builtin("node:path");
  const places = [...nativePlaces()].map((place) => join(dirname(place), PROGRAM));
  const found = places.find((place) => builtin("node:fs").existsSync(place));
  if (found === undefined) throw new InputError(`the program was not found at ${places.join(", ")}`);
  return found;
}

/**
 * Puts the program and its names where the runtime looks for plugins, and writes a configuration list, unless there is one, the program's
 * settings, and what the service's unit needs: the folder of addresses, too. Gives the files. Throws InputError for what cannot be meant.
 */
export function installCni({
  root = "/",
  bin = "/opt/cni/bin",
  subnet = "10.22.0.0/16",
}: CniInstallOptions = {}): string[] {
  const fs = builtin("node:fs");
  const { dirname, join } = builtin("node:path");
  under("subnet", () => guestSubnet(subnet, "inet"));
  if (!bin.startsWith("/")) throw new InputError(`${quoted(bin)} is no absolute path`, "bin");
  const script = fs.realpathSync(process.argv[1] ?? "");
  const write = (path: string, text: string): string => {
    const file = join(root, path);
    fs.mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
    fs.writeFileSync(`${file}.new`, text, { mode: 0o644 });
    fs.renameSync(`${file}.new`, file);
    return file;
  };
  const folder = join(root, bin);
  const program = join(folder, PROGRAM);
  fs.mkdirSync(folder, { recursive: true, mode: 0o755 });
  fs.mkdirSync(join(root, ADDRESSES), { recursive: true, mode: 0o755 });
  // A program that is running cannot be written to.
  fs.copyFileSync(programFile(), `${program}.new`);
  fs.chmodSync(`${program}.new`, 0o755);
  fs.renameSync(`${program}.new`, program);
  const names = Object.keys(plugins).map((name) => {
    fs.rmSync(join(folder, name), { force: true });
    fs.symlinkSync(PROGRAM, join(folder, name));
    return join(folder, name);
  });
  const list = fs.existsSync(join(root, LIST)) ? [] : [write(LIST, listOf(subnet))];
  return [program, ...names, ...list, write(SETTINGS, settingsOf(script)), write(UNIT, UNIT_TEXT)];
}
