import { takeDescriptors } from "../../kernel/unix-socket.js";
import type { Answer } from "./answer.js";

export const ruleset: Answer<"ruleset"> = {
  async answer(_, { namespace, caller, thread, signal, reply }) {
    const { owner } = await namespace();
    await owner.lend(async () => {
      await reply({}, [owner.descriptor]);
      // It is the caller's until the caller is gone.
      await takeDescriptors(thread, caller.socket, 1, signal).catch(() => undefined);
    });
  },
};
