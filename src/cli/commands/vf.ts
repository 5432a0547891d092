import type { Host } from "../../host/host.js";
import { u16 } from "../../netlink/numbers.js";
import { formatRate } from "../../netlink/quantities.js";
import type { VirtualFunction } from "../../rtnetlink/link/virtual-function-requests.js";
import type { VirtualFunctionDevice } from "../../host/functions/virtual-function-count.js";
import type { Call } from "../commands.js";
import type { Report } from "../io.js";
import { formatValue } from "../link-text.js";
import { type Column, table } from "../print.js";

/** A column of something that not every driver knows. */
function column(title: string, value: (vf: VirtualFunction) => unknown, right = false): Column<VirtualFunction> {
  return { title, value: (vf) => formatValue(value(vf) ?? "-"), right };
}

function rate(value: number | undefined): string | undefined {
  return value === undefined || value === 0 ? undefined : formatRate(value);
}

function tagOf({ vlan = 0, protocol }: VirtualFunction): string | undefined {
  return vlan === 0 ? undefined : `${vlan}${protocol === undefined || protocol === "802.1Q" ? "" : ` ${protocol}`}`;
}

const COLUMNS: readonly Column<VirtualFunction>[] = [
  column("VF", ({ index }) => index, true),
  column("MAC", ({ address }) => address),
  column("VLAN", tagOf),
  column("QOS", ({ vlan = 0, qos }) => (vlan === 0 ? undefined : qos), true),
  column("MIN RATE", ({ minTxRate }) => rate(minTxRate), true),
  column("MAX RATE", ({ maxTxRate }) => rate(maxTxRate), true),
  column("SPOOF CHECK", ({ spoofCheck }) => spoofCheck),
  column("LINK STATE", ({ linkState }) => linkState),
  column("RSS QUERY", ({ rssQuery }) => rssQuery),
  column("TRUST", ({ trust }) => trust),
];

const COUNTERS: readonly Column<VirtualFunction>[] = [
  column("RX PACKETS", ({ statistics }) => statistics?.rxPackets, true),
  column("TX PACKETS", ({ statistics }) => statistics?.txPackets, true),
];

const DEVICES: readonly Column<VirtualFunctionDevice>[] = [
  { title: "VF", value: ({ index }) => String(index), right: true },
  { title: "DEVICE", value: ({ device = "-" }) => device },
  { title: "LINKS", value: ({ links }) => links.join(",") || "-" },
];

export async function list(host: Host, { links: [link = ""], options }: Call): Promise<Report> {
  const functions = await host.virtualFunctions.list(link, options);
  const columns = Object.keys(options).length > 0 ? [...COLUMNS, ...COUNTERS] : COLUMNS;
  return { value: functions, text: (style) => table(columns, functions, style) };
}

export async function set(
  host: Host,
  { links: [link = ""], operands: [, index = ""], options }: Call,
): Promise<Report> {
  await host.virtualFunctions.set(link, u16.parse(index), options);
  return { value: {} };
}

export async function count(host: Host, { links: [link = ""], operands: [, wanted] }: Call): Promise<Report> {
  if (wanted !== undefined) await host.virtualFunctions.setCount(link, u16.parse(wanted));
  const value = await host.virtualFunctions.count(link);
  const most = value.total === undefined ? "" : ` of ${value.total}`;
  return { value, text: () => (wanted === undefined ? `${value.count}${most}\n` : "") };
}

export async function devices(host: Host, { links: [link = ""] }: Call): Promise<Report> {
  const value = await host.virtualFunctions.devices(link);
  return { value, text: (style) => table(DEVICES, value, style) };
}
