import { describe, expect, test } from "vitest";
import { connect } from "../../../src/netlink/connection.js";
import { InputError } from "../../../src/base/errors.js";
import { NetlinkError } from "../../../src/kernel/error.js";
import { NLM_F_ACK, NLM_F_CREATE, NLM_F_REQUEST } from "../../../src/netlink/message.js";
import { RTM_DELLINK, RTM_GETLINK, RTM_NEWLINK } from "../../../src/rtnetlink/link/link.js";
import { sequencedQuestion, sequenced } from "../../../src/netlink/sequence.js";
import { messageTypes } from "../../../src/rtnetlink/messages.js";
import { acknowledge, connected, failure, link, nameIn, ok, type Sent } from "./fake-kernel.js";

describe("requests", () => {
  test("of one turn leave in one exchange, in the order in which they were made", async () => {
    const { connection, kernel } = connected(ok);
    const promises = ["a", "b", "c"].map((name) => connection.request(RTM_NEWLINK, { attributes: { name } }));
    promises.push(connection.request(RTM_DELLINK, { header: { index: 1 } }));
    await Promise.all(promises);
    expect(kernel.names()).toEqual([["RTM_NEWLINK", "RTM_NEWLINK", "RTM_NEWLINK", "RTM_DELLINK"]]);
    expect(kernel.exchanges[0]!.slice(0, 3).map(nameIn)).toEqual(["a", "b", "c"]);
  });

  test("of the next turn leave in the next exchange", async () => {
    const { connection, kernel } = connected(ok);
    const first = connection.request(RTM_NEWLINK, { attributes: { name: "a" } });
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.all([first, connection.request(RTM_NEWLINK, { attributes: { name: "b" } })]);
    expect(kernel.names()).toEqual([["RTM_NEWLINK"], ["RTM_NEWLINK"]]);
  });

  test("ask for an acknowledgement, beside the flags that are given", async () => {
    const { connection, kernel } = connected(ok);
    await connection.request(RTM_NEWLINK, { flags: NLM_F_CREATE });
    expect(kernel.exchanges[0]![0]!.header.flags).toBe(NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE);
  });

  test("have sequence numbers of their own", async () => {
    const { connection, kernel } = connected(ok);
    await Promise.all(Array.from({ length: 100 }, () => connection.request(RTM_GETLINK, {})));
    const numbers = kernel.exchanges.flat().map(({ header }) => header.sequence);
    expect(new Set(numbers).size).toBe(100);
    expect(numbers).not.toContain(0);
  });

  test("are split into exchanges when they are many, and keep their order", async () => {
    const { connection, kernel } = connected(ok);
    const alias = "x".repeat(200);
    const names = Array.from({ length: 1000 }, (_, place) => `tap${place}`);
    await Promise.all(names.map((name) => connection.request(RTM_NEWLINK, { attributes: { name, alias } })));
    expect(kernel.exchanges.flat().map(nameIn)).toEqual(names);
    expect(kernel.exchanges.length).toBeGreaterThan(1);
    for (const exchange of kernel.exchanges) {
      const size = exchange.reduce((sum, { header }) => sum + header.length, 0);
      expect(size).toBeLessThan(65536);
    }
  });

  test("that cannot be meant are refused alone, and nothing of them is sent", async () => {
    const { connection, kernel } = connected(ok);
    const before = connection.request(RTM_NEWLINK, { attributes: { name: "a" } });
    const wrong = connection.request(RTM_NEWLINK, { attributes: { alias: "b", name: "x".repeat(16) } });
    const after = connection.request(RTM_NEWLINK, { attributes: { name: "c" } });
    await expect(wrong).rejects.toThrow(InputError);
    await Promise.all([before, after]);
    expect(kernel.exchanges.flat().map(nameIn)).toEqual(["a", "c"]);
  });

  test("alone in their turn and wrong leave nothing to be sent", async () => {
    const { connection, kernel } = connected(ok);
    await expect(connection.request(RTM_NEWLINK, { attributes: { mtu: -1 } })).rejects.toMatchObject({ path: "mtu" });
    await expect(connection.dump(RTM_GETLINK, { attributes: { mtu: -1 } })).rejects.toMatchObject({ path: "mtu" });
    expect(kernel.exchanges).toEqual([]);
  });

  test("of a socket that throws are all rejected with what it threw", async () => {
    const connection = connect(
      {
        exchange() {
          throw new NetlinkError({ errno: 9, syscall: "exchange" });
        },
      },
      messageTypes,
    );
    const both = [connection.request(RTM_GETLINK, {}), connection.request(RTM_GETLINK, {})];
    for (const promise of both) expect((await failure(promise)).code).toBe("EBADF");
  });
});

describe("a sequence", () => {
  const conditions = [
    { back: 1, attribute: 10 },
    { back: 2, attribute: 4, equals: 1500 },
  ];
  const look = (name: string) => sequencedQuestion(RTM_GETLINK, { attributes: { name } }, { subject: name });
  const join = (name: string, alias = "") =>
    sequenced(RTM_NEWLINK, { attributes: { name, alias, master: 7 } }, { subject: name }, conditions);

  test("leaves in one exchange, with the conditions of its requests, however many there are", async () => {
    const { connection, kernel } = connected(ok);
    const alias = "x".repeat(180);
    const sequences = Array.from({ length: 400 }, (_, place) => [
      look("br0"),
      look(`tap${place}`),
      join(`tap${place}`, alias),
    ]);
    await Promise.all(sequences.map((requests) => connection.sequence(requests)));
    expect(kernel.exchanges.length).toBeGreaterThan(1);
    for (const exchange of kernel.exchanges) {
      expect(exchange.length % 3).toBe(0);
      let offset = 0;
      for (const { bytes, conditions, header, message } of exchange) {
        const wanted = [
          [offset, 1, 16, 10, 0, 0],
          [offset, 2, 16, 4, 1, 1500],
        ];
        expect(conditions).toEqual(message!.name === "RTM_NEWLINK" ? wanted : []);
        expect(header.sequence).toBe(
          (exchange[0]!.header.sequence + exchange.findIndex((sent) => sent.bytes === bytes)) >>> 0,
        );
        offset += (bytes.length + 3) & ~3;
      }
    }
  });

  test("says how each request went, and decodes what came back when it is asked for", async () => {
    const answers = [
      (sent: Sent) => Buffer.concat([link(sent, 3, "tap0"), acknowledge(sent)]),
      (sent: Sent) => acknowledge(sent, { errno: 125 }),
    ];
    const { connection } = connected((sent) => ({ pieces: sent.map((each, place) => answers[place]!(each)) }));
    const [seen, joined] = await connection.sequence([look("tap0"), join("tap0")]);
    expect(seen!.error).toBeUndefined();
    expect(seen!.replies()).toMatchObject([{ header: { index: 3 }, attributes: { name: "tap0" } }]);
    expect(seen!.replies().length).toBe(1);
    expect(joined!.error).toMatchObject({ code: "ECANCELED", subject: "tap0", syscall: "RTM_NEWLINK" });
  });

  test("asks for no acknowledgement of what is over with its reply", async () => {
    const { connection, kernel } = connected((sent) => ({
      pieces: [Buffer.concat([link(sent[0]!, 3, "tap0"), acknowledge(sent[1]!)])],
    }));
    const [seen, joined] = await connection.sequence([look("tap0"), join("tap0")]);
    expect(kernel.exchanges.flat().map(({ header }) => header.flags & NLM_F_ACK)).toEqual([0, NLM_F_ACK]);
    expect([seen!.error, joined!.error]).toEqual([undefined, undefined]);
    expect(seen!.replies()).toMatchObject([{ attributes: { name: "tap0" } }]);
  });

  test("with a request that cannot be meant is refused whole, and what stands beside it is sent", async () => {
    const { connection, kernel } = connected(ok);
    const before = connection.request(RTM_NEWLINK, { attributes: { name: "a" } });
    await expect(connection.sequence([look("tap0"), join("tap0"), look("x".repeat(16))])).rejects.toThrow(InputError);
    const after = connection.sequence([join("b")]);
    await Promise.all([before, after]);
    expect(kernel.exchanges.flat().map(nameIn)).toEqual(["a", "b"]);
    expect(kernel.exchanges.flat()[1]!.conditions.length).toBe(2);
    const [first, second] = kernel.exchanges.flat().map(({ header }) => header.sequence);
    expect(second).toBe(first! + 1);
  });

  test("ends when the socket fails, with what was answered before", async () => {
    const { connection } = connected((sent) => ({
      pieces: [Buffer.concat([link(sent[0]!, 3, "tap0"), acknowledge(sent[0]!)])],
      end: { errno: 105, syscall: "recvmsg" },
    }));
    const [seen, joined] = await connection.sequence([look("tap0"), join("tap0")]);
    expect(seen!.error).toBeUndefined();
    expect(joined!.error).toMatchObject({
      code: "ENOBUFS",
      kernelMessage: "recvmsg failed; whether it was done is not known",
    });
  });
});
