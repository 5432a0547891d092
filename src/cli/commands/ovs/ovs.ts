import { InputError } from "../../../base/errors.js";
import { formatRate } from "../../../netlink/codecs/quantities.js";
import type { BridgeSettings } from "../../../openvswitch/bridges.js";
import type { MirrorSettings } from "../../../openvswitch/mirrors.js";
import { type OpenVswitch, openvswitch } from "../../../openvswitch/open-vswitch.js";
import type { BondSettings, PortSettings } from "../../../openvswitch/port-columns.js";
import type { QueueSettings, RateSettings } from "../../../openvswitch/rates.js";
import type { Action, Call, Command, Operand } from "../../command.js";
import type { Report } from "../../io.js";
import { definitions } from "../../printing/layout.js";
import type { Section } from "../../parsing/option.js";
import { databaseActions } from "./database.js";
import { ovsSections } from "./ovs-words.js";
import { bondTable, bridgeTable, type PortOfBridge, portTable, showText } from "./show-text.js";

/** A command line about Open vSwitch. */
interface SwitchCall<T> {
  readonly ovs: OpenVswitch;
  readonly operands: readonly string[];
  /** What was said beside the operands. */
  readonly settings: T;
}

/** Something done with the database that the words name, which is let go of afterwards. */
function action<T = object>(
  summary: string,
  operands: readonly Operand[],
  sections: readonly Section[],
  run: (call: SwitchCall<T>) => Promise<Report | void>,
  needsOption = false,
): Action {
  async function runOffline({ operands, options }: Call): Promise<Report> {
    const { db: remote, timeout, ...settings } = options as { db?: string; timeout?: number };
    if (needsOption && Object.keys(settings).length === 0) throw new InputError("it is not said what to change");
    await using ovs = await openvswitch({ remote, timeout });
    return (await run({ ovs, operands, settings: settings as T })) ?? { value: {} };
  }
  return { summary, operands, options: [...sections, ovsSections.where], runOffline };
}

const BRIDGE: Operand = { name: "BRIDGE" };
const PORT: Operand = { name: "PORT", choices: "link" };

async function portsOf(ovs: OpenVswitch, bridge?: string): Promise<PortOfBridge[]> {
  if (bridge !== undefined) return (await ovs.bridge(bridge).ports()).map((port) => ({ ...port, bridge }));
  return (await ovs.show()).flatMap(({ name, ports }) => ports.map((port) => ({ ...port, bridge: name })));
}

interface RateWords {
  readonly ingress?: number | null;
  readonly egress?: number | null;
  readonly queues?: Readonly<Record<number, QueueSettings>>;
}

/** What words such as ingress=10mbit say to the library. */
function ratesFrom({ ingress, egress, queues }: RateWords): RateSettings {
  if (egress === null && queues !== undefined) throw new InputError("there are no queues without egress=", "queues");
  const out = egress === undefined && queues === undefined ? undefined : { maxRate: egress ?? undefined, queues };
  return {
    ingress: typeof ingress === "number" ? { rate: ingress } : ingress,
    egress: egress === null ? null : out,
  };
}

function ratesText({ ingress, egress }: RateSettings): (readonly [string, string])[] {
  const queues = Object.entries(egress?.queues ?? {}).map(([number, { minRate, maxRate }]) => {
    const rates = [minRate, maxRate].filter((rate) => rate !== undefined).map(formatRate);
    return [`queue ${number}`, rates.join("-") || "unlimited"] as const;
  });
  return [
    ["ingress", ingress ? formatRate(ingress.rate) : "unlimited"],
    ["egress", egress?.maxRate === undefined ? "unlimited" : formatRate(egress.maxRate)],
    ...queues,
  ];
}

export const command: Command = {
  actions: {
    show: action("print bridges, ports and interfaces as a tree", [], [], async ({ ovs }) => {
      const value = await ovs.show();
      return { value, text: (style) => showText(value, style) };
    }),
    list: action("list bridges", [], [], async ({ ovs }) => {
      const value = await ovs.show();
      return { value, text: (style) => bridgeTable(value, style) };
    }),
    bridge: action("print a bridge with its ports", [BRIDGE], [], async ({ ovs, operands: [name = ""] }) => {
      const value = await ovs.bridge(name).show();
      return { value, text: (style) => showText([value], style) };
    }),
    "bridge add": action<BridgeSettings>(
      "add a bridge",
      [BRIDGE],
      [ovsSections.bridge],
      ({ ovs, operands: [name = ""], settings }) => ovs.addBridge(name, settings),
    ),
    "bridge set": action<BridgeSettings>(
      "change a bridge",
      [BRIDGE],
      [ovsSections.bridge],
      ({ ovs, operands: [name = ""], settings }) => ovs.setBridge(name, settings),
      true,
    ),
    "bridge delete": action<{ ifExists?: boolean }>(
      "remove bridges with their ports",
      [{ ...BRIDGE, many: true }],
      [ovsSections.removal],
      ({ ovs, operands, settings }) => ovs.removeBridge(operands, settings),
    ),
    port: action(
      "list ports, of one bridge or of all",
      [{ ...BRIDGE, optional: true }],
      [],
      async ({ ovs, operands: [bridge] }) => {
        const value = await portsOf(ovs, bridge);
        return { value, text: (style) => portTable(value, style) };
      },
    ),
    "port add": action<PortSettings>(
      "add a port, and wait until it is switched",
      [BRIDGE, PORT],
      [ovsSections.port, ovsSections.interface],
      async ({ ovs, operands: [bridge = "", name = ""], settings }) => ({
        value: await ovs.addPort(bridge, name, settings),
      }),
    ),
    "port set": action<PortSettings>(
      "change a port or a bond",
      [PORT],
      [ovsSections.port],
      ({ ovs, operands: [name = ""], settings }) => ovs.setPort(name, settings),
      true,
    ),
    "port delete": action<{ ifExists?: boolean }>(
      "take ports out of their bridges, with the queues that only they used",
      [{ ...PORT, many: true }],
      [ovsSections.removal],
      ({ ovs, operands, settings }) => ovs.removePort(operands, settings),
    ),
    bond: action("list bonds, with the state of their interfaces", [], [], async ({ ovs }) => {
      const value = (await portsOf(ovs)).filter(({ bond }) => bond !== undefined);
      return { value, text: (style) => bondTable(value, style) };
    }),
    "bond add": action<BondSettings>(
      "add a bond of several interfaces",
      [BRIDGE, { name: "BOND" }, { name: "INTERFACE", choices: "link", many: true }],
      [ovsSections.bond],
      ({ ovs, operands: [bridge = "", name = "", ...interfaces], settings }) =>
        ovs.addBond(bridge, name, interfaces, settings),
    ),
    mirror: action("list mirrors", [], [], async ({ ovs }) => {
      const value = (await ovs.show()).flatMap(({ name, mirrors }) =>
        mirrors.map((mirror) => ({ bridge: name, mirror })),
      );
      return {
        value,
        text: (style) =>
          definitions(
            value.map(({ bridge, mirror }) => [mirror, `of ${bridge}`]),
            style,
          ),
      };
    }),
    "mirror add": action<MirrorSettings>(
      "copy frames of a bridge to a port or into a VLAN",
      [BRIDGE, { name: "MIRROR" }],
      [ovsSections.mirror],
      ({ ovs, operands: [bridge = "", name = ""], settings }) => ovs.addMirror(bridge, name, settings),
    ),
    "mirror delete": action(
      "remove a mirror",
      [BRIDGE, { name: "MIRROR" }],
      [],
      ({ ovs, operands: [bridge = "", name = ""] }) => ovs.removeMirror(bridge, name),
    ),
    qos: action<RateWords>(
      "limit how fast frames pass a port, or print the limits",
      [PORT],
      [ovsSections.rates],
      async ({ ovs, operands: [port = ""], settings }) => {
        if (Object.keys(settings).length > 0) return ovs.limitRate(port, ratesFrom(settings));
        const value = await ovs.rateLimit(port);
        return { value, text: (style) => definitions(ratesText(value), style) };
      },
    ),
    ...databaseActions,
  },
};
