import type { Command, Operand } from "./commands.js";

const LINK: Operand = { name: "LINK", choices: "link" };

/** The commands for the virtual functions of network cards. */
export const virtualFunctionCommands: Readonly<Record<string, Command>> = {
  vf: {
    summary: "virtual functions of network cards (SR-IOV)",
    actions: {
      list: {
        summary: "list a card's virtual functions",
        operands: [LINK],
        options: ["virtualFunctionDetails"],
        load: async () => (await import("./commands/vf.js")).list,
      },
      set: {
        summary: "set what is given of a virtual function",
        operands: [LINK, { name: "N" }],
        options: ["virtualFunction"],
        needsOption: true,
        load: async () => (await import("./commands/vf.js")).set,
      },
      count: {
        summary: "print how many virtual functions there are, or make so many",
        operands: [LINK, { name: "COUNT", optional: true }],
        load: async () => (await import("./commands/vf.js")).count,
      },
      devices: {
        summary: "print the device of each virtual function, and its links",
        operands: [LINK],
        load: async () => (await import("./commands/vf.js")).devices,
      },
    },
  },
};
