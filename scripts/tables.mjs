import { existsSync } from "node:fs";

const built = new URL("../dist/rtnetlink/tables.js", import.meta.url);
if (existsSync(built)) {
  const { describeTables } = await import(built);
  console.log(JSON.stringify(describeTables(), null, 2));
} else {
  console.error('tables: not built yet; run "npm run build" first');
  process.exitCode = 1;
}
