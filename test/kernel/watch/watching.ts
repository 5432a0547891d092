import { expect } from "vitest";
import { Host } from "../../../src/index.js";
import { startThread } from "../../../src/kernel/thread.js";
import { connect } from "../../../src/netlink/connection.js";
import { messageTypes } from "../../../src/rtnetlink/messages.js";
import { tableDifferences, tableFrom } from "../../../src/watch/picture.js";
import { type Subject, subjects, type Watched } from "../../../src/watch/subjects.js";

/** A second host in a host's namespace, of whose requests the first knows nothing. */
export async function another(host: Host): Promise<Host> {
  await using namespace = await host.namespaceDescriptor();
  return await Host.open({ namespace: `/proc/self/fd/${namespace.fd}` });
}

/** What stands in a host's namespace, read by a thread of its own, so that nothing of the host's is asked. */
export async function listed<S extends Subject>(host: Host, subject: S): Promise<readonly Watched[S][]> {
  await using namespace = await host.namespaceDescriptor();
  const thread = await startThread({ kind: "file", path: `/proc/self/fd/${namespace.fd}` });
  try {
    return await subjects[subject].list(connect(thread.socket, messageTypes));
  } finally {
    const { native } = await import("../../../src/kernel/addon.js");
    await thread.call((handle, id) => {
      native.closeThread(handle, id);
    });
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
