import type { Host } from "../../host/host.js";
import type { Subject } from "../../watch/subjects.js";
import type { WatchEvent } from "../../watch/events.js";
import { alone, type Call } from "../command.js";
import { type Report, type Style, styleFor } from "../io.js";
import { json } from "../printing/layout.js";
import { wordOf } from "../parsing/option.js";
import { onlyKind } from "./link/link-words.js";
import { flag8 } from "../../netlink/codecs/numbers.js";

/** What an event is about, in a word or two. */
function nameOf(entry: object): string {
  const { name, destination, address, group, priority, id, index, link, nsid } = entry as Record<
    string,
    string | number | undefined
  >;
  const on = name === undefined && (index ?? link) !== undefined ? ` on link ${String(index ?? link)}` : "";
  return `${String(name ?? destination ?? address ?? group ?? priority ?? id ?? nsid ?? "")}${on}`;
}

function valueAt(entry: object, path: string): string {
  const value = path
    .split(".")
    .reduce<unknown>((each, name) => (each as Record<string, unknown> | undefined)?.[name], entry);
  if (value === undefined) return "-";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** An event as a line, without its time. */
export function lineOf(event: WatchEvent, style: Style): string {
  if (event.subject === "overrun")
    return style.yellow(`overrun: ${event.lost ?? "some"} messages were lost; what they were about follows`);
  const { subject, change, before, after, properties, origin, byThisHost, namespace } = event;
  const paint = { created: style.green, changed: style.cyan, removed: style.red }[change];
  const details =
    before === undefined || after === undefined
      ? []
      : properties.map((path) => `${path} ${valueAt(before, path)} → ${valueAt(after, path)}`);
  return [
    subject,
    paint(change),
    style.bold(nameOf((after ?? before)!)),
    ...(namespace === undefined ? [] : [`in namespace ${namespace}`]),
    details.join(", "),
    ...(origin === "told" ? [] : [style.dim(`(${origin})`)]),
    ...(byThisHost === true ? [style.dim("(by this process)")] : []),
  ]
    .filter((part) => part !== "")
    .join(" ");
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
  await using watch = host.watch(operands.length === 0 ? undefined : (operands as Subject[]), {
    ...options,
    signal: stop.signal,
  });
  try {
    for await (const event of watch) {
      const time = new Date(event.time).toISOString();
      io.stdout.write(globals.json ? `${json({ ...event, time }, 0)}` : `${time} ${lineOf(event, style)}\n`);
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
