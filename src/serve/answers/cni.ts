import { perform } from "../../cni/index.js";
import { sendBytes, takeDescriptors } from "../../kernel/unix-socket.js";
import type { Answer } from "./answer.js";

/** What a plugin is told when its question has been read. */
const TAKEN = Buffer.from("t");

/**
 * Does what a plugin was started for, once it has said that it waits for the answer: one that has not, does it by another process,
 * and no attachment is made twice.
 */
export const cni: Answer<"cni"> = {
  async answer({ program, environment, input }, { namespace, caller: { socket: plugin }, thread, signal, container }) {
    const ground = await (await namespace()).ground();
    await sendBytes(plugin, TAKEN);
    // One that is stopped does not keep the service from ending.
    const waits = await takeDescriptors(thread, plugin, 1, signal).catch(() => undefined);
    if (waits === undefined || waits.bytes.length === 0) return;
    const path = container === undefined ? undefined : `/proc/self/fd/${container.fd}`;
    await perform(ground, { program, environment, input, namespace: path }, async ({ code, text }) => {
      await sendBytes(plugin, Buffer.from(`${code}${text}\n`));
      // Its end is the answer's: what is still to be done then, nobody waits for.
      await plugin.close();
    });
  },
};
