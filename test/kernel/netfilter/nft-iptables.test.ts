import { describe, expect, test } from "vitest";
import { InputError } from "../../../src/base/errors.js";
import { droppingElsewhere } from "../../../src/netfilter/chains/base-chains.js";
import { iptablesComment, iptablesCommentIn } from "../../../src/netfilter/rules/iptables.js";
import { readRuleset } from "../../../src/netfilter/listing.js";
import { iifname, ipSource, oifname } from "../../../src/netfilter/rules/matches.js";
import { addRule, removeRule } from "../../../src/netfilter/rules/rule-changes.js";
import { accept, counter } from "../../../src/netfilter/rules/statements.js";
import { scene, whyNoNft } from "./nft.js";
import { lacks } from "../scene/program.js";

const reason = whyNoNft() ?? lacks("iptables-nft", "--version");
if (reason !== undefined) console.log(`skipped: ${reason}`);

const user = { family: "ip", table: "filter", chain: "DOCKER-USER" } as const;

describe.skipIf(reason !== undefined)("in the chains of iptables-nft", () => {
  test("a rule of ours is read by iptables, found by its comment, and removed again, and no other", async () => {
    await using here = await scene();
    const { netfilter } = here;
    here.run(["iptables-nft", "-P", "FORWARD", "DROP"]);
    here.run(["iptables-nft", "-N", "DOCKER-USER"]);
    here.run(["iptables-nft", "-A", "DOCKER-USER", "-i", "eth9", "-m", "comment", "--comment", "theirs", "-j", "DROP"]);
    const before = here.run(["iptables-nft", "-S"]);
    expect(await droppingElsewhere(netfilter)).toMatchObject([{ table: "filter", chain: "FORWARD", hook: "forward" }]);

    const mark = iptablesComment("linkwright: network default");
    await netfilter.commit([
      addRule(user, [iifname("virbr0"), ipSource("192.168.122.0/24"), mark, counter(), accept()], { before: "first" }),
      addRule(user, [oifname("virbr*"), mark, counter(), accept()], { before: "first" }),
    ]);
    expect(here.run(["iptables-nft", "-S", "DOCKER-USER"]).trim().split("\n")).toEqual([
      "-N DOCKER-USER",
      '-A DOCKER-USER -o virbr+ -m comment --comment "linkwright: network default" -j ACCEPT',
      '-A DOCKER-USER -s 192.168.122.0/24 -i virbr0 -m comment --comment "linkwright: network default" -j ACCEPT',
      "-A DOCKER-USER -i eth9 -m comment --comment theirs -j DROP",
    ]);

    const { rules } = await readRuleset(netfilter, { family: "ip", table: "filter" });
    const comments = rules.map(({ expressions = [] }) => iptablesCommentIn(expressions));
    expect(comments).toEqual(["linkwright: network default", "linkwright: network default", "theirs"]);
    const ours = rules.filter((_, place) => comments[place]?.startsWith("linkwright: "));
    await netfilter.commit(ours.map(({ handle }) => removeRule({ ...user, handle: handle! })));
    expect(here.run(["iptables-nft", "-S"])).toBe(before);
  });

  test("a comment that does not fit is refused", () => {
    expect(() => iptablesComment("x".repeat(256))).toThrow(InputError);
    expect(() => iptablesComment("a\0b")).toThrow(InputError);
  });
});
