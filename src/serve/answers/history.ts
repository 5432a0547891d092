import type { Answer } from "./answer.js";

/** Nothing is replied of a namespace that the service does not know. */
export const history: Answer<"history"> = {
  onlyLooks: true,
  async answer({ since }, { knownNamespace, reply }) {
    const namespace = await knownNamespace();
    await reply(namespace?.history.records(since));
  },
};
