import type { Action, Command, Operand } from "./commands.js";

const LINK: Operand = { name: "LINK", choices: "link" };
const BRIDGE: Operand = { name: "NAME", choices: "link" };
const PORT: Operand = { name: "PORT", choices: "link" };
const ADDRESS: Operand = { name: "ADDRESS" };
const GROUP: Operand = { name: "GROUP" };

/** A bridge's tables, as sub-commands of `bridge`. */
export const bridgeTableActions: Readonly<Record<string, Action>> = {
  fdb: {
    summary: "print a bridge's forwarding table",
    operands: [BRIDGE],
    options: ["fdbBridgeFilter"],
    load: async () => (await import("./commands/fdb.js")).ofBridge,
  },
  mdb: {
    summary: "print a bridge's multicast table, and the ports with routers behind them",
    operands: [BRIDGE],
    options: ["mdbBridgeFilter"],
    load: async () => (await import("./commands/mdb.js")).ofBridge,
  },
  stp: {
    summary: "print a bridge and its ports in the spanning tree",
    operands: [BRIDGE],
    load: async () => (await import("./commands/stp.js")).ofBridge,
  },
};

/** Forwarding tables and multicast tables. */
export const forwardingCommands: Readonly<Record<string, Command>> = {
  fdb: {
    summary: "forwarding tables of bridges, VXLANs and other devices",
    actions: {
      list: {
        summary: "list entries, of one link or of all",
        operands: [{ ...LINK, optional: true }],
        options: ["fdbFilter"],
        load: async () => (await import("./commands/fdb.js")).list,
      },
      show: {
        summary: "look a MAC up: in a bridge, on a port, or in a device's own table",
        operands: [LINK, ADDRESS],
        options: ["fdbKey"],
        load: async () => (await import("./commands/fdb.js")).show,
      },
      add: {
        summary: "add an entry",
        operands: [LINK, ADDRESS],
        options: ["fdbEntry"],
        load: async () => (await import("./commands/fdb.js")).put("add"),
      },
      replace: {
        summary: "add an entry, or change the one that is there",
        operands: [LINK, ADDRESS],
        options: ["fdbEntry"],
        load: async () => (await import("./commands/fdb.js")).put("replace"),
      },
      append: {
        summary: "give a tunnel one more far end for a MAC",
        operands: [LINK, ADDRESS],
        options: ["fdbEntry"],
        load: async () => (await import("./commands/fdb.js")).put("append"),
      },
      delete: {
        summary: "remove an entry",
        operands: [LINK, ADDRESS],
        options: ["fdbKey"],
        load: async () => (await import("./commands/fdb.js")).remove,
      },
      flush: {
        summary: "forget entries of a bridge, a port or a VXLAN",
        operands: [LINK],
        options: ["fdbFlush"],
        load: async () => (await import("./commands/fdb.js")).flush,
      },
    },
  },
  mdb: {
    summary: "multicast tables of bridges",
    actions: {
      list: {
        summary: "list entries",
        operands: [],
        options: ["mdbFilter"],
        load: async () => (await import("./commands/mdb.js")).list,
      },
      add: {
        summary: "make a port, or the host by its bridge, a member of a group",
        operands: [PORT, GROUP],
        options: ["mdbEntry"],
        load: async () => (await import("./commands/mdb.js")).put("add"),
      },
      replace: {
        summary: "make a port a member, or change what is said of it",
        operands: [PORT, GROUP],
        options: ["mdbEntry"],
        load: async () => (await import("./commands/mdb.js")).put("replace"),
      },
      delete: {
        summary: "end a membership",
        operands: [PORT, GROUP],
        options: ["mdbKey"],
        load: async () => (await import("./commands/mdb.js")).remove,
      },
    },
  },
};
