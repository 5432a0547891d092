import type { Host } from "../../../host/host.js";
import { InputError } from "../../../base/errors.js";
import { vlanGlobalOptions } from "../../../rtnetlink/bridge/bridge-vlan.js";
import type { LinkReference } from "../../../rtnetlink/link/link-requests.js";
import type { BridgeVlanStatus } from "../../../rtnetlink/bridge/bridge-vlan-requests.js";
import type { VlanGlobalOptions } from "../../../rtnetlink/bridge/vlan-global-requests.js";
import { formatVlans, type VlanRange } from "../../../rtnetlink/bridge/vlan-ranges.js";
import type { Action, Call, Handler, Operand } from "../../command.js";
import type { Report } from "../../io.js";
import { tableRows } from "../../printing/link-text.js";
import { type Column, definitions, table } from "../../printing/layout.js";
import { vlanSections, vlansFrom } from "./vlan-words.js";

const LINK: Operand = { name: "NAME", choices: "link" };

type Names = ReadonlyMap<number, string>;

/** The links whose VLANs are meant: a bridge and its ports, one port, or all. */
async function linksOf(host: Host, name: LinkReference | undefined): Promise<Names> {
  const chosen = name === undefined ? undefined : await host.link(name);
  const others =
    chosen === undefined ? await host.links() : chosen.kind === "bridge" ? await host.links({ master: chosen }) : [];
  const links = chosen === undefined ? others : [chosen, ...others];
  return new Map(links.map((link) => [link.index, link.name]));
}

function flagsOf({ pvid, untagged }: BridgeVlanStatus): string {
  return [pvid === true ? "pvid" : "", untagged === true ? "untagged" : ""].filter((word) => word !== "").join(",");
}

function columnsOf(names: Names, counters: boolean): Column<BridgeVlanStatus>[] {
  const count = (title: string, name: "rxPackets" | "rxBytes" | "txPackets" | "txBytes"): Column<BridgeVlanStatus> => ({
    title,
    value: ({ stats }) => String(stats?.[name] ?? "-"),
    right: true,
  });
  return [
    {
      title: "LINK",
      value: ({ index }) => names.get(index) ?? String(index),
      paint: (text, _vlan, style) => style.cyan(text),
    },
    { title: "VLAN", value: (vlan) => formatVlans([vlan]) },
    { title: "FLAGS", value: (vlan) => flagsOf(vlan) || "-" },
    { title: "STATE", value: ({ state = "-" }) => String(state) },
    { title: "TUNNEL", value: ({ tunnel = "-" }) => String(tunnel) },
    ...(counters
      ? [
          count("RX-PACKETS", "rxPackets"),
          count("RX-BYTES", "rxBytes"),
          count("TX-PACKETS", "txPackets"),
          count("TX-BYTES", "txBytes"),
        ]
      : []),
  ];
}

export async function list(host: Host, { links: [name], options }: Call): Promise<Report> {
  const { stats = false } = options as { stats?: boolean };
  const names = await linksOf(host, name);
  const link = names.size === 1 ? [...names.keys()][0] : undefined;
  const value = (await host.bridgeVlans.list({ link, stats })).filter(({ index }) => names.has(index));
  return { value, text: (style) => table(columnsOf(names, stats), value, style) };
}

/** Does with the VLANs that words name what a function of the library does with them. */
export function change(how: "add" | "set" | "change" | "remove"): Handler {
  return async (host, { links: [name = ""], options }) => {
    const vlans = vlansFrom(options);
    if (vlans === undefined) throw new InputError("it must be said which VLANs, as in vlan=10,20-30", "vlan");
    await host.bridgeVlans[how](name, vlans);
    return { value: {} };
  };
}

export async function global(host: Host, { links: [name = ""], options }: Call): Promise<Report> {
  const { vlan, ...given } = options as { vlan?: readonly VlanRange[] } & Omit<VlanGlobalOptions, "id" | "to">;
  if (vlan === undefined && Object.keys(given).length > 0)
    throw new InputError("it must be said which VLANs, as in vlan=10,20-30", "vlan");
  if (Object.keys(given).length > 0) {
    await host.bridgeVlans.setGlobalOptions(
      name,
      (vlan ?? []).map((range) => ({ ...range, ...given })),
    );
    return { value: {} };
  }
  const all = await host.bridgeVlans.globalOptions(name);
  const isMeant = ({ id, to = id }: VlanRange): boolean =>
    vlan === undefined || vlan.some((range) => range.id <= to && (range.to ?? range.id) >= id);
  const value = all.filter(isMeant);
  const text: Report["text"] = (style) =>
    value.map((each) => `${style.bold(`VLAN ${formatVlans([each])}`)}\n${definitions(rowsOf(each), style)}`).join("");
  return { value, text };
}

function rowsOf(options: VlanGlobalOptions): ReturnType<typeof tableRows> {
  return tableRows(vlanGlobalOptions, { ...options, id: undefined }, new Map());
}

/** The VLANs of bridges, as sub-commands of `bridge`. */
export const bridgeVlanActions: Readonly<Record<string, Action>> = {
  vlan: {
    summary: "print the VLANs of a bridge and its ports, of one port, or all",
    operands: [{ ...LINK, optional: true }],
    options: [vlanSections.bridgeVlanFilter],
    run: list,
  },
  "vlan add": {
    summary: "add VLANs to a port, or to a bridge itself",
    operands: [LINK],
    options: [vlanSections.bridgeVlan],
    needsOption: true,
    run: change("add"),
  },
  "vlan set": {
    summary: "make these all the VLANs of a port, or of a bridge itself",
    operands: [LINK],
    options: [vlanSections.bridgeVlan],
    needsOption: true,
    run: change("set"),
  },
  "vlan change": {
    summary: "change options of VLANs that are there",
    operands: [LINK],
    options: [vlanSections.bridgeVlanOptions],
    needsOption: true,
    run: change("change"),
  },
  "vlan delete": {
    summary: "remove VLANs",
    operands: [LINK],
    options: [vlanSections.bridgeVlanKey],
    needsOption: true,
    run: change("remove"),
  },
  "vlan global": {
    summary: "print or change the options that VLANs have in a whole bridge",
    operands: [LINK],
    options: [vlanSections.bridgeVlanGlobal],
    run: global,
  },
};
