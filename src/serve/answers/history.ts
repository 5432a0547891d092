import type { Answer } from "./answer.js";

/** Nothing is replied of a namespace that the service does not know. */
export const history: Answer<"history"> = {
  onlyLooks: true,
  async answer({ since }, { namespaces, path, reply }) {
    const namespace = await namespaces.knownAt(path);
    await reply(namespace?.history.records(since));
  },
};
