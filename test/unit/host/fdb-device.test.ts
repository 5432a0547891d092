import { expect, test } from "vitest";
import { type FdbLink, wordsFor } from "../../../src/host/forwarding/fdb-table.js";

const MAC = "52:54:00:00:00:01";
const vxlan: Omit<FdbLink, "table"> = { index: 4, name: "vx0", kind: "vxlan", bridge: 3 };

test("a VXLAN's own table keeps every flag, the bridge's that it is a port of only a bridge's", () => {
  const words = { flags: ["router"] } as const;
  expect(wordsFor({ ...vxlan, table: "self" }, MAC, words)).toMatchObject({ flags: ["self", "router"] });
  expect(() => wordsFor({ ...vxlan, table: "master" }, MAC, words)).toThrow(
    "flags: a bridge takes no notice of router",
  );
  expect(() => wordsFor({ ...vxlan, table: "master" }, MAC, { protocol: "static" })).toThrow(
    "protocol: a bridge takes no notice of it",
  );
  expect(wordsFor({ ...vxlan, table: "master" }, MAC, { flags: ["sticky"] })).toMatchObject({ state: "static" });
});
