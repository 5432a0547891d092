import type { Answer } from "./answer.js";

export const keepLease: Answer<"keepLease"> = {
  async answer(settings, { namespace, reply }) {
    const { leases } = await namespace();
    await reply(await leases.keep(settings));
  },
};

export const releaseLease: Answer<"releaseLease"> = {
  async answer({ link }, { namespace, reply }) {
    const { leases } = await namespace();
    await leases.end(link, "release");
    await reply({});
  },
};

export const leaveLease: Answer<"leaveLease"> = {
  async answer({ link }, { namespace, reply }) {
    const { leases } = await namespace();
    await leases.end(link, "close");
    await reply({});
  },
};

export const leases: Answer<"leases"> = {
  async answer(_, { namespace, reply }) {
    const { leases } = await namespace();
    await reply(await leases.list());
  },
};
