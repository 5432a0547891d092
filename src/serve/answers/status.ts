import type { Answer } from "./answer.js";

export const status: Answer<"status"> = {
  onlyLooks: true,
  async answer(_, { namespaces, reply }) {
    const all = await namespaces.all();
    const leases = await Promise.all(all.map((each) => each.leases.list()));
    await reply({
      pid: process.pid,
      networks: all.flatMap(({ networks }) => [...networks.values()].map(({ name }) => name)).sort(),
      leases: leases.flat(),
    });
  },
};
