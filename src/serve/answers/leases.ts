import type { Answer } from "./answer.js";

export const keepLease: Answer<"keepLease"> = {
  async answer({ link, clientId, hostname }, { namespace, reply }) {
    const { leases } = await namespace();
    await reply(await leases.keep({ link, clientId, hostname }));
  },
};

export const releaseLease: Answer<"releaseLease"> = {
  async answer({ link }, { namespace, reply }) {
    const { leases } = await namespace();
    await leases.release(link);
    await reply({});
  },
};
