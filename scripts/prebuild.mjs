import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { installed, root, runQuietly } from "./run.mjs";

const folder = join(root, `prebuilds/linux-${process.arch}`);
const addon = join(folder, "linkwright.node");

mkdirSync(folder, { recursive: true });
copyFileSync(join(root, "build/Release/linkwright.node"), addon);
if (installed("strip")) process.exitCode = runQuietly("strip", ["--strip-unneeded", addon]).status;
