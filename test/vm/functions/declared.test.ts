import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import {
  apply,
  capture,
  describePlan,
  type HostDeclaration,
  plan,
  readDeclaration,
  revert,
  writeDeclaration,
} from "../../../src/topology/index.js";
import { journalFolder, takenBack } from "../../kernel/topology/journal.js";
import { addCard, lacksCards, removeCard } from "./pretended-card.js";

/** A card of netdevsim, which is no other test's. */
const CARD = 4713;

const lack = lacksCards();
if (lack !== undefined) console.log(`skipped: declared virtual functions: ${lack}`);

describe.skipIf(lack !== undefined)("declared virtual functions", () => {
  const journal = journalFolder();
  let host: Host;
  let card = "";

  beforeAll(async () => {
    card = addCard(CARD);
    host = await Host.open();
  });

  afterAll(async () => {
    await host.close();
    removeCard(CARD);
  });

  test("their number and what is set of them is declared, captured, read again, and taken back", async () => {
    const before = await capture(host);
    const three: HostDeclaration = {
      links: {
        [card]: {
          virtualFunctions: {
            count: 3,
            entries: [
              { index: 1, address: "02:00:00:00:00:01", vlan: 10, qos: 3, maxTxRate: 100_000_000, trust: true },
            ],
          },
        },
      },
    };
    const back = await revert(host, three);
    await apply(host, three, { journal });
    expect((await host.virtualFunctions.list(card))[1]).toMatchObject({
      vlan: 10,
      qos: 3,
      maxTxRate: 1e8,
      trust: true,
    });
    expect(describePlan(await plan(host, three))).toBe("nothing to do\n");
    const captured = await capture(host);
    expect(captured.links![card]!.virtualFunctions).toMatchObject({ count: 3 });
    const text = writeDeclaration({ links: { [card]: captured.links![card]! } });
    expect(text).toContain("maxTxRate: 100mbit");
    expect(describePlan(await plan(host, readDeclaration(text)))).toBe("nothing to do\n");

    const fewer: HostDeclaration = { links: { [card]: { virtualFunctions: { count: 1 } } } };
    await expect(apply(host, fewer, { journal, confirm: 1 })).rejects.toThrow(/3 virtual functions/);
    for (const other of [fewer, { links: { [card]: { virtualFunctions: { entries: [{ index: 1, vlan: 0 }] } } } }]) {
      await apply(host, other, { journal, confirm: 1, acceptLoss: true });
      await takenBack(host, journal);
      expect(await capture(host)).toEqual(captured);
    }
    await apply(host, back, { journal });
    expect(await capture(host)).toEqual(before);
    await expect(plan(host, { links: { lo: { virtualFunctions: { count: 1 } } } })).rejects.toThrow(/links\.lo/);
  });
});
