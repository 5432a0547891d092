import type { Message } from "../../netlink/message.js";
import { type NamespaceIdValues, RTM_DELNSID, RTM_GETNSID, RTM_NEWNSID } from "../../rtnetlink/link/namespace-id.js";
import { message, type NamespaceId, nowhere, one, type SubjectTable } from "../subject.js";

export const namespace: SubjectTable<NamespaceId> = {
  groups: [28],
  told: message(RTM_NEWNSID),
  gone: message(RTM_DELNSID),
  onLink: false,
  entriesOf: one(({ attributes: { nsid } }: Message<unknown, NamespaceIdValues>) =>
    nsid === undefined ? undefined : { nsid },
  ),
  keyOf: ({ nsid }) => nsid,
  nameOf: ({ nsid }) => nsid,
  linkOf: nowhere,
  list: async (connection) =>
    (await connection.dump(RTM_GETNSID, {}, { reply: message(RTM_NEWNSID) })).flatMap(({ attributes: { nsid } }) =>
      nsid === undefined || nsid < 0 ? [] : [{ nsid }],
    ),
  silent: [],
};
