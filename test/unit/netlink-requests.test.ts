import { describe, expect, test } from "vitest";
import { connect } from "../../src/netlink/connection.js";
import { InputError, NetlinkError } from "../../src/netlink/error.js";
import { NLM_F_ACK, NLM_F_CREATE, NLM_F_REQUEST } from "../../src/netlink/message.js";
import { RTM_DELLINK, RTM_GETLINK, RTM_NEWLINK } from "../../src/rtnetlink/link.js";
import { messageTypes } from "../../src/rtnetlink/messages.js";
import { connected, failure, nameIn, ok } from "./fake-kernel.js";

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

  test("that depend on the reply before them leave in the same exchange with it, however many they are", async () => {
    const { connection, kernel } = connected(ok);
    const alias = "x".repeat(180);
    await Promise.all(
      Array.from({ length: 400 }, (_, place) => [
        connection.request(RTM_GETLINK, { attributes: { name: `tap${place}`, alias } }),
        connection.request(
          RTM_NEWLINK,
          { attributes: { name: `tap${place}`, master: 7 } },
          { when: [{ attribute: 10 }, { attribute: 4, equals: 1500 }] },
        ),
      ]).flat(),
    );
    expect(kernel.exchanges.length).toBeGreaterThan(1);
    for (const exchange of kernel.exchanges) {
      const offsets = exchange.map((_, place) =>
        exchange.slice(0, place).reduce((sum, { bytes }) => sum + ((bytes.length + 3) & ~3), 0),
      );
      exchange.forEach(({ message, guards }, place) => {
        const dependent = message!.name === "RTM_NEWLINK";
        expect(guards).toEqual(
          dependent
            ? [
                [offsets[place], 16, 10, 0, 0],
                [offsets[place], 16, 4, 1, 1500],
              ]
            : [],
        );
        if (dependent) expect(exchange[place - 1]?.header.sequence).toBe(exchange[place]!.header.sequence - 1);
      });
    }
  });
});
