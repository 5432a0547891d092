import type { Host } from "../../../host/host.js";
import { tun, type TunOptions } from "../../../rtnetlink/link/kinds/tun.js";
import { type Link, linkAttributes } from "../../../rtnetlink/link/link.js";
import type { Call, Command, Operand } from "../../command.js";
import type { Report } from "../../io.js";
import type { AddTapOptions } from "../../../host/taps/tap-options.js";
import type { LinkReference } from "../../../rtnetlink/link/link-requests.js";
import { withSwitch } from "../../parsing/switch-argument.js";
import { ADDRESS, masterColumn, MTU, NAME, namesAround, STATE } from "../../printing/link-table.js";
import { type Column, table } from "../../printing/layout.js";
import { removeOfKind } from "./removal.js";
import { text } from "../../../netlink/codecs/codec.js";
import { flag8, u16, u32 } from "../../../netlink/codecs/numbers.js";
import { mac } from "../../../netlink/codecs/internet.js";
import { words } from "../../../netlink/codecs/words.js";
import { type Section, shaped, wordOf } from "../../parsing/option.js";
import { portOptionsFor, portSection } from "./attach.js";
import { groupNumber, userNumber } from "../../parsing/account.js";
import { linkWord, up } from "./link-words.js";

const LINK: Operand = { name: "NAME", choices: "link", only: "tun" };

const sections = {
  tap: {
    title: "A TAP",
    words: [
      wordOf("mode", words(u16, { tap: 0, tun: 1 }), "Ethernet frames or IP packets"),
      wordOf("owner", userNumber, tun.entries.owner[2]),
      wordOf("group", groupNumber, tun.entries.group[2]),
      wordOf("queues", u16, "queues, 1 to 256; more than one makes it multi-queue"),
      wordOf("multiQueue", flag8, "multi-queue even with one queue"),
      wordOf("vnetHdr", flag8, tun.entries.vnetHdr[2]),
      wordOf("vnetHdrSize", u16, "bytes of that header: 10 or 12 as a rule"),
      wordOf("packetInformation", flag8, tun.entries.pi[2]),
      wordOf("napi", flag8, "use NAPI for packets that are written to it"),
      wordOf("napiFrags", flag8, "NAPI, with packets put together from fragments"),
      wordOf("noCarrier", flag8, "comes up without a carrier"),
      wordOf("linkType", u16, "what a TUN is on the wire (ARPHRD_*)"),
      wordOf("sndbuf", u32, "bytes that may wait for transmission"),
      wordOf("address", mac, linkAttributes.entries.address[2]),
      linkWord("mtu"),
      wordOf("bridge", shaped(text(), "LINK"), "attach it to this bridge: it takes on its MTU and comes up"),
      up,
    ],
  },
  port: {
    title: "As a port of that bridge",
    ofMaster: "bridge",
    words: portSection.words.filter(({ property }) => property !== "move"),
  },
} satisfies Record<string, Section>;

function deviceOf(link: Link): TunOptions {
  return (link.linkInfo?.data ?? {}) as TunOptions;
}

export async function list(host: Host): Promise<Report> {
  const taps = await host.links({ kind: "tun" });
  const names = await namesAround(host, taps);
  const columns: Column<Link>[] = [
    NAME,
    { title: "MODE", value: (link) => String(deviceOf(link).type ?? "-") },
    STATE,
    MTU,
    ADDRESS,
    { title: "OWNER", value: (link) => String(deviceOf(link).owner ?? "-"), right: true },
    { title: "GROUP", value: (link) => String(deviceOf(link).group ?? "-"), right: true },
    { title: "QUEUES", value: (link) => String(deviceOf(link).numQueues ?? "-"), right: true },
    masterColumn(names),
  ];
  return { value: taps, text: (style) => table(columns, taps, style) };
}

const OF_THE_DEVICE = new Set(sections.tap.words.map(({ property }) => property));

/** What is said of the TAP, and what of it as its bridge's port. */
function partedByWords(options: object): [device: object, port: object] {
  const all = Object.entries(options);
  const isDevices = ([property]: [string, unknown]): boolean => OF_THE_DEVICE.has(property);
  return [Object.fromEntries(all.filter(isDevices)), Object.fromEntries(all.filter((each) => !isDevices(each)))];
}

/** Creates a TAP; when the number in its name was left to the kernel, the name is printed. */
export async function add(host: Host, { operands: [name = ""], options }: Call): Promise<Report> {
  const [device, ofPort] = partedByWords(options);
  const { bridge, ...rest } = device as AddTapOptions;
  const port = portOptionsFor(bridge !== undefined, ofPort);
  const tap = await withSwitch(host, bridge, (to) => host.addTap(name, { ...rest, bridge: to as LinkReference, port }));
  const value = await host.link(tap);
  return { value, text: () => (value.name === name ? "" : `${value.name}\n`) };
}

export async function remove(host: Host, call: Call): Promise<Report> {
  return removeOfKind(host, call, "tun", "a TAP");
}

export const command: Command = {
  actions: {
    list: { summary: "list TAPs and TUNs", operands: [], run: list },
    add: {
      summary: "create a persistent TAP; %d in its name becomes the first free number",
      operands: [{ name: "NAME", isNew: true }],
      options: [sections.tap, sections.port],
      run: add,
    },
    delete: {
      summary: "remove TAPs and TUNs, all at once",
      operands: [{ ...LINK, many: true }],
      run: remove,
    },
  },
};
