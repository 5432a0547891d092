import { under } from "../../base/errors.js";
import type { Host } from "../../host/host.js";
import { NetlinkError } from "../../kernel/error.js";
import { parseDuration } from "../../netlink/codecs/duration.js";
import { askService, SOCKET } from "../../serve/messages/ask.js";
import type { HistoryRecord } from "../../watch/history.js";
import { alone, type Call } from "../command.js";
import { REFUSED } from "../errors.js";
import type { Report, Style } from "../io.js";
import { type Section, wordOf } from "../parsing/option.js";
import { happeningText } from "../printing/happening-text.js";
import { everyIndex } from "../printing/link-names.js";
import { namesOf } from "../printing/link-table.js";
import type { LinkNames } from "../printing/link-text.js";

const TEN_MINUTES = 600_000;

/** What is asked about: since when, and of which link. */
function asked(operands: readonly string[]): { time: number; link?: string | undefined } {
  const [first, second] = operands;
  if (first === undefined) return { time: TEN_MINUTES };
  // A link whose name begins with a digit is named behind a time.
  if (second !== undefined || /^\d/.test(first))
    return { time: under("TIME", () => parseDuration(first)), link: second };
  return { time: TEN_MINUTES, link: first };
}

/** What a record is about, now and before: an entry's indexes and names. */
function subjectsOf(record: HistoryRecord): readonly unknown[] {
  if (record.subject === "request") return [record.about];
  if (record.subject === "overrun") return [];
  return [record.before, record.after].flatMap((entry) => {
    const { name, index, link, master } = (entry ?? {}) as Record<string, unknown>;
    return [name, index, link, master];
  });
}

/** The records that are about a link, which may be gone by now: by its name, and by the indexes that it had. */
function about(records: readonly HistoryRecord[], name: string, index: number | undefined): HistoryRecord[] {
  const indexes = new Set(index === undefined ? [] : [index]);
  for (const record of records)
    if (record.subject === "link")
      for (const entry of [record.before, record.after]) if (entry?.name === name) indexes.add(entry.index);
  return records.filter((record) =>
    subjectsOf(record).some((each) => each === name || (typeof each === "number" && indexes.has(each))),
  );
}

/** The index that a name is of now. */
async function indexOf(host: Host, name: string): Promise<number | undefined> {
  try {
    return (await host.link(name)).index;
  } catch (error) {
    if (error instanceof NetlinkError && error.code === "ENODEV") return undefined;
    throw error;
  }
}

/** The names of the links that records are about; of one that is gone, the last that it had. */
async function namesIn(host: Host, records: readonly HistoryRecord[]): Promise<LinkNames> {
  const known = records.flatMap((record) => {
    if (record.subject !== "link" || record.namespace !== undefined) return [];
    const { index, name } = (record.after ?? record.before)!;
    return [[index, name] as const];
  });
  const names = new Map(known);
  const unknown = [...everyIndex(records)].filter((index) => !names.has(index));
  return new Map([...(await namesOf(host, unknown)), ...names]);
}

/** A record as a line; none for what says nothing to people. */
function linesOf(record: HistoryRecord, names: LinkNames, style: Style): string[] {
  const time = style.dim(new Date(record.time).toISOString());
  if (record.subject !== "request") {
    const text = happeningText(record, names, style);
    return text === undefined ? [] : [`${time} ${text}\n`];
  }
  const { name, about: subject = "", code } = record;
  const end = code === undefined ? "" : ` ${style.red(`refused: ${code}`)}`;
  return [`${time} ${style.dim("asked by the service:")} ${name} ${subject}${end}\n`];
}

/** Prints what the service remembers, the oldest first; 1 where nobody remembers anything. */
async function whatHappened(host: Host, { operands, options }: Call): Promise<Report> {
  const { time, link } = asked(operands);
  const { service = SOCKET } = options as { service?: string };
  const answer = await askService(host, service, { method: "history", since: Date.now() - time });
  await answer?.close();
  const all = answer?.value as readonly HistoryRecord[] | undefined;
  if (all === undefined)
    return {
      value: [],
      text: () =>
        answer === undefined
          ? `nobody remembers: no service answers at ${service} (linkwright serve)\n`
          : `the service at ${service} does not know this namespace\n`,
      status: REFUSED,
    };
  const records = link === undefined ? all : about(all, link, await indexOf(host, link));
  const names = await namesIn(host, all);
  return {
    value: records,
    text: (style) => records.flatMap((record) => linesOf(record, names, style)).join("") || "nothing happened\n",
  };
}

const section = {
  title: "Where",
  words: [wordOf("service", { words: "PATH", parse: String }, `the socket of the service, ${SOCKET} unless given`)],
} satisfies Section;

export const command = alone({
  summary: "print what happened lately: links, addresses, routes and more, and what the service itself asked for",
  operands: [
    { name: "TIME", optional: true },
    { name: "LINK", optional: true },
  ],
  options: [section],
  run: whatHappened,
});
