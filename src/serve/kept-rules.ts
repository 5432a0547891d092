import { NetlinkError } from "../kernel/error.js";
import type { Host } from "../host/host.js";
import { guardRemovals, guardReplacement, portsIn, PROGRAMS_TABLE, strayRemovals } from "../networks/anti-spoofing.js";

/** Rules that are written again when somebody takes them. */
export interface KeptRules {
  /** Looks now, as after each change of the ruleset by anybody; resolves when what was missing is there. */
  look(): Promise<void>;
  close(): Promise<void>;
}

/** Ports that QEMU's programs guard: links that are gone, and guests of ports that are not guarded, are forgotten, and all are guarded again when they were flushed. */
function programsPorts(host: Host): () => Promise<boolean> {
  let known: NonNullable<Awaited<ReturnType<typeof portsIn>>> = [];
  return async () => {
    const there = await portsIn(host, PROGRAMS_TABLE);
    if (there === undefined && known.length === 0) return false;
    const links = new Set((await host.links()).map(({ index }) => index));
    const all = there ?? known;
    known = all.filter(({ index }) => links.has(index));
    if (there === undefined) await host.netfilter.commit(guardReplacement(PROGRAMS_TABLE, known, false));
    else if (known.length < all.length)
      await host.netfilter.commit(
        all.filter(({ index }) => !links.has(index)).flatMap((port) => guardRemovals(PROGRAMS_TABLE, port)),
      );
    if (there !== undefined) await host.netfilter.commit(await strayRemovals(host, PROGRAMS_TABLE));
    return there === undefined && known.length > 0;
  };
}

/** Somebody changed it meanwhile: that is told, too, and looked at. */
function isOvertaken(error: unknown): boolean {
  return error instanceof NetlinkError && ["EEXIST", "ENOENT", "ERESTART", "EAGAIN"].includes(error.code);
}

/**
 * Has `mend` write again what is missing of networks' rules whenever the ruleset of a namespace was changed, by whomever, and says what was
 * missing for how many milliseconds since that was told. It has looked once when this resolves: what is there then is known from the
 * first change on.
 */
export async function keepRules(
  host: Host,
  mend: () => Promise<boolean>,
  report: (event: object) => void,
): Promise<KeptRules> {
  const mendPorts = programsPorts(host);
  let looking: Promise<void> | undefined;
  let again = false;
  let isClosed = false;

  async function lookOnce(): Promise<void> {
    const since = performance.now();
    try {
      const mended = [await mend(), await mendPorts()];
      if (mended.includes(true)) report({ event: "restored", after: Math.round(performance.now() - since) });
    } catch (error) {
      if (!isOvertaken(error) && !isClosed) report({ event: "failed", reason: (error as Error).message });
    }
  }

  async function lookUntilCalm(): Promise<void> {
    do {
      again = false;
      await lookOnce();
    } while (again && !isClosed);
    looking = undefined;
  }

  function look(): Promise<void> {
    again = true;
    return (looking ??= lookUntilCalm());
  }

  const changes = await host.netfilter.changes(() => void look());
  await look();
  return {
    look,
    async close() {
      isClosed = true;
      await changes.close();
      await looking;
    },
  };
}
