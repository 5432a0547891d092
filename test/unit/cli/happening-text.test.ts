import { expect, test } from "vitest";
import { styleFor } from "../../../src/cli/io.js";
import { happeningText } from "../../../src/cli/printing/happening-text.js";
import type { WatchEvent } from "../../../src/watch/events.js";

const style = styleFor({ isTTY: false } as Parameters<typeof styleFor>[0], {});

test("a rule is told by what it asks for and where it sends packets, not by its priority alone", () => {
  const told = (after: object): string | undefined =>
    happeningText({ subject: "rule", change: "created", after } as unknown as WatchEvent, new Map(), style);
  const rule = { family: "inet", flags: [] };
  expect(told({ ...rule, priority: 201, action: "toTbl", table: 201, from: "192.0.2.7/32", iif: "br0" })).toBe(
    "the rule 201 from 192.0.2.7/32 iif br0 to table 201 was added",
  );
  expect(told({ ...rule, priority: 5, action: "blackhole", to: "10.0.0.0/8" })).toBe(
    "the rule 5 to 10.0.0.0/8 blackhole was added",
  );
});
