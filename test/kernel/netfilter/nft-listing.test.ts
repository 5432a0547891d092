import { describe, expect, test } from "vitest";
import { readRuleset } from "../../../src/netfilter/listing.js";
import { restore } from "../../../src/netfilter/restoring.js";
import { nftJson, nftLoad, scene, whyNoNft } from "./nft.js";
import { rulesets } from "./nft-rulesets.js";

const reason = whyNoNft();
if (reason !== undefined) console.log(`skipped: ${reason}`);

describe.skipIf(reason !== undefined)("what nft wrote", () => {
  test.for(Object.entries(rulesets))("%s is listed so that it can be made again", async ([, text]) => {
    await using before = await scene();
    nftLoad(before, text);
    const ruleset = await readRuleset(before.netfilter);
    await using after = await scene();
    await after.netfilter.commit(restore(ruleset));
    expect(nftJson(after)).toEqual(nftJson(before));
  });
});
