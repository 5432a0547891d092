import type { Host } from "../../../host/host.js";
import { describeOther } from "../../../host/traffic/other-limits.js";
import type { PortRate } from "../../../host/traffic/rate-limit.js";
import { byteSize, formatRate, formatSize, parseRate } from "../../../netlink/codecs/quantities.js";
import { alone, type Call, type Command } from "../../command.js";
import type { Report } from "../../io.js";
import { type Column, table } from "../../printing/layout.js";
import { type Section, wordOf } from "../../parsing/option.js";
import type { Spoken } from "./traffic-words.js";

const limit: Spoken = {
  words: "RATE|unlimited",
  parse: (word) => (word === "unlimited" ? word : parseRate(word)),
};

const sections = {
  rate: {
    title: "How fast",
    words: [
      wordOf("ingress", limit, "what comes in by the port: what a guest sends"),
      wordOf("egress", limit, "what goes out by the port: what a guest receives"),
      wordOf("burst", byteSize, "bytes that pass at once after a pause"),
    ],
  },
} satisfies Record<string, Section>;

type Row = PortRate & { readonly direction: string };

const COLUMNS: Column<Row>[] = [
  { title: "DIRECTION", value: ({ direction }) => direction },
  { title: "RATE", value: ({ rate }) => formatRate(rate), right: true },
  { title: "BURST", value: ({ burst }) => formatSize(burst), right: true },
  { title: "BYTES", value: ({ statistics }) => String(statistics?.bytes ?? "-"), right: true },
  { title: "PACKETS", value: ({ statistics }) => String(statistics?.packets ?? "-"), right: true },
  { title: "DROPS", value: ({ statistics }) => String(statistics?.drops ?? "-"), right: true },
];

/** Limits a port; without a word, prints its limits. */
export async function rate(host: Host, { links: [port = ""], options }: Call): Promise<Report> {
  if (Object.keys(options).length > 0) {
    await host.limitRate(port, options);
    return { value: {} };
  }
  const limits = await host.rateLimit(port);
  const { others = [], ...own } = limits;
  const rows = Object.entries(own).map(([direction, limit]) => ({ direction, ...(limit as PortRate) }));
  const unlimited = rows.length === 0 && others.length === 0;
  return {
    value: limits,
    text: (style) =>
      (unlimited ? "unlimited\n" : "") +
      (rows.length === 0 ? "" : table(COLUMNS, rows, style)) +
      others.map((other) => `${other.direction}: ${describeOther(other)}\n`).join(""),
  };
}

export const command: Command = alone({
  summary: "limit how fast frames pass a port, or print the limits",
  operands: [{ name: "PORT", choices: "link" }],
  options: [sections.rate],
  run: rate,
});
