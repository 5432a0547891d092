import { expect, test } from "vitest";
import { NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_MULTI } from "../../../src/netlink/message.js";
import { RTM_NEWLINK } from "../../../src/rtnetlink/link/link.js";
import { listLinks } from "../../../src/rtnetlink/link/link-requests.js";
import { acknowledge, type Answer, connected, done, link, reply, type Sent } from "../netlink/fake-kernel.js";

test("a link that is split over two messages is one, with what each of them says, whatever is asked for", async () => {
  const { connection } = connected(([sent]) => ({
    pieces: [
      reply(sent!, RTM_NEWLINK, {
        flags: NLM_F_MULTI,
        header: { index: 2 },
        attributes: {
          name: "br0",
          linkInfo: { kind: "bridge" },
          unknown: [{ number: 999, bytes: new Uint8Array([1, 0, 0, 0]) }],
        },
      }),
      reply(sent!, RTM_NEWLINK, {
        flags: NLM_F_MULTI,
        header: { index: 2 },
        attributes: { mtu: 1400, master: 7, unknown: [{ number: 998, bytes: new Uint8Array([2, 0, 0, 0]) }] },
      }),
      link(sent!, 3, "tap0", NLM_F_MULTI),
      done(sent!),
    ],
  }));
  const bridge = { index: 2, name: "br0", kind: "bridge", mtu: 1400, master: 7 };
  const all = await listLinks(connection);
  expect(all).toMatchObject([bridge, { index: 3, name: "tap0" }]);
  expect(all[0]!.unknown?.map(({ number }) => number)).toEqual([999, 998]);
  expect(await listLinks(connection, { kind: "bridge" })).toMatchObject([bridge]);
  expect(await listLinks(connection, { master: 7 })).toMatchObject([bridge]);
});

/** A kernel whose links come and go: each dump finds others, and is interrupted; those that stand can be asked for. */
function changing(
  found: readonly (readonly number[])[],
  standing: readonly number[],
): (sent: readonly Sent[]) => Answer {
  let dumps = 0;
  const answer = (one: Sent): Buffer[] => {
    if ((one.header.flags & NLM_F_DUMP) === NLM_F_DUMP) {
      const indexes = found[dumps++] ?? [];
      const flags = NLM_F_MULTI | (dumps <= 2 ? NLM_F_DUMP_INTR : 0);
      return [...indexes.map((index) => link(one, index, `dump${dumps}-${index}`, flags)), done(one)];
    }
    const { index } = one.message!.header as { index: number };
    if (!standing.includes(index)) return [acknowledge(one, { errno: 19 })];
    return [link(one, index, `asked-${index}`), acknowledge(one)];
  };
  return (sent) => ({ pieces: sent.flatMap(answer) });
}

test("links that only one of two interrupted dumps found are asked for one by one, and those that are gone left out", async () => {
  const found = [
    [1, 2, 3, 5, 2],
    [1, 3, 4, 6],
  ];
  const { connection, kernel } = connected(changing(found, [1, 2, 3, 4]));
  expect((await listLinks(connection)).map(({ name }) => name)).toEqual(["dump2-1", "asked-2", "dump2-3", "asked-4"]);
  expect(kernel.names()).toEqual([["RTM_GETLINK"], ["RTM_GETLINK"], Array(4).fill("RTM_GETLINK")]);
});

test("what a filter lets through is looked at again when a link had to be asked for", async () => {
  const { connection } = connected(changing([[1, 2], [1]], [1, 2]));
  expect(await listLinks(connection, { kind: "bridge" })).toEqual([]);
});
