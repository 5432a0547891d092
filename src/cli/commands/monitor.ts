import type { Host } from "../../host/host.js";
import type { Subject } from "../../watch/subject.js";
import type { WatchEvent } from "../../watch/events.js";
import { alone, type Call } from "../command.js";
import { type Report, styleFor } from "../io.js";
import type { Link } from "../../rtnetlink/link/link.js";
import { eventText } from "../printing/event-text.js";
import { everyIndex, named } from "../printing/link-names.js";
import { namesOf } from "../printing/link-table.js";
import type { LinkNames } from "../printing/link-text.js";
import { json } from "../printing/layout.js";
import { wordOf } from "../parsing/option.js";
import { onlyKind } from "./link/link-words.js";
import { flag8 } from "../../netlink/codecs/numbers.js";

/**
 * Knows the names of the links that events are about, each in its namespace; of one that is gone, the last that it had. Events may
 * be about a link before there is one that tells of it: it is asked for, then.
 */
function namesAround(host: Host, links: readonly Link[]): (event: WatchEvent) => Promise<LinkNames> {
  const own = new Map(links.map(({ index, name }) => [index, name]));
  const seen = new Map<number | undefined, Map<number, string>>([[undefined, own]]);
  return async (event) => {
    if (event.subject === "overrun") return own;
    const { namespace } = event;
    const names = seen.get(namespace) ?? new Map<number, string>();
    seen.set(namespace, names);
    if (event.subject === "link" && event.after !== undefined) names.set(event.after.index, event.after.name);
    const unknown = [...everyIndex(event)].filter((index) => !names.has(index));
    if (namespace === undefined) for (const [index, name] of await namesOf(host, unknown)) names.set(index, name);
    return names;
  };
}

/** Prints events until it is interrupted, or nobody reads them any more. */
export async function monitor(host: Host, { operands, options, globals, io }: Call): Promise<Report> {
  const style = styleFor(io.stdout, io.env);
  const stop = new AbortController();
  const interrupted = (): void => {
    stop.abort();
  };
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  process.stdout.once("error", interrupted);
  // Links are watched, too, for their names.
  const watched = operands.length === 0 ? undefined : [...new Set([...operands, "link"])];
  await using watch = host.watch(watched as Subject[] | undefined, { ...options, signal: stop.signal });
  try {
    await watch.ready;
    const around = namesAround(host, await host.links());
    for await (const event of watch) {
      const names = await around(event);
      if (watched !== undefined && ![...operands, "overrun"].includes(event.subject)) continue;
      const time = new Date(event.time).toISOString();
      io.stdout.write(
        globals.json ? json(named({ ...event, time }, names), 0) : `${time} ${eventText(event, names, style)}\n`,
      );
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
    process.stdout.off("error", interrupted);
  }
  return {};
}

const section = {
  title: "What is watched",
  words: [
    onlyKind,
    wordOf("allNamespaces", flag8, "links and addresses of other namespaces that have an id in this one, too"),
  ],
};

export const command = alone({
  summary: "print what changes, a line each, until it is interrupted: all, or the groups that are named",
  operands: [
    {
      name: "GROUP",
      many: true,
      optional: true,
      choices: ["link", "address", "route", "rule", "neighbour", "fdb", "mdb", "vlan", "nexthop", "namespace"],
    },
  ],
  options: [section],
  run: monitor,
});
