import { describe, expect, test } from "vitest";
import { InputError } from "../../../src/base/errors.js";
import { type NetlinkError } from "../../../src/kernel/error.js";
import { readRuleset } from "../../../src/netfilter/listing.js";
import { iifname, isIn } from "../../../src/netfilter/rules/matches.js";
import { addRule, removeRule, replaceRule } from "../../../src/netfilter/rules/rule-changes.js";
import { addSet } from "../../../src/netfilter/sets/set-changes.js";
import { accept, counter, drop, jump } from "../../../src/netfilter/rules/statements.js";
import {
  addChain,
  addTable,
  flushChain,
  removeChain,
  removeTable,
} from "../../../src/netfilter/chains/table-changes.js";
import { failure } from "../../unit/netlink/fake-kernel.js";
import { nftJson, nftRules, scene, whyNoNft } from "./nft.js";

const reason = whyNoNft();
if (reason !== undefined) console.log(`skipped: ${reason}`);

const table = { family: "inet", table: "t" } as const;
const chain = { ...table, chain: "c" };

describe.skipIf(reason !== undefined)("a batch", () => {
  test("of which something is refused leaves nothing behind, and says which rule and which of its expressions", async () => {
    await using here = await scene();
    const error = await failure(
      here.netfilter.commit([
        addTable(table),
        addChain(chain),
        addRule(chain, [iifname("br0"), counter(), jump("nowhere")], { comment: "mine" }),
        addRule(chain, [accept()]),
      ]),
    );
    expect(error).toMatchObject({
      code: "ENOENT",
      syscall: "NFT_MSG_NEWRULE",
      subject: 'rule "mine" of chain c of table inet t',
      attribute: "expressions.3.immediate",
    });
    expect(error.message).toContain("expressions.3.immediate");
    expect(nftJson(here)).toEqual([]);
  });

  test("names the set that a rule looks in and that there is not", async () => {
    await using here = await scene();
    const error = await failure(
      here.netfilter.commit([addTable(table), addChain(chain), addRule(chain, [isIn("none", "ip4Source"), accept()])]),
    );
    expect(error).toMatchObject({ code: "ENOENT", subject: "a rule of chain c of table inet t" });
    expect(error.attribute).toBe("expressions.3.lookup");
  });

  test("names the table that there is not", async () => {
    await using here = await scene();
    const error = await failure(here.netfilter.commit([addChain(chain)]));
    expect(error).toMatchObject({ code: "ENOENT", subject: "chain c of table inet t", attribute: "table" });
  });

  test("with wrong input is refused before anything is sent", async () => {
    await using here = await scene();
    expect(() => addRule(chain, [iifname("a-name-that-is-too-long")])).toThrow(InputError);
    await expect(
      here.netfilter.commit([addTable(table), { ...addTable(table), attributes: { nonsense: 1 } }]),
    ).rejects.toThrow(InputError);
    expect(here.sent).toEqual([]);
  });

  test("for a ruleset that has changed meanwhile is refused, and made anew where it says how", async () => {
    await using here = await scene();
    const before = await here.netfilter.generation();
    await here.netfilter.commit([addTable(table)], before);
    const error = await failure(here.netfilter.commit([addChain(chain)], before));
    expect(error.code).toBe("ERESTART");
    let times = 0;
    await here.netfilter.transact(async () => {
      if (times++ === 0) await here.netfilter.commit([addTable({ ...table, table: "another" })]);
      return [addChain(chain)];
    });
    expect(times).toBe(2);
    expect(nftJson(here).filter((line) => line["chain"] !== undefined)).toHaveLength(1);
  });

  test("of nothing is done at once", async () => {
    await using here = await scene();
    await here.netfilter.commit([]);
    expect(here.sent).toEqual([]);
  });

  test("of a thousand rules and elements goes at once", async () => {
    await using here = await scene();
    const elements = Array.from({ length: 2000 }, (_, place) => ({ key: `10.0.${place >> 8}.${place & 255}` }));
    await here.netfilter.commit([
      addTable(table),
      addChain(chain),
      addSet({ ...table, set: "s", key: "ipv4Addr", elements }),
      ...elements.slice(0, 1000).map(() => addRule(chain, [counter()])),
    ]);
    const { rules, sets } = await readRuleset(here.netfilter);
    expect(rules).toHaveLength(1000);
    expect(sets[0]!.elements).toHaveLength(2000);
  });

  test("puts rules where it is told to, in the place of others, and takes them away", async () => {
    await using here = await scene();
    const { netfilter } = here;
    await netfilter.commit([addTable(table), addChain(chain), addRule(chain, [counter()]), addRule(chain, [accept()])]);
    const [first, second] = (await readRuleset(netfilter)).rules.map((rule) => rule.handle!);
    await netfilter.commit([
      addRule(chain, [iifname("a")], { before: "first" }),
      addRule(chain, [iifname("b")], { after: first! }),
      addRule(chain, [iifname("c")], { before: second! }),
      replaceRule({ ...chain, handle: second! }, [drop()]),
    ]);
    const name = (right: string): unknown => [{ match: { op: "==", left: { meta: { key: "iifname" } }, right } }];
    const counted = [{ counter: { packets: 0, bytes: 0 } }];
    expect(nftRules(here)).toEqual([name("a"), counted, name("b"), name("c"), [{ drop: null }]]);
    await netfilter.commit([removeRule({ ...chain, handle: first! })]);
    expect(nftRules(here)).toHaveLength(4);
    await netfilter.commit([flushChain(chain), removeChain(chain), removeTable(table)]);
    expect(nftJson(here)).toEqual([]);
  });

  test("makes a table that nobody else may change while its socket is open, and that goes or stays with it", async () => {
    await using here = await scene();
    const stays = { ...table, table: "stays" };
    const owner = await here.another();
    await owner.netfilter.commit([addTable({ ...table, flags: ["owner"] })]);
    const persist = await owner.netfilter.commit([addTable({ ...stays, flags: ["owner", "persist"] })]).then(
      () => true,
      (error: NetlinkError) => {
        expect(error.code).toMatch(/EOPNOTSUPP|ENOTSUP/);
        return false;
      },
    );
    expect(await failure(here.netfilter.commit([addChain(chain)]))).toMatchObject({ code: "EPERM" });
    here.run(["nft", "flush", "ruleset"]);
    const { tables } = await readRuleset(here.netfilter);
    expect(tables.map(({ name, flags }) => [name, flags])).toEqual([
      ["t", ["owner"]],
      ...(persist ? [["stays", ["owner", "persist"]]] : []),
    ]);
    await owner[Symbol.asyncDispose]();
    const left = (await readRuleset(here.netfilter)).tables;
    expect(left.map(({ name, flags }) => [name, flags])).toEqual(persist ? [["stays", ["persist"]]] : []);
  });

  test("can never remove every table, nor the rules of all chains", async () => {
    await using here = await scene();
    const whole = { ...removeTable(table), attributes: {} };
    await expect(here.netfilter.commit([whole])).rejects.toThrow(InputError);
    const rules = { ...flushChain(chain), attributes: { table: "t" } };
    await expect(here.netfilter.commit([rules])).rejects.toThrow(InputError);
    expect(here.sent).toEqual([]);
  });
});
