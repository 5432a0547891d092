import type { Answer } from "./answer.js";

export const status: Answer<"status"> = {
  onlyLooks: true,
  async answer(_, { namespaces, reply }) {
    const all = await namespaces.all();
    await reply({
      pid: process.pid,
      networks: all.flatMap(({ networks }) => [...networks.values()].map(({ name }) => name)).sort(),
      leases: all.flatMap(({ leases }) => leases.list()),
    });
  },
};
