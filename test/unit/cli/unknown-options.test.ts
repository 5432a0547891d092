import { expect, test } from "vitest";
import { encapsulationText } from "../../../src/cli/commands/ip/encapsulation-text.js";
import { describeLink } from "../../../src/cli/printing/link-text.js";
import { optionText } from "../../../src/cli/commands/traffic/traffic-text.js";
import { filterLimits } from "../../../src/host/traffic/other-limits.js";
import type { Filter } from "../../../src/host/traffic/filters.js";
import type { Link } from "../../../src/rtnetlink/link/link.js";

const plain = (text: string): string => text;
const style = { bold: plain, dim: plain, cyan: plain } as never;

test("options of a qdisc or filter that no table is known for say of which kind they are", () => {
  expect(optionText("cake", new Uint8Array(48))).toBe("(48 bytes: the options of cake are not known here)");
  expect(optionText("ingress", new Uint8Array(0))).toBe("");
  expect(optionText("u32", { actions: [{ kind: "pedit", options: new Uint8Array(9) }] })).toBe(
    "actions=pedit((9 bytes: the options of pedit are not known here))",
  );
});

test("so do those of a link, of a port, and of a route's encapsulation", () => {
  const link = {
    ...{ index: 2, name: "x0", type: 1, flags: [], up: false, kind: "amt" },
    linkInfo: { kind: "amt", data: new Uint8Array(12), slaveKind: "hsr", slaveData: new Uint8Array(8) },
  } as unknown as Link;
  const text = describeLink(link, new Map(), style);
  expect(text).toContain("(12 bytes: the options of amt are not known here)");
  expect(text).toContain("(8 bytes: the options of hsr are not known here)");
  expect(encapsulationText({ type: 77, raw: new Uint8Array(5) })).toBe(
    "77 (5 bytes: the options of 77 are not known here)",
  );
});

test("a filter polices by its actions, by the form before them, or in options of an unknown kind", () => {
  const filter = (kind: string, options: unknown): Filter => ({ kind, handle: 1, options }) as never;
  const found = { direction: "ingress", what: "filter", handle: 1 };
  expect(filterLimits(filter("flower", { actions: [{ kind: "gact" }, { kind: "police" }] }), "ingress")).toEqual([
    { ...found, kind: "flower" },
  ]);
  expect(filterLimits(filter("u32", { police: new Uint8Array(4) }), "ingress")).toHaveLength(1);
  const bytes = Buffer.from("10000300" + "0c000100" + "0b000100" + Buffer.from("police\0").toString("hex"), "hex");
  expect(filterLimits(filter("basic", new Uint8Array(bytes)), "ingress")).toHaveLength(1);
  expect(filterLimits(filter("basic", new Uint8Array(8)), "ingress")).toEqual([]);
  expect(filterLimits(filter("matchall", { actions: [{ kind: "mirred" }] }), "ingress")).toEqual([]);
  expect(filterLimits(filter("u32", undefined), "ingress")).toEqual([]);
});
