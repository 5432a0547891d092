import { expect, test } from "vitest";
import { Host, InputError, type LinkField } from "../../../src/index.js";

async function opened(): Promise<Host> {
  const host = await Host.open({ namespace: "new" });
  const bridge = await host.addBridge("br0", { up: true, alias: "two words" });
  await host.addTap("t0", { bridge });
  return host;
}

/** What changes by itself. */
const RESTLESS: readonly string[] = ["stats64", "linkInfo", "unknown", "carrierChanges"];

test("each property that is asked for alone is as it is among all, and nothing else is there but the index", async () => {
  await using host = await opened();
  for (const whole of await host.links())
    for (const field of Object.keys(whole).filter((name) => !RESTLESS.includes(name)) as LinkField[]) {
      const alone: Readonly<Record<string, unknown>> = { ...(await host.link(whole.index, { only: [field] })) };
      expect({ [field]: alone[field] }).toEqual({ [field]: whole[field] });
      expect(Object.keys(alone).filter((name) => name !== "index" && name !== field)).toEqual([]);
    }
});

test("a list has what is asked for of each, and what it is filtered by", async () => {
  await using host = await opened();
  const bridge = await host.link("br0", { only: ["name", "kind", "alias"] });
  expect(bridge).toEqual({ index: bridge.index, name: "br0", kind: "bridge", alias: "two words" });
  const links = await host.links({ only: ["name", "kind", "master", "up"] });
  expect(links).toEqual([
    { index: 1, name: "lo", kind: undefined, up: false },
    { ...bridge, alias: undefined, up: true },
    { index: expect.any(Number) as number, name: "t0", kind: "tun", master: bridge.index, up: true },
  ]);
  expect((await host.links({ only: ["name"], master: bridge })).map(({ name }) => name)).toEqual(["t0"]);
  expect((await host.links({ only: ["name"], kind: "bridge" })).map(({ name }) => name)).toEqual(["br0"]);
  const [info] = await host.links({ only: ["linkInfo"], kind: "bridge" });
  expect(info?.linkInfo?.kind).toBe("bridge");
});

test("what no link has is refused, with the word that was probably meant", async () => {
  await using host = await opened();
  await expect(host.link("br0", { only: ["nmae" as never] })).rejects.toThrow(
    new InputError('no such option; did you mean "name"?', "only.nmae"),
  );
  await expect(host.links({ only: [5 as never] })).rejects.toThrow("5 is not the name of a property");
  await expect(host.links({ only: "name" as never })).rejects.toThrow(InputError);
});
