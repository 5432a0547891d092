import { describe, expect, test } from "vitest";
import { NetlinkError } from "../../../src/kernel/error.js";
import { connect, type Connection } from "../../../src/netlink/connection.js";
import { decodeRequest, recording, sendRecorded, unless } from "../../../src/netlink/recording.js";
import { journalOf, type Operation, withJournal } from "../../../src/host/work/journal.js";
import { describeOperations } from "../../../src/host/work/written-operation.js";
import { replay } from "../../../src/host/replay.js";
import { changeLink, deleteLink, getLink } from "../../../src/rtnetlink/link/link-requests.js";
import { messageTypes } from "../../../src/rtnetlink/messages.js";
import { acknowledge, each, type FakeKernel, fakeKernel, type Sent } from "../netlink/fake-kernel.js";

const refusal = (errno: number, subject: string): NetlinkError =>
  new NetlinkError({ errno, syscall: "RTM_NEWLINK", subject });

/** A kernel that refuses what is about a link of such an index, and the connection to it. */
function refusing(errnos: Readonly<Record<number, number>> = {}): { kernel: FakeKernel; connection: Connection } {
  const indexOf = ({ message }: Sent): number => (message?.header as { index: number }).index;
  const kernel = fakeKernel(each((sent) => acknowledge(sent, { errno: errnos[indexOf(sent)] ?? 0 })));
  return { kernel, connection: connect(kernel.socket, messageTypes) };
}

const linkOf = (index: number): { index: number; name: string } => ({ index, name: `tap${index}` });
const created = (index: number): Operation => ({
  done: `tap${index} was created`,
  undo: `delete tap${index}`,
  requests: (to) => deleteLink(to, linkOf(index)),
});

const indexes = ({ exchanges }: FakeKernel): unknown[] =>
  exchanges.flat().map(({ message }) => (message?.header as { index: number }).index);

describe("a journal", () => {
  test("takes back what was done, the last first, and gives the error back as it is", async () => {
    const { kernel, connection } = refusing();
    const error = new Error("interrupted");
    const work = withJournal(connection, (journal) => {
      journal.add(created(1), created(2));
      journal.add(created(3));
      return Promise.reject(error);
    });
    await expect(work).rejects.toBe(error);
    expect(kernel.names().flat()).toEqual(["RTM_DELLINK", "RTM_DELLINK", "RTM_DELLINK"]);
    expect(indexes(kernel)).toEqual([3, 2, 1]);
  });

  test("goes on past what cannot be taken back, and the error says each thing that stands and why", async () => {
    const { kernel, connection } = refusing({ 1: 16, 3: 1 });
    const work = withJournal(connection, (journal) => {
      journal.add(created(1), created(2), created(3));
      return Promise.reject(refusal(22, "br0").with({ hint: "see there" }));
    });
    await expect(work).rejects.toMatchObject({
      code: "EINVAL",
      hint:
        "see there; tap3 was created, and could not be taken back: tap3: the kernel refused RTM_DELLINK: operation not permitted (EPERM); " +
        "tap1 was created, and could not be taken back: tap1: the kernel refused RTM_DELLINK: resource busy or locked (EBUSY)",
    });
    expect(indexes(kernel)).toEqual([3, 2, 1]);
  });

  test("takes what is gone for taken back", async () => {
    const { connection } = refusing({ 1: 19 });
    const error = refusal(22, "br0");
    const journal = journalOf(connection);
    journal.add(created(1));
    expect(await journal.undo(error)).toBe(error);
  });

  test("has a signal's reason as the cause of what it says when something stands", async () => {
    const { connection } = refusing({ 1: 16 });
    const reason = new DOMException("aborted", "AbortError");
    const journal = journalOf(connection);
    journal.add(created(1));
    expect(await journal.undo(reason)).toMatchObject({
      code: "EBUSY",
      cause: reason,
      hint: "tap1 was created, and could not be taken back",
    });
  });

  test("of work that is done is given to the outer one, and nothing is sent", async () => {
    const { kernel, connection } = refusing();
    const outer = journalOf(connection);
    await withJournal(connection, (journal) => Promise.resolve(journal.add(created(1), created(2))), outer);
    expect(outer.operations.map(({ done }) => done)).toEqual(["tap1 was created", "tap2 was created"]);
    expect(kernel.exchanges).toEqual([]);
  });

  test("is data that JSON holds, in words and as requests, and is replayed from it", async () => {
    const { kernel, connection } = refusing();
    const journal = journalOf(connection);
    journal.add(created(1), {
      done: "tap2 was brought up",
      undo: "take tap2 down",
      async requests(to) {
        await changeLink(to, linkOf(2), { up: false });
        await changeLink(to, linkOf(2), { alias: "former" });
      },
    });
    const written = JSON.parse(JSON.stringify(await journal.write())) as Awaited<ReturnType<typeof journal.write>>;
    expect(kernel.exchanges).toEqual([]);
    expect(describeOperations(written)).toEqual([
      "tap1 was created; to take it back: delete tap1",
      "  RTM_DELLINK tap1",
      "tap2 was brought up; to take it back: take tap2 down",
      "  RTM_NEWLINK tap2",
      "  RTM_NEWLINK tap2",
    ]);
    expect(decodeRequest(written[1]!.requests[1]!, messageTypes)).toMatchObject({
      name: "RTM_NEWLINK",
      header: { index: 2 },
      attributes: { alias: "former" },
    });
    await replay(connection, written);
    expect(kernel.exchanges.flat().map(({ message }) => [message?.name, message?.header, message?.attributes])).toEqual(
      [
        ["RTM_NEWLINK", expect.objectContaining({ index: 2, change: ["up"], flags: [] }), {}],
        ["RTM_NEWLINK", expect.objectContaining({ index: 2 }), { alias: "former" }],
        ["RTM_DELLINK", expect.objectContaining({ index: 1 }), {}],
      ],
    );
  });

  test("that is replayed goes on past what is refused, and rejects with that and what stands", async () => {
    const { kernel, connection } = refusing({ 2: 16, 1: 19 });
    const journal = journalOf(connection);
    journal.add(created(1), created(2));
    await expect(replay(connection, await journal.write())).rejects.toMatchObject({
      code: "EBUSY",
      subject: "tap2",
      hint: "tap2 was created, and could not be taken back",
    });
    expect(indexes(kernel)).toEqual([2, 1]);
  });

  test.each([
    [{ bytes: "zz" }, /^operations\.0\.requests\.0\.bytes: "zz" is no message in hexadecimal$/],
    [{ bytes: "1400" }, /bytes: it is not one whole message$/],
    [{ message: "RTM_NEWLINK" }, /message: "RTM_NEWLINK" is not what the bytes are: RTM_DELLINK$/],
    [{ unless: "ENODEV" }, /requests\.0\.unless: a list is wanted, not "ENODEV"$/],
  ])("with %j in a request is refused before anything is sent", async (damage, words) => {
    const { kernel, connection } = refusing();
    const journal = journalOf(connection);
    journal.add(created(1));
    const [written] = await journal.write();
    const damaged = { ...written!, requests: [{ ...written!.requests[0]!, ...damage }] } as typeof written;
    await expect(replay(connection, [damaged!])).rejects.toThrow(words);
    expect(kernel.exchanges).toEqual([]);
  });

  test("tells of what is no request, and does not replay it", async () => {
    const { connection } = refusing();
    const calls = { switch: "br0", leave: "tap1" };
    const journal = journalOf(connection);
    journal.add({ done: "tap1 joined br0", undo: "take it out", call: () => Promise.resolve(), calls });
    const written = await journal.write();
    expect(describeOperations(written)).toEqual([
      "tap1 joined br0; to take it back: take it out",
      "  switch br0 leave tap1",
    ]);
    await expect(replay(connection, written)).rejects.toThrow(/^operations\.0\.calls: it is no request to the kernel/);
  });
});

describe("requests that are written down", () => {
  test("are not sent, but for what asks", async () => {
    const { kernel, connection } = refusing({ 5: 19 });
    const { connection: recorder, requests } = recording(connection);
    await deleteLink(recorder, 4);
    await expect(getLink(recorder, 5)).rejects.toMatchObject({ code: "ENODEV" });
    expect(kernel.names()).toEqual([["RTM_GETLINK"]]);
    expect(requests.map(({ message, subject }) => [message, subject])).toEqual([["RTM_DELLINK", "link 4"]]);
  });

  test("keep what means that they are done already", async () => {
    const { kernel, connection } = refusing({ 4: 17 });
    const { connection: recorder, requests } = recording(connection);
    await deleteLink(unless(recorder, ["EEXIST"]), 4);
    expect(requests[0]!.unless).toEqual(["EEXIST"]);
    await sendRecorded(connection, requests[0]!, messageTypes);
    expect(kernel.names()).toEqual([["RTM_DELLINK"]]);
  });
});
