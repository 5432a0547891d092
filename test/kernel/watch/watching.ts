import { expect } from "vitest";
import { Host } from "../../../src/index.js";
import { native } from "../../../src/kernel/addon.js";
import { openMulticast } from "../../../src/kernel/multicast.js";
import { startThread, type Thread } from "../../../src/kernel/thread.js";
import { connect } from "../../../src/netlink/connection.js";
import { messageTypes } from "../../../src/rtnetlink/messages.js";
import { tableDifferences, tableFrom } from "../../../src/watch/kept-tables.js";
import type { Subject, Watched } from "../../../src/watch/subject.js";
import { subjects } from "../../../src/watch/subjects.js";

/** A second host in a host's namespace, of whose requests the first knows nothing. */
export async function another(host: Host): Promise<Host> {
  await using namespace = await host.namespaceDescriptor();
  return await Host.open({ namespace: `/proc/self/fd/${namespace.fd}` });
}

/** Everything that rtnetlink tells of (RTNLGRP_*, linux/rtnetlink.h), but for what exists in some kernels only. */
const GROUPS = [1, 3, 5, 7, 8, 9, 11, 19, 24, 25, 26, 28, 32, 33];

/** A message, by its number (RTM_*), the family (AF_*) and, where its header has one, the index that it is about. */
export interface RawMessage {
  readonly type: number;
  readonly family: number;
  readonly index: number;
}

/** Listens to the kernel itself. */
export interface Listener extends AsyncDisposable {
  /** The messages that have come since it was asked last. */
  messages(): RawMessage[];
}

/** Listens to all that the kernel tells in a host's namespace, as it comes. */
export async function listen(host: Host): Promise<Listener> {
  await using namespace = await host.namespaceDescriptor();
  const thread = await startThread({ kind: "file", path: `/proc/self/fd/${namespace.fd}` });
  const socket = await openMulticast(thread, { family: 0, groups: GROUPS });
  return {
    messages() {
      const found: RawMessage[] = [];
      const take = (buffer: Buffer, start: number, length: number): void =>
        void found.push({
          type: buffer.readUInt16LE(start + 4),
          family: buffer.readUInt8(start + 16),
          index: length < 24 ? 0 : buffer.readInt32LE(start + 20),
        });
      for (let more = true; more;) ({ more } = socket.read(take));
      return found;
    },
    async [Symbol.asyncDispose]() {
      await socket.close();
      await closeThread(thread);
    },
  };
}

async function closeThread(thread: Thread): Promise<void> {
  await thread.call((handle, id) => {
    native.closeThread(handle, id);
  });
}

/** What stands in a host's namespace, read by a thread of its own, so that nothing of the host's is asked. */
export async function listed<S extends Subject>(host: Host, subject: S): Promise<readonly Watched[S][]> {
  await using namespace = await host.namespaceDescriptor();
  const thread = await startThread({ kind: "file", path: `/proc/self/fd/${namespace.fd}` });
  try {
    return await subjects[subject].list(connect(thread.socket, messageTypes));
  } finally {
    await closeThread(thread);
  }
}

/** How what is known differs from what stands there, but for what time changes, and what does not count. */
export async function drift<S extends Subject>(
  host: Host,
  subject: S,
  known: readonly Watched[S][],
  counts: (entry: Watched[S]) => boolean = () => true,
): Promise<string[]> {
  const tables = [known, await listed(host, subject)].map((entries) => tableFrom(subject, entries.filter(counts)));
  const differences = tableDifferences(subject, tables[0]!, tables[1]!);
  return differences.map(({ change, before, after, properties }) => {
    const { name, address, destination } = (after ?? before) as unknown as Record<string, string | undefined>;
    return [change, name ?? address ?? destination, ...properties].join(" ");
  });
}

/** Expects that what is known is what stands there. */
export async function expectSame<S extends Subject>(
  host: Host,
  subject: S,
  known: readonly Watched[S][],
): Promise<void> {
  expect(await drift(host, subject, known)).toEqual([]);
}
