import { describe, expect, test } from "vitest";
import { NetlinkError } from "../../../src/kernel/error.js";
import { NLM_F_DUMP_INTR, NLMSG_ERROR, NLMSG_NOOP, NLMSG_OVERRUN } from "../../../src/netlink/message.js";
import { RTM_GETADDR } from "../../../src/rtnetlink/address/address.js";
import { linkFrom, RTM_DELLINK, RTM_GETLINK, RTM_NEWLINK } from "../../../src/rtnetlink/link/link.js";
import { acknowledge, anyMessage, connected, done, each, failure, link, ok, type Sent } from "./fake-kernel.js";

describe("replies", () => {
  test("settle each request by its own acknowledgement, in any order", async () => {
    const { connection } = connected((sent) => ({
      pieces: [...sent].reverse().map((each, place) => acknowledge(each, place === 1 ? { errno: 17 } : {})),
    }));
    const promises = ["a", "b", "c"].map((name) =>
      connection.request(RTM_NEWLINK, { attributes: { name } }, { subject: name }),
    );
    const settled = await Promise.allSettled(promises);
    expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(await failure(promises[1]!)).toMatchObject({
      code: "EEXIST",
      errno: 17,
      subject: "b",
      syscall: "RTM_NEWLINK",
    });
  });

  test("belong to the request whose number they bear", async () => {
    const { connection } = connected(([one, two]) => ({
      pieces: [
        Buffer.concat([link(two!, 2, "two"), link(one!, 1, "one")]),
        Buffer.concat([acknowledge(two!), acknowledge(one!)]),
      ],
    }));
    const [one, two] = await Promise.all([connection.request(RTM_GETLINK, {}), connection.request(RTM_GETLINK, {})]);
    expect(one.map(({ attributes }) => attributes.name)).toEqual(["one"]);
    expect(two.map(({ header }) => header.index)).toEqual([2]);
  });

  test("are put into the object that the caller makes of their header", async () => {
    const { connection } = connected(each((sent) => Buffer.concat([link(sent, 5, "br0"), acknowledge(sent)])));
    const [found] = await connection.request(RTM_GETLINK, {}, { into: linkFrom });
    expect(found!.attributes).toMatchObject({ index: 5, name: "br0", up: false });
  });

  test("to nobody's number, and messages of unknown types, are ignored", async () => {
    const stray = (sent: Sent): Sent => ({ ...sent, header: { ...sent.header, sequence: 12345 } });
    const { connection } = connected(
      each((sent) =>
        Buffer.concat([
          link(stray(sent), 9, "stray"),
          acknowledge(stray(sent), { errno: 1 }),
          anyMessage(0, 16, Buffer.alloc(16)),
          anyMessage(sent.header.sequence, 999, Buffer.from("anything")),
          anyMessage(sent.header.sequence, NLMSG_NOOP, Buffer.alloc(0)),
          anyMessage(sent.header.sequence, NLMSG_OVERRUN, Buffer.alloc(0)),
          link(sent, 1, "lo"),
          acknowledge(sent),
        ]),
      ),
    );
    const replies = await connection.request(RTM_GETLINK, {});
    expect(replies.map(({ attributes }) => attributes.name)).toEqual(["lo"]);
  });

  test("that a table's code cannot be loaded for fail their request, and no other", async () => {
    const missing = Object.assign(new Error("EMFILE: too many open files"), { code: "EMFILE" });
    const { connection } = connected((sent) => ({
      pieces: sent.map((each, place) => Buffer.concat([link(each, place + 1, "lo"), acknowledge(each)])),
    }));
    const into = (): object => {
      throw missing;
    };
    const settled = await Promise.allSettled([
      connection.request(RTM_GETLINK, {}, { into }),
      connection.request(RTM_GETLINK, {}),
    ]);
    expect(settled[0]).toEqual({ status: "rejected", reason: missing });
    expect(settled[1]).toMatchObject({ status: "fulfilled", value: [{ attributes: { name: "lo" } }] });
  });

  test("a second acknowledgement changes nothing", async () => {
    const { connection } = connected(
      each((sent) => Buffer.concat([acknowledge(sent), acknowledge(sent, { errno: 1 })])),
    );
    await expect(connection.request(RTM_NEWLINK, {})).resolves.toEqual([]);
  });
});

describe("replies that are garbage", () => {
  const cases: [what: string, words: string, answer: (sent: Sent) => Buffer][] = [
    ["bytes that are no message", "wrong length", () => Buffer.from("garbage!")],
    ["a length of 0", "wrong length", () => Buffer.alloc(32)],
    ["a truncated message", "wrong length", (sent) => link(sent, 1, "lo").subarray(0, 20)],
    [
      "an acknowledgement without its errno",
      "acknowledgement",
      (sent) => anyMessage(sent.header.sequence, NLMSG_ERROR, Buffer.alloc(0)),
    ],
    ["an acknowledgement with a positive errno", "acknowledgement", (sent) => acknowledge(sent, { errno: -5 })],
    ["a link without its header", "RTM_NEWLINK", (sent) => anyMessage(sent.header.sequence, 16, Buffer.alloc(8))],
    ["nothing", "no acknowledgement", () => Buffer.alloc(0)],
    ["a reply, and no acknowledgement", "no acknowledgement", (sent) => link(sent, 1, "lo")],
  ];

  test.for(cases)("%s: EBADMSG", async ([, words, answer]) => {
    const { connection } = connected(([sent]) => ({ pieces: [answer(sent!)] }));
    const error = await failure(connection.request(RTM_GETLINK, {}, { subject: "br0" }));
    expect(error).toMatchObject({ code: "EBADMSG", syscall: "RTM_GETLINK", subject: "br0" });
    expect(error.message).toContain(words);
  });

  test("spoil the exchange that they came in, not the next one", async () => {
    const { connection } = connected((sent, exchange) =>
      exchange === 0 ? { pieces: [Buffer.from("garbage")] } : { pieces: sent.map((each) => acknowledge(each)) },
    );
    const first = await Promise.allSettled([connection.request(RTM_GETLINK, {}), connection.request(RTM_GETLINK, {})]);
    expect(first.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await expect(connection.request(RTM_GETLINK, {})).resolves.toEqual([]);
  });

  test("do not take back what was settled before them", async () => {
    const { connection } = connected(([one]) => ({ pieces: [acknowledge(one!), Buffer.from("garbage")] }));
    const promises = [connection.request(RTM_GETLINK, {}), connection.request(RTM_GETLINK, {})];
    const settled = await Promise.allSettled(promises);
    expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  });
});

describe("a socket that fails", () => {
  test("on overrun what is unsettled is rejected, in words that say that its outcome is unknown", async () => {
    const { connection } = connected((sent, exchange) =>
      exchange === 0 ? { pieces: [acknowledge(sent[0]!)], end: { errno: 105, syscall: "recvmsg" } } : ok(sent),
    );
    const [first, second] = [
      connection.request(RTM_NEWLINK, {}),
      connection.request(RTM_DELLINK, {}, { subject: "tap0" }),
    ];
    await first;
    const error = await failure(second);
    expect(error).toMatchObject({ code: "ENOBUFS", syscall: "RTM_DELLINK", subject: "tap0" });
    expect(error.message).toBe(
      "tap0: the kernel refused RTM_DELLINK: recvmsg failed; whether it was done is not known (ENOBUFS)",
    );
    await expect(connection.request(RTM_NEWLINK, {})).resolves.toEqual([]);
  });
});

describe("a connection that is closed", () => {
  const reason = new NetlinkError({ errno: 125, syscall: "close", kernelMessage: "the host is closed" });

  test("rejects with the reason all that comes after, and sends nothing of it", async () => {
    const { connection, kernel } = connected(ok);
    connection.close(reason);
    const later = [
      connection.request(RTM_NEWLINK, {}),
      connection.requestAlone(RTM_GETLINK, {}),
      connection.dump(RTM_GETADDR, {}),
    ];
    for (const promise of later) expect(await failure(promise)).toMatchObject({ code: "ECANCELED" });
    expect(kernel.exchanges).toEqual([]);
  });

  test("sends what waits to be sent, and settles it as it is answered", async () => {
    const { connection, kernel } = connected((sent) => ({
      pieces: sent.map((each, place) => acknowledge(each, { errno: place === 0 ? 0 : 17 })),
    }));
    const [first, second] = [connection.request(RTM_NEWLINK, {}), connection.request(RTM_NEWLINK, {})];
    connection.close(reason);
    expect(kernel.names()).toEqual([["RTM_NEWLINK", "RTM_NEWLINK"]]);
    await expect(first).resolves.toEqual([]);
    expect(await failure(second)).toMatchObject({ code: "EEXIST" });
    expect(kernel.exchanges).toHaveLength(1);
  });

  test("does not make a dump anew that was interrupted", async () => {
    const { connection, kernel } = connected(([sent]) => ({ pieces: [done(sent!, { flags: NLM_F_DUMP_INTR })] }));
    const listing = connection.dump(RTM_GETADDR, {});
    connection.close(reason);
    expect(await failure(listing)).toMatchObject({ code: "ECANCELED" });
    expect(kernel.exchanges).toHaveLength(1);
  });
});
