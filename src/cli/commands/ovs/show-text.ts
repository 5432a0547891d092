import type { ShownBridge, ShownInterface, ShownPort } from "../../../openvswitch/show.js";
import { formatVlans, compressVlans } from "../../../rtnetlink/bridge/vlan-ranges.js";
import type { Style } from "../../io.js";
import { type Column, table, visible } from "../../printing/layout.js";

/** VLANs of a port, in a few words. */
function vlansOf({ tag, trunks, vlanMode }: ShownPort): string {
  const passing = formatVlans(compressVlans(trunks.map((id) => ({ id }))));
  return [
    ...(tag === undefined ? [] : [`tag ${tag}`]),
    ...(trunks.length === 0 ? [] : [`trunks ${passing}`]),
    ...(vlanMode === undefined ? [] : [vlanMode]),
  ].join(", ");
}

function interfaceText({ name, type, options, ofport, error, link }: ShownInterface, of: string, style: Style): string {
  const details = Object.entries(options).map(([key, value]) => `${key}=${value}`);
  const parts = [
    ...(name === of ? [] : [name]),
    ...(type === "system" ? [] : [type]),
    ...details,
    ...(ofport === undefined ? [] : [`number ${ofport}`]),
    ...(link === undefined ? [] : [link]),
  ].map(visible);
  return [...parts, ...(error === undefined ? [] : [style.red(visible(error))])].join(" ");
}

function portText(port: ShownPort, isLast: boolean, style: Style): string {
  const { name, interfaces, bond, isolated, isFakeBridge } = port;
  const remarks = [
    vlansOf(port),
    ...(isolated ? ["isolated"] : []),
    ...(isFakeBridge ? ["a bridge for this VLAN"] : []),
    ...(bond === undefined
      ? []
      : [`bond ${bond.mode ?? "active-backup"}${bond.lacp === undefined ? "" : `, LACP ${bond.lacp}`}`]),
    ...(bond === undefined ? interfaces.map((each) => interfaceText(each, name, style)) : []),
  ].filter((remark) => remark !== "");
  const lines = bond === undefined ? [] : interfaces.map((each) => interfaceText(each, name, style));
  const under = lines.map((line, i) => `${isLast ? " " : "│"}  ${i === lines.length - 1 ? "└" : "├"}─ ${line}\n`);
  return `${isLast ? "└" : "├"}─ ${style.cyan(visible(name))}  ${remarks.join("; ")}`.trimEnd() + `\n${under.join("")}`;
}

function bridgeText(bridge: ShownBridge, style: Style): string {
  const { name, datapathType, failMode, controllers, stp, rstp, mirrors, ports } = bridge;
  const remarks = [
    datapathType,
    ...(failMode === undefined ? [] : [failMode]),
    ...(stp ? ["STP"] : []),
    ...(rstp ? ["RSTP"] : []),
    ...controllers.map(({ target, isConnected }) => `controller ${target}${isConnected ? "" : " (not connected)"}`),
    ...mirrors.map((mirror) => `mirror ${mirror}`),
  ];
  const below = ports.map((port, i) => portText(port, i === ports.length - 1, style));
  return `${style.bold(visible(name))}  ${visible(remarks.join("; "))}\n${below.join("")}`;
}

/** Bridges, their ports and interfaces as a tree. */
export function showText(bridges: readonly ShownBridge[], style: Style): string {
  return bridges.length === 0 ? "no bridges\n" : bridges.map((bridge) => bridgeText(bridge, style)).join("");
}

const BRIDGES: readonly Column<ShownBridge>[] = [
  { title: "NAME", value: ({ name }) => name, paint: (text, _bridge, style) => style.cyan(text) },
  { title: "DATAPATH", value: ({ datapathType }) => datapathType },
  { title: "FAIL-MODE", value: ({ failMode }) => failMode ?? "-" },
  { title: "TREE", value: ({ stp, rstp }) => (rstp ? "rstp" : stp ? "stp" : "-") },
  {
    title: "PORTS",
    value: ({ name, ports }) => String(ports.filter((port) => port.name !== name).length),
    right: true,
  },
];

/** Bridges, a line each. */
export function bridgeTable(bridges: readonly ShownBridge[], style: Style): string {
  return table(BRIDGES, bridges, style);
}

/** A port, and the bridge that it belongs to. */
export type PortOfBridge = ShownPort & { readonly bridge: string };

const PORTS: readonly Column<PortOfBridge>[] = [
  { title: "PORT", value: ({ name }) => name, paint: (text, _port, style) => style.cyan(text) },
  { title: "BRIDGE", value: ({ bridge }) => bridge },
  { title: "VLANS", value: (port) => vlansOf(port) || "-" },
  { title: "TYPE", value: ({ interfaces }) => [...new Set(interfaces.map(({ type }) => type))].join(",") },
  { title: "NUMBER", value: ({ interfaces }) => interfaces.map(({ ofport }) => ofport ?? "-").join(","), right: true },
  {
    title: "LINK",
    value: ({ interfaces }) =>
      interfaces.map(({ error, link }) => (error === undefined ? (link ?? "-") : "failed")).join(","),
  },
];

/** Ports, a line each. */
export function portTable(ports: readonly PortOfBridge[], style: Style): string {
  return table(PORTS, ports, style);
}

const BONDS: readonly Column<PortOfBridge>[] = [
  { title: "BOND", value: ({ name }) => name, paint: (text, _port, style) => style.cyan(text) },
  { title: "BRIDGE", value: ({ bridge }) => bridge },
  { title: "MODE", value: ({ bond }) => bond?.mode ?? "active-backup" },
  { title: "LACP", value: ({ bond }) => bond?.lacp ?? "off" },
  {
    title: "INTERFACES",
    value: ({ bond, interfaces }) =>
      interfaces
        .map(({ name, mac, link, lacpCurrent }) =>
          [
            name,
            link ?? "-",
            ...(lacpCurrent === true ? ["agreed"] : []),
            ...(mac !== undefined && mac === bond?.active ? ["active"] : []),
          ].join(" "),
        )
        .join(", "),
  },
];

/** Bonds, a line each. */
export function bondTable(bonds: readonly PortOfBridge[], style: Style): string {
  return table(BONDS, bonds, style);
}
