import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const built = new URL("../build/tables/tables.cjs", import.meta.url);

// What building says goes to stderr: on stdout there is nothing but JSON.
if (!existsSync(built))
  spawnSync(process.execPath, [fileURLToPath(new URL("build.mjs", import.meta.url))], { stdio: ["ignore", 2, 2] });

if (existsSync(built)) {
  const { describeTables } = await import(built);
  console.log(JSON.stringify(describeTables(), null, 2));
} else {
  process.exitCode = 1;
}
