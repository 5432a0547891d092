import type { Host } from "../../host/host.js";
import { describeOther } from "../../host/traffic/other-limits.js";
import type { PortRate } from "../../host/traffic/rate-limit.js";
import { formatRate, formatSize } from "../../netlink/quantities.js";
import type { Call } from "../commands.js";
import type { Report } from "../io.js";
import { type Column, table } from "../print.js";

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
