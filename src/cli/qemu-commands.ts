import type { Command } from "./commands.js";

/** The commands for QEMU and the programs that it calls. */
export const qemuCommands: Readonly<Record<string, Command>> = {
  qemu: {
    summary: "the programs that QEMU calls, and QEMU itself",
    actions: {
      compile: {
        summary: "check the policy and make its plan",
        operands: [],
        loadOffline: async () => (await import("./commands/qemu.js")).compile,
      },
      check: {
        summary: "say whether policy, plan, permissions, programs and bridges are right",
        operands: [],
        load: async () => (await import("./commands/qemu.js")).check,
      },
      show: {
        summary: "print the plan as words",
        operands: [],
        loadOffline: async () => (await import("./commands/qemu.js")).show,
      },
      schema: {
        summary: "print the JSON Schema of the policy",
        operands: [],
        loadOffline: async () => (await import("./commands/qemu.js")).schema,
      },
      try: {
        summary: "replay a rule on a TAP made for the purpose, in a namespace of its own",
        operands: [{ name: "TAP" }],
        options: ["qemuTry"],
        loadOffline: async () => (await import("./commands/qemu.js")).tryOut,
      },
      install: {
        summary: "put the programs in place, keeping what was there",
        operands: [],
        options: ["qemuInstall"],
        loadOffline: async () => (await import("./commands/qemu.js")).install,
      },
      uninstall: {
        summary: "put back what was there",
        operands: [],
        loadOffline: async () => (await import("./commands/qemu.js")).uninstall,
      },
      run: {
        summary: "start QEMU with a TAP of its own",
        operands: [],
        options: ["qemuRun", "port"],
        takesProgram: true,
        load: async () => (await import("./commands/qemu.js")).run,
      },
    },
  },
};
