import type { Host } from "../host/host.js";
import type { LinkReference } from "../rtnetlink/link/link-requests.js";
import type { GlobalOptions } from "./arguments.js";
import { bridgeVlanActions } from "./bridge-vlan-actions.js";
import { bridgeTableActions, forwardingCommands } from "./forwarding-commands.js";
import type { Io, Report } from "./io.js";
import { qemuCommands } from "./qemu-commands.js";
import { routingCommands } from "./routing-commands.js";
import { trafficCommands } from "./traffic-commands.js";
import { virtualFunctionCommands } from "./virtual-function-commands.js";
import type { KindName, SectionName } from "./vocabulary.js";

/** A word that stands in its place, before the options. */
export interface Operand {
  readonly name: string;
  /** What may stand there, for completion: a link that exists, or one of these words. */
  readonly choices?: "link" | readonly string[];
  /** One or more of them; the last operand only. */
  readonly many?: true;
  readonly optional?: true;
}

/** A command line, taken apart. */
export interface Call {
  readonly operands: readonly string[];
  /** The links that operands name, each by the index that it was found to have; by its word, where it was not found. */
  readonly links: readonly LinkReference[];
  /** The values of the options, under the library's names. */
  readonly options: object;
  readonly globals: GlobalOptions;
  /** A program and its words, from behind "--". */
  readonly after: readonly string[];
  readonly io: Io;
}

/** Does the work in a namespace. */
export type Handler = (host: Host, call: Call) => Promise<Report>;
/** Does what needs no namespace. */
export type OfflineHandler = (call: Call) => Report | Promise<Report>;

interface ActionShape {
  readonly summary: string;
  readonly operands: readonly Operand[];
  /** Where the option words come from. */
  readonly options?: readonly SectionName[];
  /** Without an option there is nothing to do. */
  readonly needsOption?: true;
  /** A program and its words stand behind "--". */
  readonly takesProgram?: true;
}

/** One thing that a command does. Its code is loaded when it is to be done. */
export type Action =
  | (ActionShape & { readonly load: () => Promise<Handler>; readonly loadOffline?: never })
  | (ActionShape & { readonly loadOffline: () => Promise<OfflineHandler>; readonly load?: never });

export interface Command {
  readonly summary: string;
  /** By sub-command; a command without sub-commands has one action, under "". */
  readonly actions: Readonly<Record<string, Action>>;
}

const LINK: Operand = { name: "NAME", choices: "link" };
const LINKS: Operand = { ...LINK, many: true };
const NEW: Operand = { name: "NAME" };
const ADDRESS: Operand = { name: "ADDRESS/LENGTH" };

function alone(action: Action): Command {
  return { summary: action.summary, actions: { "": action } };
}

/** The same sub-commands for every kind of link. */
function commandsOf(kind: KindName, what: string, plural: string, shown: readonly string[]): Command {
  const code = async (make: "list" | "show" | "add" | "set" | "remove"): Promise<Handler> =>
    (await import("./commands/kind.js"))[make]({ kind, what, shown });
  return {
    summary: plural,
    actions: {
      list: { summary: `list ${plural}`, operands: [], load: () => code("list") },
      show: { summary: `print everything about ${what}`, operands: [LINK], load: () => code("show") },
      add: { summary: `create ${what}`, operands: [NEW], options: ["link", kind], load: () => code("add") },
      set: {
        summary: `change ${what}`,
        operands: [LINK],
        options: ["link", kind, "rename"],
        needsOption: true,
        load: () => code("set"),
      },
      delete: { summary: `remove ${plural}, all at once`, operands: [LINKS], load: () => code("remove") },
    },
  };
}

const bonds = commandsOf("bond", "a bond", "bonds", ["mode", "miimon", "activePort"]);

/** Every command. Dispatch, help and completion come from this table. */
export const commands: Readonly<Record<string, Command>> = {
  link: {
    summary: "links of any kind",
    actions: {
      list: {
        summary: "list links",
        operands: [],
        options: ["linkFilter"],
        load: async () => (await import("./commands/link.js")).list,
      },
      show: {
        summary: "print everything about a link",
        operands: [LINK],
        load: async () => (await import("./commands/link.js")).show,
      },
      add: {
        summary: "create a link",
        operands: [NEW],
        options: ["kind", "link"],
        needsOption: true,
        load: async () => (await import("./commands/link.js")).add,
      },
      set: {
        summary: "change a link",
        operands: [LINK],
        options: ["link", "rename", "ofKind"],
        needsOption: true,
        load: async () => (await import("./commands/link.js")).set,
      },
      delete: {
        summary: "remove links, all at once",
        operands: [LINKS],
        load: async () => (await import("./commands/link.js")).remove,
      },
    },
  },
  bond: {
    ...bonds,
    actions: {
      ...bonds.actions,
      show: {
        summary: "print a bond's options, and the state of its ports",
        operands: [LINK],
        load: async () => (await import("./commands/bond.js")).show,
      },
      add: {
        summary: "create a bond with its ports",
        operands: [NEW],
        options: ["link", "bond", "bondPorts"],
        load: async () => (await import("./commands/bond.js")).add,
      },
      set: {
        summary: "change a bond",
        operands: [LINK],
        options: ["link", "bond", "rename"],
        needsOption: true,
        load: async () => (await import("./commands/bond.js")).set,
      },
    },
  },
  bridge: {
    summary: "bridges",
    actions: {
      list: { summary: "list bridges", operands: [], load: async () => (await import("./commands/bridge.js")).list },
      show: {
        summary: "print a bridge's options and ports",
        operands: [LINK],
        load: async () => (await import("./commands/bridge.js")).show,
      },
      add: {
        summary: "create a bridge",
        operands: [NEW],
        options: ["bridge", "link"],
        load: async () => (await import("./commands/bridge.js")).add,
      },
      set: {
        summary: "change a bridge",
        operands: [LINK],
        options: ["bridge", "link", "rename"],
        needsOption: true,
        load: async () => (await import("./commands/bridge.js")).set,
      },
      delete: {
        summary: "remove bridges; their ports stay",
        operands: [LINKS],
        load: async () => (await import("./commands/bridge.js")).remove,
      },
      ...bridgeTableActions,
      ...bridgeVlanActions,
    },
  },
  vlan: commandsOf("vlan", "a VLAN", "VLANs", ["id", "protocol"]),
  macvlan: commandsOf("macvlan", "a macvlan", "macvlans", ["mode"]),
  macvtap: commandsOf("macvtap", "a macvtap", "macvtaps", ["mode"]),
  vxlan: commandsOf("vxlan", "a VXLAN", "VXLANs", ["id", "remote", "remote6", "port"]),
  netkit: commandsOf("netkit", "a netkit", "netkits", ["mode", "policy", "peerPolicy"]),
  monitor: alone({
    summary: "print what changes, a line each, until it is interrupted: all, or the groups that are named",
    operands: [
      {
        name: "GROUP",
        many: true,
        optional: true,
        choices: ["link", "address", "route", "rule", "neighbour", "fdb", "mdb", "vlan", "nexthop", "namespace"],
      },
    ],
    load: async () => (await import("./commands/monitor.js")).monitor,
  }),
  tap: {
    summary: "TAPs, and TUNs",
    actions: {
      list: { summary: "list TAPs and TUNs", operands: [], load: async () => (await import("./commands/tap.js")).list },
      add: {
        summary: "create a persistent TAP; %d in its name becomes the first free number",
        operands: [NEW],
        options: ["tap"],
        load: async () => (await import("./commands/tap.js")).add,
      },
      delete: {
        summary: "remove TAPs and TUNs, all at once",
        operands: [LINKS],
        load: async () => (await import("./commands/tap.js")).remove,
      },
    },
  },
  attach: alone({
    summary: "make a link a port of a bridge, bond, team or VRF, or change a port's options",
    operands: [
      { name: "PORT", choices: "link" },
      { name: "MASTER", choices: "link" },
    ],
    options: ["port", "bondPort"],
    load: async () => (await import("./commands/attach.js")).attach,
  }),
  detach: alone({
    summary: "take a port out of its bridge, bond, team or VRF",
    operands: [{ name: "PORT", choices: "link" }],
    load: async () => (await import("./commands/attach.js")).detach,
  }),
  address: {
    summary: "IP addresses",
    actions: {
      list: {
        summary: "list addresses, of one link or of all",
        operands: [{ name: "LINK", choices: "link", optional: true }],
        options: ["addressFilter"],
        load: async () => (await import("./commands/address.js")).list,
      },
      add: {
        summary: "add an address",
        operands: [{ name: "LINK", choices: "link" }, ADDRESS],
        options: ["address"],
        load: async () => (await import("./commands/address.js")).add,
      },
      delete: {
        summary: "remove an address",
        operands: [{ name: "LINK", choices: "link" }, ADDRESS],
        options: ["peer"],
        load: async () => (await import("./commands/address.js")).remove,
      },
    },
  },
  ...forwardingCommands,
  ...routingCommands,
  ...trafficCommands,
  ...virtualFunctionCommands,
  up: alone({
    summary: "bring links up",
    operands: [LINKS],
    load: async () => (await import("./commands/state.js")).up,
  }),
  down: alone({
    summary: "take links down",
    operands: [LINKS],
    load: async () => (await import("./commands/state.js")).down,
  }),
  demo: alone({
    summary: "show a bridge with 100 TAPs at work, in a namespace of its own",
    operands: [],
    options: ["demo"],
    loadOffline: async () => (await import("./commands/demo.js")).demo,
  }),
  ...qemuCommands,
  brctl: alone({
    summary: "brctl of bridge-utils: the same words, the same output, the same exit status",
    operands: [{ name: "WORD", many: true }],
    loadOffline: async () => (await import("./brctl/brctl.js")).asCommand,
  }),
  completion: alone({
    summary: "print a shell's completion script",
    operands: [{ name: "SHELL", choices: ["bash", "zsh", "fish"] }],
    loadOffline: async () => (await import("./commands/completion.js")).completion,
  }),
  help: alone({
    summary: "explain a command and its options",
    operands: [
      { name: "COMMAND", optional: true },
      { name: "SUB-COMMAND", optional: true },
    ],
    loadOffline: async () => (await import("./commands/help.js")).help,
  }),
};

/** `bridge add NAME [key=value …]`. */
export function usageOf(command: string, sub: string, action: Action): string {
  const { operands, options = [], needsOption, takesProgram } = action;
  const places = operands.map(({ name, many, optional }) => {
    const place = many === true ? `${name}…` : name;
    return optional === true ? `[${place}]` : place;
  });
  const words = options.length === 0 ? [] : [needsOption === true ? "key=value …" : "[key=value …]"];
  const program = takesProgram === true ? ["-- PROGRAM …"] : [];
  return [command, sub, ...places, ...words, ...program].filter((word) => word !== "").join(" ");
}
