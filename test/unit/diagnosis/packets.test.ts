import { expect, test } from "vitest";
import type { ListedBaseChain } from "../../../src/netfilter/chains/base-chains.js";
import type { Observation } from "../../../src/diagnosis/observation.js";
import { dropOf, type Flow, isTranslated } from "../../../src/diagnosis/packets.js";
import type { Link } from "../../../src/rtnetlink/link/link.js";

const link = (index: number, name: string): Link => ({ index, name }) as Link;
const flow: Flow = { family: "inet", from: link(1, "br0"), to: link(2, "wan") };
const chain: ListedBaseChain = {
  ...{ family: "ip", table: "nat", chain: "out", type: "nat" },
  ...{ hook: "postrouting", priority: 100, policy: "accept" },
};

function seeing(chains: readonly ListedBaseChain[] | undefined): Observation {
  return { chains, ruleset: () => Promise.resolve(undefined) } as unknown as Observation;
}

test("whether packets are translated is not known where chains or their rules cannot be seen, and no where there are none", async () => {
  expect(await isTranslated(seeing(undefined), flow)).toBe(undefined);
  expect(await isTranslated(seeing([chain]), flow)).toBe(undefined);
  expect(await isTranslated(seeing([]), flow)).toBe(false);
  expect(await dropOf(seeing(undefined), flow)).toBe(undefined);
});
