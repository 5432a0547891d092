import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { InputError } from "../base/errors.js";
import { writeWhole } from "../base/whole-file.js";
import { DIRECTORY, parsePolicy, POLICY, writePlan } from "./policy-files.js";

const HOME = "/usr/local/lib/linkwright";
/** The program, and the names that it is started under. */
export const PROGRAM = join(HOME, "linkwright-qemu");
export const HELPER = join(HOME, "linkwright-bridge-helper");
export const SCRIPTS = ["/etc/qemu-ifup", "/etc/qemu-ifdown"] as const;
/** What was there before is kept under this ending. */
const KEPT = ".before-linkwright";

/** The package's folder, seen from one of src or dist. */
const PACKAGE = "../../";

/** The program as it was built, or delivered, with this package: it may become setuid, so it is looked for nowhere else. */
function builtProgram(): string {
  const places = ["build/Release/linkwright-qemu", `prebuilds/linux-${process.arch}/linkwright-qemu`];
  const paths = places.map((place) => fileURLToPath(new URL(PACKAGE + place, import.meta.url)));
  const found = paths.find((path) => existsSync(path));
  if (found === undefined)
    throw new InputError(
      `the program for QEMU is not in this package, which has it for x64 and arm64; in a clone, "npm run build" makes it. It was looked for at ${paths.join(", ")}`,
    );
  return found;
}

function isOurs(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true && readlinkSync(path) === PROGRAM;
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Puts a link to the program in a place; what is there is kept beside it. */
function link(path: string): string {
  if (isOurs(path)) return `${path} is there already`;
  const kept = exists(path) ? path + KEPT : undefined;
  if (kept !== undefined && exists(kept)) throw new InputError(`${kept} is in the way`, path);
  mkdirSync(dirname(path), { recursive: true });
  if (kept !== undefined) renameSync(path, kept);
  symlinkSync(PROGRAM, path);
  return kept === undefined ? path : `${path}; what was there is ${kept}`;
}

/** The first policy: every TAP joins one bridge. */
function firstPolicy(bridge: string): string {
  return `// Which TAPs of QEMU join which bridge: docs/qemu.md of linkwright has every property.
// After a change: linkwright qemu compile
{
  "rules": [
    { "bridge": ${JSON.stringify(bridge)} }
  ]
}
`;
}

/** Makes a folder that everybody may enter, whatever the umask. */
function makeFolder(path: string): void {
  if (mkdirSync(path, { recursive: true }) !== undefined) chmodSync(path, 0o755);
}

/**
 * Puts the programs in place, writes a first policy unless there is one, and makes its plan. `setuid`: users who are not
 * root may start the helper. Gives what was done, a line each. Throws InputError when something is in the way.
 */
export function install({ bridge, setuid = false }: { bridge?: string; setuid?: boolean }): string[] {
  const source = builtProgram();
  const policy = firstPolicy(bridge ?? "default-route");
  parsePolicy(Buffer.from(policy));
  if (bridge !== undefined && exists(POLICY) && readFileSync(POLICY, "utf8") !== policy)
    throw new InputError(`${POLICY} is there already, and stays: edit it, then linkwright qemu compile`, "bridge");
  for (const folder of [HOME, DIRECTORY]) makeFolder(folder);
  const first = exists(POLICY) ? [] : [POLICY];
  for (const path of first) writeWhole(path, policy);
  const { rules } = writePlan();
  const fresh = `${PROGRAM}.new`;
  copyFileSync(source, fresh);
  chmodSync(fresh, setuid ? 0o4755 : 0o755);
  renameSync(fresh, PROGRAM);
  return [PROGRAM, ...[...SCRIPTS, HELPER].map(link), ...first, `a plan of ${rules} rule${rules === 1 ? "" : "s"}`];
}

/** Takes the programs away and puts back what was there. The policy stays. Gives what was done, a line each. */
export function uninstall(): string[] {
  const done: string[] = [];
  for (const path of [...SCRIPTS, HELPER]) {
    if (!isOurs(path)) continue;
    rmSync(path);
    if (exists(path + KEPT)) renameSync(path + KEPT, path);
    done.push(exists(path) ? `${path} is what it was` : `${path} is gone`);
  }
  rmSync(PROGRAM, { force: true });
  return done;
}
