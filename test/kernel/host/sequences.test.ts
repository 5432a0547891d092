import { describe, expect, test } from "vitest";
import { startThread, type Thread } from "../../../src/kernel/thread.js";
import { native } from "../../../src/kernel/addon.js";
import { align, bytesOf, Writer } from "../../../src/netlink/codecs/bytes.js";
import { connect, type Connection } from "../../../src/netlink/connection.js";
import type { NetlinkError } from "../../../src/kernel/error.js";
import { NLM_F_ACK, NLM_F_CREATE, NLMSG_ERROR, readHeader, writeMessage } from "../../../src/netlink/message.js";
import {
  type RequestCondition,
  sequencedQuestion,
  type SequencedRequest,
  sequenced,
  writeConditions,
} from "../../../src/netlink/sequence.js";
import { linkAttributes, RTM_GETLINK, RTM_NEWLINK } from "../../../src/rtnetlink/link/link.js";
import { messageTypes } from "../../../src/rtnetlink/messages.js";

/** A thread in a namespace of its own, with a bridge in it, and a connection to it. */
async function withBridge(work: (connection: Connection, thread: Thread) => Promise<void>): Promise<void> {
  const thread = await startThread({ kind: "new" });
  try {
    const connection = connect(thread.socket, messageTypes);
    const attributes = { name: "br0", linkInfo: { kind: "bridge" } };
    await connection.request(RTM_NEWLINK, { flags: NLM_F_CREATE, attributes });
    await work(connection, thread);
  } finally {
    await thread.call((handle, id) => {
      native.closeThread(handle, id);
    });
  }
}

type Answer = [sequence: number, errno: number | undefined];

function look(name: string): SequencedRequest {
  return sequencedQuestion(RTM_GETLINK, { attributes: { name } });
}

/** It is nobody's port, and the one looked at before it has an MTU. */
function conditionsOn(mtu: number): RequestCondition[] {
  const { entries } = linkAttributes;
  return [
    { back: 1, attribute: entries.master[0] },
    { back: 2, attribute: entries.mtu[0], equals: mtu },
  ];
}

/** Two looks, and a change that depends on both. */
function dependent(first: string, second: string, mtu: number): SequencedRequest[] {
  const change = sequenced(RTM_NEWLINK, { attributes: { name: "br0", alias: "x".repeat(100) } }, {}, conditionsOn(mtu));
  return [look(first), look(second), change];
}

function codeOf(error: Error | undefined): string | undefined {
  return error === undefined ? undefined : (error as NetlinkError).code;
}

test("a request that depends on a link's MTU is sent only while the link is there and has it", () =>
  withBridge(async (connection) => {
    const [bridge] = await connection.request(RTM_GETLINK, { attributes: { name: "br0" } });
    const { index } = bridge!.header;
    const label = (alias: string, condition: RequestCondition): SequencedRequest =>
      sequenced(RTM_NEWLINK, { header: { index }, attributes: { alias } }, {}, [condition]);
    await connection.request(RTM_NEWLINK, { header: { index }, attributes: { mtu: 1400 } });
    const outcomes = await connection.sequence([
      label("as it was", { link: index, mtu: 1500 }),
      label("as it is", { link: index, mtu: 1400 }),
      label("nobody's", { link: index + 1000, mtu: 1400 }),
    ]);
    expect(outcomes.map(({ error }) => codeOf(error))).toEqual(["ECANCELED", undefined, "ECANCELED"]);
    const [after] = await connection.request(RTM_GETLINK, { header: { index } });
    expect(after!.attributes.alias).toBe("as it is");
  }));

test("a request is about the link that was looked at, whatever link has its name by then", () =>
  withBridge(async (connection) => {
    await connection.request(RTM_NEWLINK, {
      flags: NLM_F_CREATE,
      attributes: { name: "br1", linkInfo: { kind: "bridge" } },
    });
    const indexOf = async (name: string): Promise<number> =>
      (await connection.request(RTM_GETLINK, { attributes: { name } }))[0]!.header.index;
    const [first, second] = [await indexOf("br0"), await indexOf("br1")];
    const rename = (index: number, name: string): SequencedRequest =>
      sequenced(RTM_NEWLINK, { header: { index }, attributes: { name } });
    const outcomes = await connection.sequence([
      look("br0"),
      rename(first, "x"),
      rename(second, "br0"),
      sequenced(RTM_NEWLINK, { attributes: { alias: "meant" } }, {}, [{ back: 3, others: 1 }]),
      sequencedQuestion(RTM_GETLINK, {}),
      look("br0"),
    ]);
    expect(outcomes.map(({ error }) => codeOf(error))).toEqual(Array(6).fill(undefined));
    const seen = outcomes[4]!.replies()[0] as {
      header: { index: number };
      attributes: { name?: string; alias?: string };
    };
    expect(seen.header.index).toBe(first);
    expect(seen.attributes).toMatchObject({ name: "x", alias: "meant" });
    expect((await connection.request(RTM_GETLINK, { header: { index: second } }))[0]!.attributes.alias).toBeUndefined();
  }));

test("a request about a link that was not found is not sent", () =>
  withBridge(async (connection) => {
    const made = sequenced(RTM_NEWLINK, { attributes: { linkInfo: { kind: "bridge" } } }, {}, [{ back: 1, others: 0 }]);
    const outcomes = await connection.sequence([look("none"), made]);
    expect(outcomes.map(({ error }) => codeOf(error))).toEqual(["ENODEV", "ECANCELED"]);
  }));

describe("steps that depend on replies", () => {
  test("go each by the replies to its own sequence, however many leave together", () =>
    withBridge(async (connection) => {
      const cases = Array.from({ length: 600 }, (_, place) => ({
        first: place % 7 === 3 ? "none" : "br0",
        second: place % 11 === 5 ? "none" : "lo",
        mtu: place % 5 === 4 ? 1400 : 1500,
      }));
      const sequences = cases.map(async ({ first, second, mtu }) => {
        const outcomes = await connection.sequence(dependent(first, second, mtu));
        return outcomes.map(({ error }) => codeOf(error));
      });
      const expected = cases.map(({ first, second, mtu }) => {
        const missing = [first, second].map((name) => (name === "none" ? "ENODEV" : undefined));
        return [...missing, missing.every((code) => code === undefined) && mtu === 1500 ? undefined : "ECANCELED"];
      });
      expect(await Promise.all(sequences)).toEqual(expected);
    }));

  test("find them when as many replies as are handed over at once came before", async () => {
    // A new thread sends 64 requests at once, then 128: here the looks of the sequence are torn apart.
    for (let large = 1; large <= 40; large++)
      await withBridge(async (connection) => {
        const before = Array.from({ length: 127 }, (_, place) =>
          place < large
            ? connection.request(RTM_GETLINK, { attributes: { name: "br0" } })
            : connection.request(RTM_NEWLINK, { attributes: { name: "br0" } }),
        );
        const outcomes = await connection.sequence(dependent("br0", "lo", 1500));
        expect([large, ...outcomes.map(({ error }) => codeOf(error))]).toEqual([
          large,
          undefined,
          undefined,
          undefined,
        ]);
        await Promise.all(before);
      });
  });

  test.for([0xfffffffd, 0xfffffffe, 0xffffffff])("find them when numbers start again after %i", (first) =>
    withBridge(async (_connection, { socket }) => {
      const messages = new Writer();
      const conditions = new Writer();
      const requests = [...dependent("br0", "lo", 1500), look("lo"), ...dependent("br0", "lo", 1400)];
      const numbers = requests.map((_, place) => (first + place) >>> 0);
      for (const [place, { messageType, content, conditions: each, asks }] of requests.entries()) {
        const offset = messages.length;
        writeMessage(messages, messageType, numbers[place]!, content, asks ? 0 : NLM_F_ACK);
        writeConditions(conditions, offset, messageType, each);
      }
      const answers: Answer[] = [];
      await new Promise<void>((resolve) => {
        socket.exchange(messages.take(), conditions.take(), (piece, end) => {
          if (piece !== undefined) answers.push(...answersIn(piece));
          if (end !== undefined) resolve();
        });
      });
      const errnos = [undefined, undefined, 0, undefined, undefined, undefined, 125];
      expect(answers).toEqual(numbers.map((number, place) => [number, errnos[place]]));
    }),
  );
});

/** What each message answers, and the errno of an acknowledgement. */
function answersIn(piece: Buffer): Answer[] {
  const bytes = bytesOf(piece);
  const found: Answer[] = [];
  for (let offset = 0; offset < piece.length;) {
    const { type, sequence, length } = readHeader(bytes, offset)!;
    found.push([sequence, type === NLMSG_ERROR ? -bytes.view.getInt32(offset + 16, true) || 0 : undefined]);
    offset += align(length);
  }
  return found;
}
