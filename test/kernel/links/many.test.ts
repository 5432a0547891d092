import { expect, test } from "vitest";
import { Host } from "../../../src/index.js";

test("a thousand requests of one turn all settle, each with its own answer", async () => {
  await using host = await Host.open({ namespace: "new" });
  const { index } = await host.addBridge("br0");
  const requests = Array.from({ length: 1000 }, (_, i) => host.link(i % 2 === 0 ? index : 100_000 + i));
  const results = await Promise.allSettled(requests);
  results.forEach((result, i) => {
    if (i % 2 === 0) expect(result).toMatchObject({ status: "fulfilled", value: { name: "br0" } });
    else expect(result).toMatchObject({ status: "rejected", reason: { subject: `link ${100_000 + i}` } });
  });
});

test("a bridge is full with 1023 ports", async () => {
  await using crowded = await Host.open({ namespace: "new" });
  await crowded.addBridge("br0");
  const taps = await Promise.all(Array.from({ length: 1024 }, (_, i) => crowded.addTap(`tap${i}`)));
  const results = await Promise.allSettled(taps.map((tap) => crowded.attach(tap, "br0")));
  const refused = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
  expect(refused).toEqual([
    expect.objectContaining({ name: "NetlinkError", code: "EXFULL", hint: "a bridge has at most 1023 ports" }),
  ]);
  expect((await crowded.links({ master: "br0" })).length).toBe(1023);
  await crowded.removeAll([...taps, "br0"]);
}, 60_000);
