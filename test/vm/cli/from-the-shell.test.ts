import { describe, expect, test } from "vitest";
import { linkNames, shellTables } from "../../kernel/cli/shell-page.js";
import { terminal } from "../../kernel/cli/terminal.js";

const tables = shellTables().filter(({ use }) => use === "typed in the virtual machine");

describe.each(tables)("$title", ({ rows }) => {
  test("is done, command by command, and nothing is left", async () => {
    await using shell = await terminal();
    for (const name of ["eno4", "eno5"]) await shell.host.addLink(name, "veth", { peer: { name: `${name}-far` } });
    for (const name of ["eno4-far", "eno5-far"]) await shell.host.setLink(name, { up: true });
    const before = await linkNames(shell.host);
    for (const command of rows.flatMap(({ commands }) => commands)) {
      const { status, stderr } = await shell.type(command);
      expect({ command, status, stderr }).toEqual({ command, status: 0, stderr: "" });
    }
    expect(await linkNames(shell.host)).toEqual(before);
  });
});
