import { Host } from "../dist/index.js";
import { start } from "./contender.mjs";

/**
 * Starts a contender in a network namespace of its own, with a host beside it in the same namespace, by which the benchmark
 * prepares, looks and clears away. `place`: a namespace's path, to work there instead. A contender's `limit`: the milliseconds
 * that a command may take.
 */
export async function enter(contender, place) {
  const command = place === undefined ? contender.command : ["nsenter", `--net=${place}`, ...contender.command];
  const { pid, ask, stop } = await start({ ...contender, command }, { limit: contender.limit });
  const host = await Host.open({ namespace: place ?? { pid } });
  return {
    ...contender,
    pid,
    ask,
    host,
    async leave() {
      if (place === undefined) await clear(host);
      await host.close();
      await stop();
    },
  };
}

/**
 * Does work with the contenders that could enter, each in a namespace of its own unless a place is given, and sees them off.
 */
export async function withEntered({ attempt }, contenders, work, place) {
  const entered = [];
  try {
    for (const contender of contenders)
      await attempt(contender, async () => entered.push(await enter(contender, place)));
    return await work(entered);
  } finally {
    for (const contender of entered) await contender.leave();
  }
}

/** Does work in a new namespace: with a host and the path by which others find it. */
export async function withPlace(work) {
  const host = await Host.open({ namespace: "new" });
  try {
    const descriptor = await host.namespaceDescriptor();
    await work(host, `/proc/${process.pid}/fd/${descriptor.fd}`);
    await descriptor.close();
  } finally {
    await clear(host);
    await host.close();
  }
}

/** Removes all links that were added, together; how many those were. */
export async function clear(host) {
  const links = (await host.links()).filter(({ linkInfo }) => linkInfo?.kind !== undefined);
  if (links.length > 0) await host.removeAll(links);
  return links.length;
}

/** Turns a list round in every other round, so that nobody always goes first. */
export const inTurn = (list, round) => (round % 2 === 0 ? list : list.toReversed());
