import { spawnSync } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { program } from "./programs.js";

const TUN = "/dev/net/tun";

/** Throws, in words for the user, when no TAP can be opened here. */
export function checkTunDevice(): void {
  try {
    accessSync(TUN, constants.R_OK | constants.W_OK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EACCES")
      throw new Error(`this machine has no ${TUN}: the demonstration needs TUN/TAP (CONFIG_TUN, module tun)`);
    const mode = (statSync(TUN).mode & 0o777).toString(8).padStart(4, "0");
    throw new Error(
      `this user may not open ${TUN}, whose mode is ${mode}: run the demonstration as root, or give the device ` +
        `the mode 0666 that udev gives it; the kernel checks privilege later`,
    );
  }
}

const NAMESPACES = ["--user", "--map-root-user", "--net"];

/** Runs the demonstration once more, as root of a user namespace, and gives its exit status. Throws when that is impossible. */
export function runInUserNamespace(words: readonly string[]): number {
  const unshare = program("unshare");
  if (unshare === undefined)
    throw new Error(
      "this user may not create network namespaces, and unshare (util-linux), which could help, is not installed",
    );
  const trial = spawnSync(unshare, [...NAMESPACES, "true"], { encoding: "utf8" });
  if (trial.status !== 0)
    throw new Error(
      `this user may not create namespaces (${trial.stderr.trim()}): run the demonstration as root, or allow user ` +
        `namespaces (user.max_user_namespaces, kernel.unprivileged_userns_clone, ` +
        `kernel.apparmor_restrict_unprivileged_userns)`,
    );
  const command = [...NAMESPACES, process.execPath, ...process.execArgv, process.argv[1]!, ...words];
  return spawnSync(unshare, command, { stdio: "inherit" }).status ?? 1;
}
