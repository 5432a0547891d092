import { Host } from "../../src/index.js";
import { type Contender, start } from "../contenders/contender.js";
import type { Tried } from "../contenders/participant.js";

/** A contender that has entered: its process, and a host in the same namespace. */
export interface Presence {
  readonly pid: number;
  readonly ask: Contender["ask"];
  readonly host: Host;
  /** Clears its namespace away, and ends it. */
  leave(): Promise<void>;
}

/** Does something with a contender; whoever fails is out of what is named, or of all. */
export type Attempt = (contender: Tried, work: () => Promise<unknown>, ids?: readonly string[]) => Promise<unknown>;

/**
 * Starts a contender in a network namespace of its own, with a host beside it in the same namespace, by which the benchmark
 * prepares, looks and clears away. `place`: a namespace's path, to work there instead. A contender's `limit`: the milliseconds
 * that a command may take.
 */
export async function enter<T extends Tried>(contender: T, place?: string): Promise<T & Presence> {
  const command = place === undefined ? contender.command : ["nsenter", `--net=${place}`, ...contender.command];
  const { pid, ask, stop } = await start(
    { ...contender, command },
    contender.limit === undefined ? {} : { limit: contender.limit },
  );
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
export async function withEntered<T extends Tried, R>(
  { attempt }: { readonly attempt: Attempt },
  contenders: readonly T[],
  work: (entered: (T & Presence)[]) => Promise<R>,
  place?: string,
): Promise<R> {
  const entered: (T & Presence)[] = [];
  try {
    for (const contender of contenders)
      await attempt(contender, async () => entered.push(await enter(contender, place)));
    return await work(entered);
  } finally {
    for (const contender of entered) await contender.leave();
  }
}

/** Does work in a new namespace: with a host and the path by which others find it. */
export async function withPlace(work: (host: Host, place: string) => Promise<unknown>): Promise<void> {
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
export async function clear(host: Host): Promise<number> {
  const links = (await host.links()).filter(({ linkInfo }) => linkInfo?.kind !== undefined);
  if (links.length > 0) await host.removeAll(links);
  return links.length;
}

/** Turns a list round in every other round, so that nobody always goes first. */
export const inTurn = <T>(list: readonly T[], round: number): readonly T[] =>
  round % 2 === 0 ? list : [...list].reverse();
