import type { Host } from "../host/host.js";

/** Something that was in several places while it was looked at. */
export interface Move {
  /** The MAC or IP address. */
  readonly what: string;
  /** Index of the bridge, or of the link whose neighbour it is. */
  readonly on: number;
  /** Where it was, one after the other: indexes of ports, or MACs. */
  readonly places: readonly (number | string)[];
}

/** What moved while it was looked at. */
export interface Moves {
  /** MACs of a bridge's forwarding table, by the ports behind which they were heard. */
  readonly macs: readonly Move[];
  /** Neighbours' IP addresses, by the MACs that spoke for them. */
  readonly addresses: readonly Move[];
}

/** Notes each place that something is found in, unless it is the one before. */
function noted(): { note(move: Omit<Move, "places">, ...places: (number | string)[]): void; all(): Move[] } {
  const moves = new Map<string, Omit<Move, "places"> & { places: (number | string)[] }>();
  return {
    note({ what, on }, ...places) {
      const key = `${on} ${what}`;
      const move = moves.get(key) ?? { what, on, places: [] };
      moves.set(key, move);
      for (const place of places) if (move.places.at(-1) !== place) move.places.push(place);
    },
    all: () => [...moves.values()],
  };
}

/** Watches for a time in milliseconds which MACs and addresses move; a time of 0 is none. */
export async function movesIn(host: Host, time: number): Promise<Moves> {
  if (time === 0) return { macs: [], addresses: [] };
  const [macs, addresses] = [noted(), noted()];
  const watch = host.watch(["fdb", "neighbour"]);
  const watching = (async () => {
    for await (const event of watch) {
      if (event.subject === "overrun" || event.before === undefined || event.after === undefined) continue;
      if (event.subject === "fdb") {
        const { before, after } = event;
        if (after.master !== undefined) macs.note({ what: after.address, on: after.master }, before.index, after.index);
      } else {
        const { before, after } = event;
        if (before.lladdr !== undefined && after.lladdr !== undefined)
          addresses.note({ what: after.address, on: after.link }, before.lladdr, after.lladdr);
      }
    }
  })();
  // It is awaited after the pause; until then its failure waits.
  watching.catch(() => undefined);
  try {
    await watch.ready;
    await new Promise((resolve) => setTimeout(resolve, time));
  } finally {
    await watch.return();
    await watching;
  }
  const moved = ({ places }: Move): boolean => places.length > 1;
  return { macs: macs.all().filter(moved), addresses: addresses.all().filter(moved) };
}
