import { bridgeVlanActions } from "./vlan.js";
import type { Host } from "../../../host/host.js";
import { bridge, type BridgeOptions } from "../../../rtnetlink/link/kinds/bridge.js";
import type { BridgePortOptions } from "../../../rtnetlink/link/kinds/bridge-port.js";
import type { Link } from "../../../rtnetlink/link/link.js";
import type { Call, Command, Operand } from "../../command.js";
import type { Report, Style } from "../../io.js";
import { ADDRESS, MTU, NAME, STATE } from "../../printing/link-table.js";
import { tableRows } from "../../printing/link-text.js";
import { formatValue } from "../../printing/value-text.js";
import { type Column, definitions, heading, table } from "../../printing/layout.js";
import { notOfKind } from "../../parsing/link-argument.js";
import { removalSection, removeOfKind } from "../link/removal.js";
import { set as setOfKind } from "../link/kind.js";
import { kindSections } from "../link/kind-sections.js";
import { linkSections } from "../link/link-words.js";
import { fdbOfBridge } from "./fdb.js";
import { mdbOfBridge } from "./mdb.js";
import { stpOfBridge } from "./stp.js";

const LINK: Operand = { name: "NAME", choices: "link", only: "bridge" };
const LINKS: Operand = { ...LINK, many: true };
const NEW: Operand = { name: "NAME", isNew: true };

function optionsOf(link: Link): BridgeOptions {
  return (link.linkInfo?.data ?? {}) as BridgeOptions;
}

export async function list(host: Host): Promise<Report> {
  const links = await host.links();
  const bridges = links.filter(({ kind }) => kind === "bridge");
  const ports = new Map<number, number>();
  for (const { master = 0 } of links) ports.set(master, (ports.get(master) ?? 0) + 1);
  const columns: Column<Link>[] = [
    NAME,
    STATE,
    MTU,
    ADDRESS,
    { title: "PORTS", value: ({ index }) => String(ports.get(index) ?? 0), right: true },
    { title: "STP", value: (link) => String(optionsOf(link).stpState ?? "-") },
    { title: "VLAN-FILTERING", value: (link) => formatValue(optionsOf(link).vlanFiltering ?? "-") },
  ];
  return { value: bridges, text: (style) => table(columns, bridges, style) };
}

function portTable(ports: readonly Link[], style: Style): string {
  const optionsOfPort = (link: Link): BridgePortOptions => (link.linkInfo?.slaveData ?? {}) as BridgePortOptions;
  const columns: Column<Link>[] = [
    { ...NAME, title: "PORT" },
    STATE,
    { title: "STP", value: (link) => String(optionsOfPort(link).state ?? "-") },
    { title: "PRIORITY", value: (link) => String(optionsOfPort(link).priority ?? "-"), right: true },
    { title: "COST", value: (link) => String(optionsOfPort(link).cost ?? "-"), right: true },
    { title: "LEARNING", value: (link) => formatValue(optionsOfPort(link).learning ?? "-") },
    { title: "ISOLATED", value: (link) => formatValue(optionsOfPort(link).isolated ?? "-") },
  ];
  return table(columns, ports, style);
}

export async function show(host: Host, { links: [name = ""] }: Call): Promise<Report> {
  const link = await host.link(name);
  if (link.kind !== "bridge") throw notOfKind(link, "a bridge");
  const ports = await host.links({ master: link });
  const names = new Map(ports.map((port) => [port.index, port.name]));
  const rows = tableRows(bridge, optionsOf(link), names);
  return {
    value: { ...link, ports },
    text: (style) =>
      heading(link.name, style) +
      definitions(rows, style) +
      (ports.length === 0 ? "no ports\n" : portTable(ports, style)),
  };
}

export async function add(host: Host, { operands: [name = ""], options }: Call): Promise<Report> {
  return { value: await host.addBridge(name, options) };
}

export const set = setOfKind({ kind: "bridge", what: "a bridge", shown: [] });

export function remove(host: Host, call: Call): Promise<Report> {
  return removeOfKind(host, call, "bridge", "a bridge");
}

export const command: Command = {
  actions: {
    list: { summary: "list bridges", operands: [], run: list },
    show: {
      summary: "print a bridge's options and ports",
      operands: [LINK],
      run: show,
    },
    add: {
      summary: "create a bridge",
      operands: [NEW],
      options: [kindSections.bridge, linkSections.link],
      run: add,
    },
    set: {
      summary: "change a bridge",
      operands: [LINK],
      options: [kindSections.bridge, linkSections.link, linkSections.rename],
      needsOption: true,
      run: set,
    },
    delete: {
      summary: "remove bridges; their ports stay",
      operands: [LINKS],
      options: [removalSection],
      run: remove,
    },
    fdb: fdbOfBridge,
    mdb: mdbOfBridge,
    stp: stpOfBridge,
    ...bridgeVlanActions,
  },
};
