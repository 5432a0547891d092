import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_MULTI, NLM_F_REQUEST } from "../../../src/netlink/message.js";
import { RTM_GETADDR, RTM_NEWADDR } from "../../../src/rtnetlink/address/address.js";
import { RTM_DELLINK, RTM_GETLINK, RTM_NEWLINK } from "../../../src/rtnetlink/link/link.js";
import { acknowledge, type Answer, connected, done, failure, link, ok, reply, type Sent } from "./fake-kernel.js";

describe("dumps", () => {
  const interrupted = (sent: readonly Sent[]): Answer => ({
    pieces: [link(sent[0]!, 1, "lo", NLM_F_MULTI | NLM_F_DUMP_INTR), done(sent[0]!)],
  });
  const whole = (sent: readonly Sent[]): Answer => ({
    pieces: [
      Buffer.concat([link(sent[0]!, 1, "lo", NLM_F_MULTI), link(sent[0]!, 2, "br0", NLM_F_MULTI)]),
      link(sent[0]!, 3, "tap0", NLM_F_MULTI),
      done(sent[0]!),
    ],
  });

  test("give every message of every piece", async () => {
    const { connection, kernel } = connected(whole);
    const replies = await connection.dump(RTM_GETLINK, {});
    expect(replies.map(({ attributes }) => attributes.name)).toEqual(["lo", "br0", "tap0"]);
    expect(kernel.exchanges[0]![0]!.header.flags).toBe(NLM_F_REQUEST | NLM_F_DUMP);
  });

  test("are exchanges of their own: requests of the same turn leave before or after", async () => {
    const { connection, kernel } = connected((sent) => {
      const dumps = sent.some(({ header }) => (header.flags & NLM_F_DUMP) === NLM_F_DUMP);
      return dumps ? whole(sent) : ok(sent);
    });
    await Promise.all([
      connection.request(RTM_NEWLINK, {}),
      connection.request(RTM_NEWLINK, {}),
      connection.dump(RTM_GETLINK, {}),
      connection.request(RTM_DELLINK, {}),
      connection.dump(RTM_GETLINK, {}),
      connection.requestAlone(RTM_GETLINK, {}),
    ]);
    expect(kernel.names()).toEqual([
      ["RTM_NEWLINK", "RTM_NEWLINK"],
      ["RTM_GETLINK"],
      ["RTM_DELLINK"],
      ["RTM_GETLINK"],
      ["RTM_GETLINK"],
    ]);
  });

  test("that a change interrupted are made anew, and only the whole one is given", async () => {
    const { connection, kernel } = connected((sent, exchange) => (exchange < 3 ? interrupted(sent) : whole(sent)));
    const replies = await connection.dump(RTM_GETLINK, {});
    expect(replies).toHaveLength(3);
    expect(kernel.exchanges).toHaveLength(4);
  });

  test("are made anew when only their end says that they were interrupted", async () => {
    const { connection, kernel } = connected((sent, exchange) =>
      exchange === 0 ? { pieces: [link(sent[0]!, 1, "lo"), done(sent[0]!, { flags: NLM_F_DUMP_INTR })] } : whole(sent),
    );
    expect(await connection.dump(RTM_GETLINK, {})).toHaveLength(3);
    expect(kernel.exchanges).toHaveLength(2);
  });

  describe("that are interrupted again and again", () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ["setTimeout", "performance"] });
    });
    afterEach(() => {
      vi.useRealTimers();
    });

    /** A millisecond after the other, so that what happens in one can wait for the next. */
    async function pass(milliseconds: number): Promise<void> {
      for (let i = 0; i < milliseconds; i++) await vi.advanceTimersByTimeAsync(1);
    }

    test("are made anew for a second, with pauses between them, and then end with EINTR", async () => {
      const { connection, kernel } = connected((sent, exchange) => ({
        pieces: [link(sent[0]!, exchange + 1, "lo", NLM_F_MULTI | NLM_F_DUMP_INTR), done(sent[0]!)],
      }));
      const failing = failure(connection.dump(RTM_GETLINK, {}));
      await pass(40);
      expect(kernel.exchanges.length).toBeLessThan(8);
      await pass(1000);
      const error = await failing;
      expect(error).toMatchObject({ code: "EINTR", syscall: "RTM_GETLINK" });
      const tries = kernel.exchanges.length;
      expect(error.message).toBe(
        `the kernel refused RTM_GETLINK: the table changed each of the ${tries} times that it was read, for 1 s (EINTR); ` +
          "try again when less is changing, or ask for less of it",
      );
      expect(tries).toBeGreaterThan(15);
    });

    test("are the answer after a second when the last two say the same", async () => {
      const { connection } = connected(interrupted);
      const dumping = connection.dump(RTM_GETLINK, {});
      await pass(1000);
      expect((await dumping).map(({ attributes }) => attributes.name)).toEqual(["lo"]);
    });

    test("end with what stood, once each, where entries can be told from each other", async () => {
      // Each time another comes and goes; of those that stand the kernel passes over one, and tells another twice.
      const { connection, kernel } = connected((sent, exchange) => {
        const [asked] = sent;
        const stands = [1, 2, 3].filter((index) => index !== (exchange % 3) + 1);
        const found = [stands[0]!, stands[0]!, stands[1]!, 100 + exchange];
        const pieces = found.map((index) => link(asked!, index, `link${index}`, NLM_F_MULTI | NLM_F_DUMP_INTR));
        return { pieces: [...pieces, done(asked!)] };
      });
      const identity = ({ header }: { readonly header: { readonly index: number } }): string => String(header.index);
      const dumping = connection.dump(RTM_GETLINK, {}, { identity });
      await pass(1100);
      const indexes = (await dumping).map(({ header }) => header.index).sort((a, b) => a - b);
      expect(indexes).toEqual([1, 2, 3, 100 + kernel.exchanges.length - 1]);
    });

    test("let other requests through while they wait", async () => {
      const { connection, kernel } = connected((sent, exchange) => (exchange === 0 ? interrupted(sent) : ok(sent)));
      const dumping = connection.dump(RTM_GETLINK, {});
      await connection.request(RTM_NEWLINK, {});
      await pass(1000);
      await dumping;
      expect(kernel.names()).toEqual([["RTM_GETLINK"], ["RTM_NEWLINK"], ["RTM_GETLINK"]]);
    });
  });

  test("that fail at their end, or are refused, are rejected", async () => {
    const answers = [
      (sent: Sent) => Buffer.concat([link(sent, 1, "lo"), done(sent, { errno: 90 })]),
      (sent: Sent) => acknowledge(sent, { errno: 22, message: "no such filter" }),
      (sent: Sent) => link(sent, 1, "lo"),
    ];
    const { connection } = connected(([sent], exchange) => ({ pieces: [answers[exchange]!(sent!)] }));
    expect((await failure(connection.dump(RTM_GETLINK, {}))).code).toBe("EMSGSIZE");
    expect(await failure(connection.dump(RTM_GETLINK, {}))).toMatchObject({
      code: "EINVAL",
      kernelMessage: "no such filter",
    });
    expect((await failure(connection.dump(RTM_GETLINK, {}))).code).toBe("EBADMSG");
  });

  test("of addresses are read as addresses", async () => {
    const { connection } = connected(([sent]) => ({
      pieces: [
        reply(sent!, RTM_NEWADDR, { header: { index: 2, prefixLength: 24 }, attributes: { local: "10.0.0.1" } }),
        done(sent!),
      ],
    }));
    const [found] = await connection.dump(RTM_GETADDR, {});
    expect(found).toMatchObject({
      name: "RTM_NEWADDR",
      header: { index: 2, prefixLength: 24 },
      attributes: { local: "10.0.0.1" },
    });
  });
});
