import { existsSync } from "node:fs";
import { join } from "node:path";
import { findPackages, unpackPackages } from "./apt.mjs";
import { provideFolder } from "./cache.mjs";
import { installed } from "./run.mjs";

/** What is not on every Debian of what the programs need. */
const packages = [
  ...["netplan.io", "libnetplan0", "network-manager", "libnm0", "libndp0", "libteamdctl0", "libmm-glib0"],
  ...["libbluetooth3", "libnewt0.52", "libcurl3-gnutls", "libjansson4", "libpsl5", "libaudit1"],
];

const programs = { netplan: "usr/libexec/netplan/generate", NetworkManager: "usr/sbin/NetworkManager" };
const isWhole = (folder) => Object.values(programs).every((path) => existsSync(join(folder, path)));

/**
 * Provides netplan and NetworkManager, as Debian has them, for what their files are compared with: unpacked in the cache, and
 * never installed. Gives their programs, by name, and the folders of their libraries, or `{ missing }` with the reason.
 */
export function provideConfigurers() {
  if (!installed("apt-get") || !installed("dpkg-deb")) return { missing: "apt-get or dpkg-deb is not installed" };
  const { folder, missing } = provideFolder("configurers", isWhole, (draft) => {
    if (findPackages("netplan.io", /^netplan\.io$/).length === 0) return "apt knows no package netplan.io";
    return unpackPackages(packages, draft) ? undefined : "netplan and NetworkManager cannot be downloaded";
  });
  if (folder === undefined) return { missing };
  const libraries = ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"].map((path) => join(folder, path));
  return {
    programs: Object.fromEntries(Object.entries(programs).map(([name, path]) => [name, join(folder, path)])),
    libraries,
  };
}
