import { expect, test } from "vitest";
import { commandHelp, commandText, overviewText } from "../../../src/cli/help.js";
import { PLAIN } from "../../../src/cli/io.js";
import { wrapped } from "../../../src/cli/printing/layout.js";
import { registry } from "../../../src/cli/registry.js";

const pages = [
  ["", overviewText(registry, PLAIN)],
  ...Object.entries(registry).flatMap(([name, { load }]) => {
    const subs = Object.keys(load().actions).filter((sub) => sub !== "");
    return [undefined, ...subs].map((sub) => [
      [name, sub].filter((word) => word !== undefined).join(" "),
      commandText(commandHelp(registry, name, sub), PLAIN),
    ]);
  }),
] as [page: string, text: string][];

test.each(pages)("the help of %j fits 80 columns", (_page, text) => {
  const long = text.split("\n").filter((line) => [...line].length > 80);
  expect(long).toEqual([]);
});

test.each(pages)("the help of %j has the words that are typed, not the library's", (_page, text) => {
  expect(text.replaceAll("Open vSwitch", "").match(/\b[a-z]+[A-Z][a-z]\w*/g) ?? []).toEqual([]);
});

test("lines break between words, and inside a word only behind what separates the things that it lists", () => {
  expect(wrapped("one two three", 8)).toEqual(["one two", "three"]);
  expect(wrapped("a=red|green|blue is", 9)).toEqual(["a=red|", "green|", "blue is"]);
  expect(wrapped("10.0.0.1 eth0,eth1", 12)).toEqual(["10.0.0.1", "eth0,eth1"]);
});
