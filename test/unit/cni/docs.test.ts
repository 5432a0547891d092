import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { errorCodes, plugins, schemaOf } from "../../../src/cni/index.js";

const page = readFileSync(new URL("../../../docs/cni.md", import.meta.url), "utf8");

test("the page has every option of every plugin, in the words of its table", () => {
  const lines = Object.values(plugins).flatMap(({ options }) =>
    Object.entries(options).map(([key, { says }]) => `| \`${key}\` | ${says} |`),
  );
  const squeezed = page.replaceAll(/ +/g, " ");
  expect(lines.filter((line) => !squeezed.includes(line))).toEqual([]);
});

test("the page has every code of an error", () => {
  const missing = Object.values(errorCodes).filter((code) => !new RegExp(`^\\| ${code} +\\|`, "m").test(page));
  expect(missing).toEqual([]);
});

test("the schema has every option with what is said of it", () => {
  const { properties } = schemaOf(plugins["linkwright-bridge"]!.options) as { properties: Record<string, object> };
  expect(properties.vlan).toEqual({
    type: "integer",
    minimum: 0,
    maximum: 4094,
    default: 0,
    description: "the VLAN of what containers send without a tag, 0 for none",
  });
  expect(Object.keys(properties)).toHaveLength(19);
});
