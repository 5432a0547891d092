import type { Command, Operand } from "./commands.js";

const LINK: Operand = { name: "LINK", choices: "link" };
const CLASS: Operand = { name: "CLASS" };

/** The commands of traffic control. */
export const trafficCommands = {
  rate: {
    summary: "limit how fast frames pass a port, or print the limits",
    actions: {
      "": {
        summary: "limit how fast frames pass a port, or print the limits",
        operands: [{ name: "PORT", choices: "link" }],
        options: ["rate"],
        load: async () => (await import("./commands/rate.js")).rate,
      },
    },
  },
  qdisc: {
    summary: "what schedules the packets that leave a link",
    actions: {
      list: {
        summary: "list qdiscs, of one link or of all, with what they have counted",
        operands: [{ ...LINK, optional: true }],
        load: async () => (await import("./commands/qdisc.js")).list,
      },
      add: {
        summary: "add a qdisc",
        operands: [LINK],
        options: ["qdisc", "fqCodel", "htb", "tbf"],
        needsOption: true,
        load: async () => (await import("./commands/qdisc.js")).add,
      },
      replace: {
        summary: "add a qdisc in the place of another",
        operands: [LINK],
        options: ["qdisc", "fqCodel", "htb", "tbf"],
        needsOption: true,
        load: async () => (await import("./commands/qdisc.js")).replace,
      },
      delete: {
        summary: "remove a qdisc with its classes and filters",
        operands: [LINK],
        options: ["qdiscPlace"],
        load: async () => (await import("./commands/qdisc.js")).remove,
      },
    },
  },
  class: {
    summary: "classes of an htb",
    actions: {
      list: {
        summary: "list a link's classes, with what they have counted",
        operands: [LINK],
        load: async () => (await import("./commands/class.js")).list,
      },
      add: {
        summary: "add a class, such as 1:10",
        operands: [LINK, CLASS],
        options: ["class"],
        needsOption: true,
        load: async () => (await import("./commands/class.js")).add,
      },
      set: {
        summary: "change a class",
        operands: [LINK, CLASS],
        options: ["class"],
        needsOption: true,
        load: async () => (await import("./commands/class.js")).change,
      },
      delete: {
        summary: "remove a class",
        operands: [LINK, CLASS],
        load: async () => (await import("./commands/class.js")).remove,
      },
    },
  },
  filter: {
    summary: "what looks at packets",
    actions: {
      list: {
        summary: "list the filters in a place of a link",
        operands: [LINK],
        options: ["filterPlace"],
        load: async () => (await import("./commands/filter.js")).list,
      },
      add: {
        summary: "add a filter, and say what is done with the packets that match",
        operands: [LINK],
        options: ["filter", "filterHandle", "filterPlace", "filterAction", "u32", "flower"],
        needsOption: true,
        load: async () => (await import("./commands/filter.js")).add,
      },
      replace: {
        summary: "add a filter in the place of the one with its priority and handle",
        operands: [LINK],
        options: ["filter", "filterHandle", "filterPlace", "filterAction", "u32", "flower"],
        needsOption: true,
        load: async () => (await import("./commands/filter.js")).replace,
      },
      delete: {
        summary: "remove the filters in a place, or those of one priority",
        operands: [LINK],
        options: ["filterPlace", "filterHandle"],
        load: async () => (await import("./commands/filter.js")).remove,
      },
    },
  },
} satisfies Record<string, Command>;
