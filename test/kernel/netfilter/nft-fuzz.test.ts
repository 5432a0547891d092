import fc, { type Arbitrary } from "fast-check";
import { describe, expect, test } from "vitest";
import type { Clause } from "../../../src/netfilter/rules/clause.js";
import { elementsOf } from "../../../src/netfilter/sets/elements.js";
import { readRuleset } from "../../../src/netfilter/listing.js";
import * as m from "../../../src/netfilter/rules/matches.js";
import { restore } from "../../../src/netfilter/restoring.js";
import { addRule } from "../../../src/netfilter/rules/rule-changes.js";
import { addSet } from "../../../src/netfilter/sets/set-changes.js";
import type { SetElement } from "../../../src/netfilter/sets/sets.js";
import * as s from "../../../src/netfilter/rules/statements.js";
import { addChain, addTable } from "../../../src/netfilter/chains/table-changes.js";
import { type DataTypeName, dataTypes } from "../../../src/netfilter/values/types.js";
import { texts, valuesOf } from "../../unit/netlink/arbitraries.js";
import { nftJson, scene, whyNoNft } from "./nft.js";

const reason = whyNoNft();
if (reason !== undefined) console.log(`skipped: ${reason}`);

const table = { family: "inet", table: "t" } as const;
const chain = { ...table, chain: "c" };
const RUNS = 8;

const port = fc.integer({ min: 0, max: 65535 });
const ports = fc.oneof(
  port,
  fc
    .tuple(port, port)
    .filter(([one, other]) => one !== other)
    .map((both) => both.sort((one, other) => one - other).join("-")),
  fc.uniqueArray(port, { minLength: 2, maxLength: 4 }),
);
const address4 = fc.ipV4();
/** Networks whose bits behind the length are zero. */
const network4 = fc.tuple(fc.nat(0xffffffff), fc.integer({ min: 1, max: 32 })).map(([bits, length]) => {
  const kept = Number((BigInt(bits) >> BigInt(32 - length)) << BigInt(32 - length));
  const bytes = [24, 16, 8, 0].map((shift) => (kept >>> shift) & 255);
  return `${bytes.join(".")}/${length}`;
});
const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,13}$/);
/** Of one rule: a packet is of one protocol, or else nothing is known of its ports. */
const protocol = fc.constantFrom("tcp" as const, "udp" as const);
const protocolMatches: Arbitrary<Clause[]> = fc.oneof(
  protocol.chain((over) =>
    fc.array(
      fc.oneof(
        ports.map((each) => m.destinationPort(over, each)),
        ports.map((each) => m.sourcePort(over, each)),
      ),
      { maxLength: 2 },
    ),
  ),
  fc.constantFrom("tcp", "udp", "icmp", "sctp").map((each) => [m.is("l4proto", each)]),
);

const matches: Arbitrary<Clause> = fc.oneof(
  name.map((each) => m.iifname(each)),
  name.map((each) => m.oifname(`${each}*`)),
  network4.map((each) => m.ipSource(each)),
  address4.map((each) => m.ipDestination(each)),
  fc
    .subarray(["established", "related", "new", "invalid", "untracked"] as const, { minLength: 1 })
    .map((each) => m.connectionState(...each)),
  fc.nat(0xffffffff).map((mark) => m.is("mark", mark)),
  fc.nat(0xffffffff).map((mark) => m.is("ctMark", mark)),
  fc.constantFrom("local", "broadcast", "multicast").map((each) => m.is("fibDestinationType", each)),
);

const statements: Arbitrary<Clause> = fc.oneof(
  fc.constant(s.counter()),
  fc.nat(0xffffffff).map((mark) => s.setMark(mark)),
  fc.nat(0xffffffff).map((mark) => s.setConnectionMark(mark)),
  fc
    .record({
      rate: fc.integer({ min: 1, max: 10000 }),
      per: fc.constantFrom("second", "minute", "hour"),
      over: fc.boolean(),
    })
    .map((rate) => s.limit(rate)),
  fc.stringMatching(/^[a-z: ]{1,20}$/).map((prefix) => s.log({ prefix })),
);
const verdicts = fc.constantFrom(s.accept(), s.drop(), s.jump("other"), s.goto("other"), s.returnVerdict());

const rules = fc.tuple(
  fc.array(fc.tuple(matches, fc.boolean()), { maxLength: 4 }),
  protocolMatches,
  fc.array(statements, { maxLength: 2 }),
  verdicts,
);

/** A match, turned round where that can be meant. */
function perhapsNot([clause, turned]: [Clause, boolean]): Clause {
  const isFlags = clause.expressions.some(({ name: kind }) => kind === "bitwise");
  return turned && !isFlags ? m.not(clause) : clause;
}

const KEYS = ["ipv4Addr", "ipv6Addr", "etherAddr", "inetProto", "inetService", "mark"] as const;

/** A set of one type, or of several, with what is in it. */
const sets: Arbitrary<{ key: DataTypeName[]; elements: SetElement[] }> = fc
  .array(fc.constantFrom(...KEYS), { minLength: 1, maxLength: 3 })
  .chain((key) =>
    fc
      .uniqueArray(fc.tuple(...key.map((type) => valuesOf(dataTypes[type].codec as never))), {
        maxLength: 20,
        selector: (values) => JSON.stringify(values),
      })
      .chain((list) =>
        fc
          .array(fc.option(texts(20).filter((text) => text !== "")), { minLength: list.length, maxLength: list.length })
          .map((comments) => ({
            key: [...key],
            elements: list.map((values, place) => ({
              key: values.length === 1 ? values[0] : values,
              ...(comments[place] === null ? {} : { comment: comments[place]! }),
            })),
          })),
      ),
  );

function byKey(elements: readonly SetElement[]): unknown[] {
  return elements.map((each) => JSON.stringify(each)).sort();
}

/** Rules without the order of their expressions: nft puts reads of neighbouring bytes together, the lower ones first. */
function unordered(lines: ReturnType<typeof nftJson>): unknown[] {
  return lines.map(({ rule, ...line }) => {
    if (rule === undefined) return line;
    const { expr, ...more } = rule as { expr: unknown[] };
    return { ...more, expr: expr.map((each) => JSON.stringify(each)).sort() };
  });
}

describe.skipIf(reason !== undefined)("rulesets at random", () => {
  test("are listed by nft so that nft makes the same of its own words, and so do we of our listing", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(rules, { minLength: 20, maxLength: 60 }), async (list) => {
        await using ours = await scene();
        await ours.netfilter.commit([
          addTable(table),
          addChain({ ...table, chain: "other" }),
          addChain(chain),
          ...list.map(([asked, over, done, verdict]) =>
            addRule(chain, [...asked.map(perhapsNot), ...over, ...done, verdict]),
          ),
        ]);
        const json = nftJson(ours);
        expect(json.filter((line) => line["rule"] !== undefined)).toHaveLength(list.length);
        await using nfts = await scene();
        nfts.run(["nft", "-f", "-"], ours.run(["nft", "list", "ruleset"]));
        expect(unordered(nftJson(nfts))).toEqual(unordered(json));
        await using restored = await scene();
        await restored.netfilter.commit(restore(await readRuleset(ours.netfilter)));
        expect(nftJson(restored)).toEqual(json);
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
  });

  test("have sets whose elements come back as they were given, from us and by nft", async () => {
    await fc.assert(
      fc.asyncProperty(sets, async ({ key, elements }) => {
        await using here = await scene();
        await here.netfilter.commit([addTable(table), addSet({ ...table, set: "s", key, elements })]);
        const ruleset = await readRuleset(here.netfilter);
        const [set] = ruleset.sets;
        expect(byKey(elementsOf(set!, set!.elements))).toEqual(byKey(elements));
        await using restored = await scene();
        await restored.netfilter.commit(restore(ruleset));
        expect(nftJson(restored)).toEqual(nftJson(here));
      }),
      { numRuns: RUNS * 4, endOnFailure: true },
    );
  });
});
