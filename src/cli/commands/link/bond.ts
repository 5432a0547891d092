import { tableRows } from "../../printing/link-text.js";
import type { BondPortState, BondState } from "../../../host/ports/bond-state.js";
import type { Host } from "../../../host/host.js";
import { bond } from "../../../rtnetlink/link/kinds/bond.js";
import type { Call, Command, Operand } from "../../command.js";
import type { Report, Style } from "../../io.js";
import { formatValue } from "../../printing/value-text.js";
import { type Column, definitions, heading, table } from "../../printing/layout.js";
import { commandOf, ofKind, setOf } from "./kind.js";
import { text } from "../../../netlink/codecs/codec.js";
import { type Section, wordOf } from "../../parsing/option.js";
import { kindSections } from "./kind-sections.js";
import { linkSections } from "./link-words.js";

const LINK: Operand = { name: "NAME", choices: "link", only: "bond" };
const NEW: Operand = { name: "NAME", isNew: true };

const names = text();
const links = { words: "LINK,…", parse: (word: string) => word.split(",").map((each) => names.parse(each)) };
/** Words that only bonds have. */
export const bondSections = {
  bondPorts: {
    title: "A bond's ports",
    words: [
      {
        ...wordOf("ports", links, "the links that become its ports; one each time, if given more than once"),
        each: (word: string) => names.parse(word),
      },
    ],
  },
} satisfies Record<string, Section>;

const BOND = { kind: "bond", what: "a bond", shown: [] } as const;

export async function add(host: Host, { operands: [name = ""], options }: Call): Promise<Report> {
  return { value: await host.addBond(name, options) };
}

export const set = setOf(BOND, (host, link, settings) => host.setBond(link, settings));

type PortColumn = Column<BondPortState>;

/** A column of something that not every port has. */
function column(title: string, value: (port: BondPortState) => unknown, right = false): PortColumn {
  return { title, value: (port) => formatValue(value(port) ?? "-", "|"), right };
}

/** What a port is in its bond: one whose own link is gone has failed, whatever it would be. */
function portState({ up, state, miiStatus }: BondPortState): string {
  if (!up) return "down";
  return miiStatus === undefined || miiStatus === "up" ? String(state ?? "-") : "failed";
}

function paintPort(text: string, port: BondPortState, style: Style): string {
  return portState(port) === "failed" ? style.red(text) : text;
}

const MEGABIT = 1_000_000;

const COLUMNS: readonly PortColumn[] = [
  { title: "PORT", value: ({ name }) => name, paint: (text, _port, style) => style.cyan(text) },
  { ...column("STATE", portState), paint: paintPort },
  {
    ...column("MII", ({ miiStatus }) => miiStatus),
    paint: (text, { miiStatus }, style) => (miiStatus === "up" ? style.green(text) : style.yellow(text)),
  },
  column("FAILURES", ({ linkFailureCount }) => linkFailureCount, true),
  column("MBIT/S", ({ speed }) => (speed === undefined ? undefined : speed / MEGABIT), true),
  column("DUPLEX", ({ duplex }) => duplex),
  column("QUEUE", ({ queueId }) => queueId, true),
  column("PRIO", ({ prio }) => prio, true),
  column("OWN MAC", ({ permHwaddr }) => permHwaddr),
];

/** What two systems say to each other of a port. */
const LACP_COLUMNS: readonly PortColumn[] = [
  COLUMNS[0]!,
  column("AGGREGATOR", ({ adAggregatorId }) => adAggregatorId, true),
  column("KEY", ({ actor }) => actor?.key, true),
  column("PARTNER", ({ partner }) => partner?.system),
  column("ITS KEY", ({ partner }) => partner?.key, true),
  column("LACP STATE", ({ adActorOperPortState }) => adActorOperPortState),
  column("PARTNER'S", ({ adPartnerOperPortState }) => adPartnerOperPortState),
];

function describe(state: BondState, style: Style): string {
  const { name, up, carrier, ports, options } = state;
  const names = new Map(ports.map((port) => [port.index, port.name]));
  const rows = [
    ["up", formatValue(up)],
    ["carrier", formatValue(carrier)],
    ...tableRows(bond, options, names),
  ] as const;
  const lacp = ports.some(({ adAggregatorId }) => adAggregatorId !== undefined);
  return (
    heading(name, style) +
    definitions(rows, style) +
    (ports.length === 0 ? "no ports\n" : table(COLUMNS, ports, style)) +
    (lacp ? table(LACP_COLUMNS, ports, style) : "")
  );
}

export async function show(host: Host, { links: [name = ""] }: Call): Promise<Report> {
  const state = await host.bondState(await ofKind(host, name, BOND));
  return { value: state, text: (style) => describe(state, style) };
}

const bonds = commandOf({ ...BOND, shown: ["mode", "miimon", "activePort"] }, "bonds");

export const command: Command = {
  actions: {
    ...bonds.actions,
    show: {
      summary: "print a bond's options, and the state of its ports",
      operands: [LINK],
      run: show,
    },
    add: {
      summary: "create a bond with its ports",
      operands: [NEW],
      options: [bondSections.bondPorts, kindSections.bond, linkSections.link],
      run: add,
    },
    set: {
      summary: "change a bond",
      operands: [LINK],
      options: [kindSections.bond, linkSections.link, linkSections.rename],
      needsOption: true,
      run: set,
    },
  },
};
