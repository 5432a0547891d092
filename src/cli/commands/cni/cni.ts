import { ATTACHMENTS, groundOf, installCni, perform, plugins, schemaOf } from "../../../cni/index.js";
import { Host } from "../../../host/host.js";
import { InputError } from "../../../base/errors.js";
import { text } from "../../../netlink/codecs/codec.js";
import type { Command } from "../../command.js";
import { type Section, wordOf } from "../../parsing/option.js";

const { parse } = text();

const whereSection: Section = {
  title: "Where",
  words: [
    wordOf("root", { words: "FOLDER", parse }, "write everything below this folder, / unless given"),
    wordOf("bin", { words: "FOLDER", parse }, "where the runtime looks for plugins, /opt/cni/bin unless given"),
    wordOf("subnet", { words: "SUBNET", parse }, "what containers get their addresses of, 10.22.0.0/16 unless given"),
  ],
};

/** All that stands at the standard input. */
async function input(): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of process.stdin) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString("utf8");
}

export const command: Command = {
  actions: {
    install: {
      summary: "put the plugins in place, with a configuration list and what the service's unit needs",
      operands: [],
      options: [whereSection],
      runOffline({ options }) {
        const value = installCni(options);
        return { value, text: () => `${value.join("\n")}\nThe service answers them: linkwright install service\n` };
      },
    },
    schema: {
      summary: "print JSON Schema of a plugin's options",
      operands: [{ name: "PROGRAM", choices: Object.keys(plugins) }],
      runOffline({ operands: [program = ""] }) {
        const plugin = Object.hasOwn(plugins, program) ? plugins[program] : undefined;
        if (plugin === undefined) throw new InputError(`${program} is none of ${Object.keys(plugins).join(", ")}`);
        const value = schemaOf(plugin.options);
        return { value, text: () => `${JSON.stringify(value, undefined, 2)}\n` };
      },
    },
    call: {
      summary: "do what a plugin was started for, by this process: what linkwright-cni does where no service answers",
      operands: [{ name: "PROGRAM" }],
      async runOffline({ operands: [program = ""], io }) {
        const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith("CNI_")));
        const netns = environment.CNI_NETNS ?? "";
        const order = { program, environment, input: await input(), namespace: netns === "" ? undefined : netns };
        const host = await Host.open();
        let status = 0;
        try {
          await perform(await groundOf(host, ATTACHMENTS), order, ({ code, text }) => {
            io.stdout.write(text);
            status = code;
            return Promise.resolve();
          });
        } finally {
          await host.close();
        }
        return { status };
      },
    },
  },
};
