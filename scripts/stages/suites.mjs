import { runSuites } from "../lib/vitest.mjs";

/** Runs every suite that this machine's own kernel is enough for. */
export function testSuites() {
  return runSuites(["unit", "uapi", "kernel", "kernel-always", "kernel-never", "e2e", "package"]);
}

/** Installs and bundles the package with other programs, which npm fetches. */
export function testManagers() {
  return runSuites(["managers"]);
}

/** Enables, reboots and cuts the power of virtual machines with systemd. */
export function testBoot() {
  return runSuites(["boot"]);
}
