import { describe, expect, test } from "vitest";
import { InputError } from "../../../src/base/errors.js";
import { committer, writeBatch } from "../../../src/netfilter/messages/batch.js";
import { netfilterMessageTypes } from "../../../src/netfilter/messages/nfnetlink.js";
import { is, not, oifname } from "../../../src/netfilter/rules/matches.js";
import { addRule } from "../../../src/netfilter/rules/rule-changes.js";
import { addElements, addSet } from "../../../src/netfilter/sets/set-changes.js";
import { accept, counter, masquerade } from "../../../src/netfilter/rules/statements.js";
import { addChain, addTable } from "../../../src/netfilter/chains/table-changes.js";
import { acknowledge, type Answer, failure, fakeKernel, type Sent } from "../netlink/fake-kernel.js";

const table = { family: "ip", table: "n" } as const;
const chain = { ...table, chain: "p" };

const changes = [
  addTable(table),
  addChain({ ...chain, base: { type: "nat", hook: "postrouting", priority: 100 } }),
  ...addRule(chain, [oifname("up0"), masquerade()]),
];

/** Written by hand from linux/netfilter/nf_tables.h: what `nft` sends for the same, but for one acknowledgement. */
const BATCH = [
  // NFNL_MSG_BATCH_BEGIN, sequence 1, nfgenmsg with the subsystem 10
  "14000000 1000 0100 01000000 00000000 00 00 000a",
  // NFT_MSG_NEWTABLE, CREATE: name "n", flags 0
  "24000000 000a 0104 02000000 00000000 02 00 0000",
  "0600 0100 6e00 0000 0800 0200 00000000",
  // NFT_MSG_NEWCHAIN, CREATE: table, name, hook { 4, 100 }, type
  "40000000 030a 0104 03000000 00000000 02 00 0000",
  "0600 0100 6e00 0000 0600 0300 7000 0000",
  "1400 0480 0800 0100 00000004 0800 0200 00000064",
  "0800 0700 6e617400",
];

const hex = (text: string): string => text.replaceAll(" ", "");

describe("a batch", () => {
  test("is what the headers say, byte for byte", () => {
    const { messages } = writeBatch(changes, 1);
    expect(messages.toString("hex").startsWith(hex(BATCH.join("")))).toBe(true);
    const rule = [
      // NFT_MSG_NEWRULE, CREATE, APPEND, ACK: table, chain, expressions
      "98000000 060a 050c 04000000 00000000 02 00 0000",
      "0600 0100 6e00 0000 0600 0200 7000 0000",
      "7400 0480",
      "2400 0180 0900 0100 6d657461 00 000000 1400 0280 0800 0100 00000001 0800 0200 00000007",
      "3800 0180 0800 0100 636d7000 2c00 0280",
      "0800 0100 00000001 0800 0200 00000000 1800 0380 1400 0100",
      `${Buffer.from("up0").toString("hex").padEnd(32, "0")}`,
      "1400 0180 0900 0100 6d617371 00 000000 0400 0280",
    ].join("");
    const end = "14000000 1100 0100 05000000 00000000 00 00 000a";
    expect(messages.subarray(hex(BATCH.join("")).length / 2).toString("hex")).toBe(hex(rule) + hex(end));
  });

  test("carries the generation that it was made for", () => {
    const { messages } = writeBatch([addTable(table)], 7, 0x01020304);
    expect(messages.subarray(0, 28).toString("hex")).toBe(
      hex("1c000000 1000 0100 07000000 00000000 00 00 000a 0800 0100 01020304"),
    );
  });
});

function committing(answer: (sent: readonly Sent[]) => Answer["pieces"], end?: Answer["end"]) {
  const kernel = fakeKernel((sent) => ({ pieces: answer(sent), ...(end === undefined ? {} : { end }) }));
  return { kernel, ...committer(kernel.socket) };
}

describe("a commit", () => {
  test("leaves in one exchange, and asks for one acknowledgement", async () => {
    const { commit, kernel } = committing((sent) => [acknowledge(sent.at(-2)!)]);
    await commit(changes);
    expect(kernel.exchanges).toHaveLength(1);
    expect(kernel.exchanges[0]!.map(({ header }) => (header.flags & 4) !== 0)).toEqual([
      false,
      false,
      false,
      true,
      false,
    ]);
    expect(kernel.exchanges[0]!.map(({ header }) => netfilterMessageTypes.get(header.type)!.name)).toEqual([
      "NFNL_MSG_BATCH_BEGIN",
      "NFT_MSG_NEWTABLE",
      "NFT_MSG_NEWCHAIN",
      "NFT_MSG_NEWRULE",
      "NFNL_MSG_BATCH_END",
    ]);
  });

  test("does not believe acknowledgements beside a refusal", async () => {
    const { commit } = committing((sent) => [
      Buffer.concat([acknowledge(sent[2]!, { errno: 2, message: "no" }), acknowledge(sent[3]!)]),
    ]);
    expect(await failure(commit(changes))).toMatchObject({
      code: "ENOENT",
      syscall: "NFT_MSG_NEWCHAIN",
      subject: "chain p of table ip n",
      kernelMessage: "no",
    });
  });

  test("names the first of several refusals: it is the cause of the rest", async () => {
    const { commit } = committing((sent) => [acknowledge(sent[1]!, { errno: 1 }), acknowledge(sent[3]!, { errno: 2 })]);
    expect(await failure(commit(changes))).toMatchObject({ code: "EPERM", subject: "table ip n" });
  });

  test("leads the offset of a refusal to an expression by its name", async () => {
    const { commit } = committing((sent) => [
      acknowledge(sent[3]!, { errno: 2, offset: sent[3]!.bytes.indexOf(Buffer.from("masq\0")) - 8 }),
    ]);
    expect(await failure(commit(changes))).toMatchObject({
      subject: "a rule of chain p of table ip n",
      attribute: "expressions.2.masq",
    });
  });

  test("is refused as a whole where the batch itself is", async () => {
    const { commit } = committing((sent) => [acknowledge(sent[0]!, { errno: 85 })]);
    expect(await failure(commit(changes))).toMatchObject({ code: "ERESTART", subject: "the ruleset" });
  });

  test("that nothing answers is not taken for done", async () => {
    expect(await failure(committing(() => []).commit(changes))).toMatchObject({ code: "EBADMSG" });
    const unsent = committing(() => [], { errno: 90, syscall: "sendmsg" });
    expect(await failure(unsent.commit(changes))).toMatchObject({ code: "EMSGSIZE" });
    const broken = committing(() => [Buffer.from("0400000000000000", "hex")]);
    expect(await failure(broken.commit(changes))).toMatchObject({ code: "EBADMSG" });
  });
});

describe("input", () => {
  test.for<[words: string, action: () => unknown]>([
    ["family", () => addTable({ family: "ipx" as "ip", table: "t" })],
    ["hook", () => addChain({ ...chain, base: { hook: "ingress", priority: 0 } })],
    ["priority", () => addChain({ ...chain, base: { hook: "input", priority: "out" } })],
    ["turned round", () => not(accept())],
    ["turned round", () => not(counter())],
    ["none of", () => is("nothing" as "mark", 5)],
    ["sees no ip6 packets", () => addRule(chain, [is("ip6Source", "::1")])],
    ["as elements.0.key", () => addElements({ ...table, set: "s" }, { key: "ipv4Addr" }, [{ key: "10.0.0.0/8" }])],
    [
      "a map's element needs it",
      () => addSet({ ...table, set: "s", key: "mark", data: "verdict", elements: [{ key: 1 }] }),
    ],
    ["belong together", () => addSet({ ...table, set: "s", key: ["mark", "mark"], elements: [{ key: [1] }] })],
    ["of tcp and of udp", () => addRule(chain, [is("tcpSourcePort", 1), is("udpSourcePort", 1)])],
    ["it excludes before", () => addRule(chain, [accept()], { before: 1, after: 2 })],
  ])("that cannot be meant is refused: %s", ([words, action]) => {
    let error: unknown;
    try {
      action();
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).message).toContain(words.replace("as ", ""));
  });
});
