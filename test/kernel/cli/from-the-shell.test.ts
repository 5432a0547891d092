import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { brctlCommands } from "../../../src/cli/brctl/commands.js";
import { plain, terminal } from "./terminal.js";
import { linkNames, shellTables, understand } from "./shell-page.js";

const tables = shellTables();
const all = tables.flatMap(({ rows }) => rows);

test("each row has what is typed today, and what is typed with linkwright, or what is not there yet", () => {
  expect(all.length).toBeGreaterThan(100);
  for (const row of all)
    expect({ row, says: row.commands.length > 0 || row.missing !== "" }).toMatchObject({ says: true });
});

test("no command of brctl is left out", () => {
  const today = all.map((row) => row.today).join("\n");
  for (const name of Object.keys(brctlCommands)) expect(today).toContain(`brctl ${name}`);
});

describe.each(tables.filter(({ use }) => use === "typed"))("$title", ({ rows }) => {
  test("is done, command by command, and nothing is left", async () => {
    const folder = mkdtempSync(join(tmpdir(), "linkwright-shell-"));
    await using shell = await terminal();
    try {
      for (const name of ["eno4", "eno5"]) await shell.host.addLink(name, "veth", { peer: { name: `${name}-far` } });
      const before = await linkNames(shell.host);
      for (const command of rows.flatMap(({ commands }) => commands)) {
        const kept = command.startsWith("network ") ? ` state=${folder}/state run=${folder}/run` : "";
        const { status, stderr } = await shell.type(`${command}${kept}`);
        expect({ command, status, stderr }).toEqual({ command, status: 0, stderr: "" });
      }
      expect(await linkNames(shell.host)).toEqual(before);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

test.each(all.flatMap(({ commands }) => commands))("the words of %j are understood", (command) => {
  if (command.startsWith("brctl ")) return;
  expect(() => {
    understand(command);
  }).not.toThrow();
});

test("the help of every command of the page is there", async () => {
  const names = new Set(all.flatMap(({ commands }) => commands.map((command) => command.split(" ")[0]!)));
  names.delete("--netns");
  for (const name of names) expect(await plain("help", name)).toMatchObject({ status: 0 });
});
