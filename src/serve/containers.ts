import { type Ground, perform } from "../cni/index.js";
import type { Descriptor } from "../kernel/descriptor.js";
import type { Thread } from "../kernel/thread.js";
import { sendBytes, takeDescriptors } from "../kernel/unix-socket.js";
import type { Question } from "./messages/ask.js";

/** What a plugin is told when its question has been read. */
const TAKEN = Buffer.from("t");

/**
 * Does what a plugin was started for, once it has said that it waits for the answer: one that has not, does it by another process,
 * and no attachment is made twice.
 */
export async function answerPlugin(
  ground: Ground,
  thread: Thread,
  plugin: Descriptor,
  { program, environment, input }: Extract<Question, { readonly method: "cni" }>,
  container: Descriptor | undefined,
): Promise<void> {
  await sendBytes(plugin, TAKEN);
  const { bytes } = await takeDescriptors(thread, plugin, 1);
  if (bytes.length === 0) return;
  const namespace = container === undefined ? undefined : `/proc/self/fd/${container.fd}`;
  await perform(ground, { program, environment, input, namespace }, async ({ code, text }) => {
    await sendBytes(plugin, Buffer.from(`${code}${text}\n`));
    // Its end is the answer's: what is still to be done then, nobody waits for.
    await plugin.close();
  });
}
