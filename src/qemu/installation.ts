import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { InputError } from "../netlink/error.js";
import { DIRECTORY, POLICY, writePlan } from "./files.js";

const HOME = "/usr/local/lib/linkwright";
/** The program, and the names that it is started under. */
export const PROGRAM = join(HOME, "linkwright-qemu");
export const HELPER = join(HOME, "linkwright-bridge-helper");
export const SCRIPTS = ["/etc/qemu-ifup", "/etc/qemu-ifdown"] as const;
/** What was there before is kept under this ending. */
const KEPT = ".before-linkwright";

/** The program as it was built, or delivered, with this package. */
function builtProgram(): string {
  const places = ["build/Release/linkwright-qemu", `prebuilds/linux-${process.arch}/linkwright-qemu`];
  for (const root of ["../", "../../", "../../../"])
    for (const place of places) {
      const path = fileURLToPath(new URL(root + place, import.meta.url));
      if (existsSync(path)) return path;
    }
  throw new InputError("the program for QEMU was not built: npm run build");
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

/**
 * Puts the programs in place, writes a first policy unless there is one, and makes its plan. `setuid`: users who are not
 * root may start the helper. Gives what was done, a line each. Throws InputError when something is in the way.
 */
export function install({ bridge = "default-route", setuid = false }: { bridge?: string; setuid?: boolean }): string[] {
  const source = builtProgram();
  mkdirSync(HOME, { recursive: true, mode: 0o755 });
  mkdirSync(DIRECTORY, { recursive: true, mode: 0o755 });
  const fresh = `${PROGRAM}.new`;
  copyFileSync(source, fresh);
  chmodSync(fresh, setuid ? 0o4755 : 0o755);
  renameSync(fresh, PROGRAM);
  const done = [PROGRAM, ...[...SCRIPTS, HELPER].map(link)];
  if (!exists(POLICY)) {
    writeFileSync(POLICY, firstPolicy(bridge), { mode: 0o644 });
    done.push(POLICY);
  }
  const { rules } = writePlan();
  return [...done, `a plan of ${rules} rule${rules === 1 ? "" : "s"}`];
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
