import { ATTACHMENTS, groundOf, perform } from "../../../cni/index.js";
import { Host } from "../../../host/host.js";
import type { Command } from "../../command.js";

/** All that stands at the standard input. */
async function input(): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of process.stdin) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString("utf8");
}

export const command: Command = {
  actions: {
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
          await perform(await groundOf(host, ATTACHMENTS), order, async ({ code, text }) => {
            io.stdout.write(text);
            status = code;
          });
        } finally {
          await host.close();
        }
        return { status };
      },
    },
  },
};
