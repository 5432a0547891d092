import type { Message } from "../../netlink/message.js";
import { listNeighbours, type Neighbour, neighbourOf } from "../../rtnetlink/neighbour/neighbour-requests.js";
import {
  type NeighbourHeader,
  type NeighbourValues,
  RTM_DELNEIGH,
  RTM_NEWNEIGH,
} from "../../rtnetlink/neighbour/neighbour.js";
import { message, one, type SubjectTable, which } from "../subject.js";

/** Whether a neighbour is told of: those whose link-layer address follows from their own, such as multicast, come without an event. */
function isSought({ state, flags }: Neighbour): boolean {
  return (state !== "noarp" && state !== "none") || flags.includes("proxy");
}

export const neighbour: SubjectTable<Neighbour> = {
  groups: [3],
  told: message(RTM_NEWNEIGH),
  gone: message(RTM_DELNEIGH),
  onLink: true,
  entriesOf: one((message: Message<NeighbourHeader, NeighbourValues>) => which(neighbourOf(message), isSought)),
  keyOf: ({ link, address, flags }) => `${link} ${address} ${flags.includes("proxy") ? "proxy" : ""}`,
  nameOf: ({ address }) => address,
  linkOf: ({ link }) => link,
  list: async (connection) =>
    (await Promise.all([listNeighbours(connection, {}), listNeighbours(connection, { proxy: true })]))
      .flat()
      .filter(isSought),
  silent: ["cacheinfo", "probes"],
};
