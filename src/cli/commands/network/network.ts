import { InputError } from "../../../base/errors.js";
import { writeLibvirtNetwork } from "../../../formats/libvirt-network/write.js";
import type { Host } from "../../../host/host.js";
import {
  dhcpOf,
  hasAddresses,
  type NetworkDefinition,
  type NetworkDns,
  ownDns,
  planOf,
  toldResolvers,
} from "../../../networks/definition.js";
import { writeNetwork } from "../../../networks/definition-file.js";
import { networkSchema } from "../../../networks/definition-schema.js";
import type { NetworkFolders } from "../../../networks/state-files.js";
import { type NetworkInfo, type Networks, networks } from "../../../networks/networks.js";
import { networkLeases } from "../../../networks/leases.js";
import { networkPorts } from "../../../networks/network-ports.js";
import { type NetworkService, serveNetwork } from "../../../networks/serve-addresses.js";
import { definitionIn, editNetwork, redefinedText, uncarriedText } from "./network-file.js";
import { startDetachedService } from "./start-service.js";
import type { Action, Call, Command, Operand } from "../../command.js";
import type { Report, Style } from "../../io.js";
import { definitions, json, table } from "../../printing/layout.js";
import type { Section } from "../../parsing/option.js";
import {
  foldersFor,
  foldersSection,
  forceSection,
  forwardWords,
  autostartSection,
  dumpSection,
  networkSection,
  parseGuest,
  parseHostPort,
  startSection,
} from "./network-words.js";

/** A command line about networks. */
interface NetworkCall<T> {
  readonly host: Host;
  readonly guests: Networks;
  readonly folders: NetworkFolders;
  readonly operands: readonly string[];
  readonly settings: T;
  readonly call: Call;
}

function action<T = object>(
  summary: string,
  operands: readonly Operand[],
  sections: readonly Section[],
  work: (call: NetworkCall<T>) => Promise<Report | void>,
): Action {
  async function run(host: Host, call: Call): Promise<Report> {
    const { state, run: up, service, ...settings } = call.options as NetworkFolders;
    const folders = foldersFor(call.globals, { state, run: up, service });
    const guests = networks(host, folders);
    const { operands: words } = call;
    return (await work({ host, guests, folders, operands: words, settings: settings as T, call })) ?? { value: {} };
  }
  return { summary, operands, options: [...sections, foldersSection], run };
}

const NAME: Operand = { name: "NAME" };
const PORT: Operand = { name: "PORT" };

/** Who answers about names, where that is said. */
function dnsRows(dns: NetworkDefinition["dns"]): (readonly [string, string])[] {
  if (dns === undefined) return [];
  const told = toldResolvers({ dns });
  if (told !== undefined) return [["dns", told.length === 0 ? "none" : told.join(", ")]];
  const { resolvers, hosts = [] } = dns as NetworkDns;
  return [
    ["dns", resolvers === undefined ? "its own" : `its own, which asks ${resolvers.join(", ") || "nobody"}`],
    ...hosts.map(({ hostname, address }) => ["host", `${hostname} ${address}`] as const),
  ];
}

/** What was said, and what was chosen. */
function definitionText(definition: NetworkDefinition, style: Style): string {
  const { name, mode, forwards = [], dhcp, dns, vlans, interfaces, ...others } = definition;
  const rows = Object.entries(others)
    .filter(([key]) => key !== "libvirt")
    .map(([key, value]) => [key, String(value)] as const);
  return definitions(
    [
      ["name", name],
      ["mode", mode],
      ...rows,
      ...(dhcp === false ? [["dhcp", "off"] as const] : []),
      ...dnsRows(dns),
      ...(interfaces === undefined ? [] : [["interfaces", interfaces.join(", ")] as const]),
      ...(vlans === undefined
        ? []
        : [["vlans", vlans.map(({ id, to }) => (to ? `${id}-${to}` : id)).join(", ")] as const]),
      ...forwards.map((forward) => ["forward", forwardWords(forward)] as const),
    ],
    style,
  );
}

function warnings({ foreignDrops }: NetworkInfo, style: Style): string {
  return foreignDrops
    .map(({ chain, hook }) => style.yellow(`${chain} may drop packets of guests (${hook}): its policy is drop`))
    .map((line) => `${line}\n`)
    .join("");
}

function infoText(info: NetworkInfo, style: Style): string {
  const state = definitions(
    [
      ["state", info.active ? "up" : "down"],
      ["ports", info.ports.join(", ")],
    ],
    style,
  );
  return definitionText(info.definition, style) + state + warnings(info, style);
}

function listText(all: readonly NetworkInfo[], style: Style): string {
  return table(
    [
      { title: "NAME", value: ({ definition }) => definition.name },
      { title: "STATE", value: ({ active }) => (active ? "up" : "down") },
      { title: "MODE", value: ({ definition }) => definition.mode },
      { title: "BRIDGE", value: ({ definition }) => definition.bridge ?? `lw-${definition.name}` },
      { title: "SUBNET", value: ({ definition: { subnet, subnet6 } }) => [subnet, subnet6].filter(Boolean).join(" ") },
      { title: "PORTS", value: ({ ports }) => String(ports.length), right: true },
    ],
    all,
    style,
  );
}

interface StartWords {
  readonly serve?: boolean;
  readonly foreground?: boolean;
}

/** Whether guests of a network are told anything: addresses, or names. */
function isServed({ definition }: NetworkInfo): boolean {
  const plan = planOf(definition);
  return dhcpOf(plan) !== undefined || plan.subnet6 !== undefined || ownDns(plan) !== undefined;
}

function unserved(name: string): string {
  return `nobody gives its guests addresses: linkwright network serve ${name}\n`;
}

/** Serves networks until it is interrupted, and prints what happens. */
async function serve({ host, folders, operands, call: { globals, io } }: NetworkCall<object>): Promise<Report> {
  const services: NetworkService[] = [];
  const stopped = new Promise<void>((resolve) => {
    process.once("SIGINT", () => resolve()).once("SIGTERM", () => resolve());
  });
  try {
    for (const name of operands) {
      const report = (event: object): void => {
        const time = new Date().toISOString();
        const told = { network: name, ...event, time };
        io.stdout.write(globals.json ? json(told, 0) : `${time} ${name} ${JSON.stringify(event)}\n`);
      };
      services.push(await serveNetwork(host, name, { ...folders, report }));
      report({ event: "serving" });
    }
    await stopped;
  } finally {
    await Promise.all(services.map((service) => service.close()));
  }
  return {};
}

export const command: Command = {
  actions: {
    define: action(
      "keep a network's definition, from a file of YAML, JSON or libvirt's XML",
      [{ name: "FILE" }],
      [],
      async ({ guests, operands: [file = ""], call: { io } }) => {
        const { definition, uncarried } = definitionIn(file);
        const value = await guests.define(definition);
        io.stderr.write(uncarriedText(uncarried));
        return { value, text: (style) => definitionText(value, style) };
      },
    ),
    edit: action(
      "edit a network's definition; what can be changed while guests are on it is, at once",
      [NAME],
      [],
      async ({ guests, operands: [name = ""], call: { io } }) => {
        const { definition, pending = definition } = await guests.info(name);
        const value = await editNetwork(pending, guests, io);
        return { value, text: () => redefinedText(name, value) };
      },
    ),
    schema: {
      summary: "print the JSON Schema of a network's file",
      operands: [],
      runOffline: () => {
        const value = networkSchema();
        return { value, text: () => json(value) };
      },
    },
    create: action<Omit<NetworkDefinition, "name" | "dhcp"> & { dhcp?: boolean }>(
      "keep the definition of a new network: nat, with a subnet that is free, unless something else is said",
      [NAME],
      [networkSection],
      async ({ guests, operands: [name = ""], settings: { dhcp, ...settings } }) => {
        const { mode = "nat", subnet6 } = settings;
        const needsSubnet = subnet6 === undefined && hasAddresses(mode);
        const value = await guests.create({
          ...(needsSubnet ? { subnet: "auto" } : {}),
          ...settings,
          ...(dhcp === false ? { dhcp } : {}),
          name,
          mode,
        });
        return { value, text: (style) => definitionText(value, style) };
      },
    ),
    undefine: action("forget a network's definition and leases", [NAME], [], ({ guests, operands: [name = ""] }) =>
      guests.undefine(name),
    ),
    start: action<StartWords>(
      "bring a network up, and have its guests given their addresses",
      [NAME],
      [startSection],
      async (call) => {
        const { serve: served = true, foreground = false } = call.settings;
        const [name = ""] = call.operands;
        const value = await call.guests.start(name);
        if (foreground) return serve(call);
        const text = (style: Style): string => warnings(value, style);
        if (!served || !isServed(value) || (await call.guests.handOver(name))) return { value, text };
        const { service } = call.folders;
        if (service === undefined) return { value, text: (style) => text(style) + unserved(name) };
        if (call.call.globals.netns !== undefined)
          throw new InputError(`nobody answers at ${service}: linkwright serve gives guests addresses`, "service");
        await startDetachedService(call.folders);
        return { value, text };
      },
    ),
    autostart: action<{ off?: boolean }>(
      "have linkwright serve bring a network up when that starts, or no more",
      [NAME],
      [autostartSection],
      ({ guests, operands: [name = ""], settings: { off = false } }) => guests.setAutostart(name, !off),
    ),
    stop: action<{ force?: boolean }>(
      "take a network down: all is as it was before",
      [NAME],
      [forceSection],
      ({ guests, operands: [name = ""], settings }) => guests.stop(name, settings),
    ),
    list: action("list networks", [], [], async ({ guests }) => {
      const value = await guests.list();
      return { value, text: (style) => listText(value, style) };
    }),
    info: action("print a network and its state", [NAME], [], async ({ guests, operands: [name = ""] }) => {
      const value = await guests.info(name);
      return { value, text: (style) => infoText(value, style) };
    }),
    dump: action<{ xml?: boolean }>(
      "print a network's definition, as define takes it",
      [NAME],
      [dumpSection],
      async ({ guests, operands: [name = ""], settings: { xml = false } }) => {
        const { definition: value } = await guests.info(name);
        if (!xml) return { value, text: () => writeNetwork(value) };
        const text = writeLibvirtNetwork(value);
        return { value: { xml: text }, text: () => text };
      },
    ),
    leases: action(
      "list the addresses that guests have",
      [NAME],
      [],
      async ({ guests, folders, operands: [name = ""] }) => {
        await guests.info(name);
        const value = await networkLeases(name, folders);
        const columns = [
          { title: "ADDRESS", value: ({ address }: (typeof value)[number]) => address },
          { title: "MAC", value: ({ mac }: (typeof value)[number]) => mac },
          { title: "NAME", value: ({ hostname }: (typeof value)[number]) => hostname ?? "" },
          {
            title: "LEFT",
            value: ({ remaining }: (typeof value)[number]) => `${Math.round(remaining / 1000)}s`,
            right: true,
          },
        ];
        return { value, text: (style) => table(columns, value, style) };
      },
    ),
    ports: action("list the ports of a network's bridge, with their guests", [NAME], [], async (call) => {
      const value = await networkPorts(call.host, call.operands[0]!, call.folders);
      const columns = [
        { title: "LINK", value: ({ link }: (typeof value)[number]) => link },
        { title: "STATE", value: ({ up }: (typeof value)[number]) => (up ? "up" : "down") },
        { title: "PROCESS", value: ({ holders }: (typeof value)[number]) => holders.map(({ pid }) => pid).join(" ") },
        { title: "MAC", value: ({ macs }: (typeof value)[number]) => macs.join(" ") },
        { title: "ADDRESSES", value: ({ addresses }: (typeof value)[number]) => addresses.join(" ") },
        { title: "SENT", value: ({ sentBytes }: (typeof value)[number]) => String(sentBytes), right: true },
        { title: "RECEIVED", value: ({ receivedBytes }: (typeof value)[number]) => String(receivedBytes), right: true },
        { title: "DROPPED", value: ({ drops }: (typeof value)[number]) => String(drops), right: true },
      ];
      return { value, text: (style) => table(columns, value, style) };
    }),
    "forward add": action(
      "send a port of this machine to a guest, as in tcp:8080 192.168.100.10:80",
      [NAME, PORT, { name: "GUEST" }],
      [],
      ({ guests, operands: [name = "", port = "", guest = ""] }) =>
        guests.addForward(name, { ...parseHostPort(port), ...parseGuest(guest) }),
    ),
    "forward remove": action(
      "send a port of this machine to a guest no more",
      [NAME, PORT],
      [],
      ({ guests, operands: [name = "", port = ""] }) => guests.removeForward(name, parseHostPort(port)),
    ),
    "host add": action(
      "keep an address for a guest, by its MAC",
      [NAME, { name: "MAC" }, { name: "ADDRESS" }, { name: "HOSTNAME", optional: true }],
      [],
      async ({ guests, operands: [name = "", mac = "", address = "", hostname] }) => {
        const named = hostname === undefined ? {} : { hostname };
        await guests.addHost(name, { mac: mac.toLowerCase(), address, ...named });
      },
    ),
    "host remove": action(
      "keep the address of a guest no more, by its MAC, name or address",
      [NAME, { name: "GUEST" }],
      [],
      async ({ guests, operands: [name = "", guest = ""] }) => {
        await guests.removeHost(name, guest);
      },
    ),
    reload: action("write the firewall of all networks that are up anew", [], [], ({ guests }) => guests.reload()),
    serve: action(
      "give guests of networks that are up their addresses, until it is interrupted",
      [{ name: "NAME", many: true }],
      [],
      serve,
    ),
  },
};
