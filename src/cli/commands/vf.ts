import type { Host } from "../../host/host.js";
import { flag8, limited, u16 } from "../../netlink/codecs/numbers.js";
import { formatRate } from "../../netlink/codecs/quantities.js";
import type { VirtualFunction } from "../../rtnetlink/link/virtual-function-requests.js";
import type { VirtualFunctionDevice } from "../../host/functions/virtual-function-count.js";
import type { Call, Command, Operand } from "../command.js";
import type { Report } from "../io.js";
import { formatValue } from "../printing/value-text.js";
import { type Column, table } from "../printing/layout.js";
import { mac } from "../../netlink/codecs/internet.js";
import { megabits, vfLinkStateWord } from "../../rtnetlink/link/virtual-functions.js";
import { vlanProtocol } from "../../rtnetlink/protocol/vlan-protocol.js";
import { type Section, wordOf } from "../parsing/option.js";

const LINK: Operand = { name: "LINK", choices: "link" };

const sections = {
  virtualFunction: {
    title: "A virtual function",
    words: [
      wordOf("address", mac, "the MAC", "mac"),
      wordOf("vlan", limited(u16, 0, 4094), "the VLAN whose tag its frames get; 0 for none"),
      wordOf("qos", limited(u16, 0, 7), "the priority in that tag"),
      wordOf("protocol", vlanProtocol, "the protocol of that tag"),
      wordOf("minTxRate", megabits, "the least that it may always send, in whole megabits"),
      wordOf("maxTxRate", megabits, "the most that it may send, in whole megabits; 0 for no limit"),
      wordOf("spoofCheck", flag8, "frames with a MAC that is not its own are dropped"),
      wordOf("linkState", vfLinkStateWord, "whether its link is up: auto is as the port's"),
      wordOf("rssQuery", flag8, "it may ask how received packets are spread over queues"),
      wordOf("trust", flag8, "it may change its MAC, or be promiscuous"),
    ],
  },
  virtualFunctionDetails: {
    title: "What to print",
    words: [wordOf("statistics", flag8, "what they have sent and received, too")],
  },
} satisfies Record<string, Section>;

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

export const command: Command = {
  actions: {
    list: {
      summary: "list a card's virtual functions",
      operands: [LINK],
      options: [sections.virtualFunctionDetails],
      run: list,
    },
    set: {
      summary: "set what is given of a virtual function",
      operands: [LINK, { name: "N" }],
      options: [sections.virtualFunction],
      needsOption: true,
      run: set,
    },
    count: {
      summary: "print how many virtual functions there are, or make so many",
      operands: [LINK, { name: "COUNT", optional: true }],
      run: count,
    },
    devices: {
      summary: "print the device of each virtual function, and its links",
      operands: [LINK],
      run: devices,
    },
  },
};
