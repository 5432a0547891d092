import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { installed, root, runQuietly } from "./lib/run.mjs";

const folder = join(root, `prebuilds/linux-${process.arch}`);

mkdirSync(folder, { recursive: true });
for (const name of ["linkwright.node", "linkwright-qemu", "linkwright-watchdog", "linkwright-cni"]) {
  const path = join(folder, name);
  copyFileSync(join(root, "build/Release", name), path);
  if (installed("strip") && runQuietly("strip", ["--strip-unneeded", path]).status !== 0) process.exitCode = 1;
}
