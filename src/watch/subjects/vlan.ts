import { listVlans, vlansOf } from "../../rtnetlink/bridge/bridge-vlan-requests.js";
import { RTM_DELVLAN, RTM_NEWVLAN } from "../../rtnetlink/bridge/bridge-vlan.js";
import { expandVlans } from "../../rtnetlink/bridge/vlan-ranges.js";
import { message, type SubjectTable, type Watched } from "../subject.js";

export const vlan: SubjectTable<Watched["vlan"]> = {
  groups: [33],
  told: message(RTM_NEWVLAN),
  gone: message(RTM_DELVLAN),
  onLink: true,
  entriesOf: (message: Parameters<typeof vlansOf>[0]) => expandVlans(vlansOf(message)),
  keyOf: ({ index, id }) => `${index} ${id}`,
  nameOf: ({ id }) => id,
  linkOf: ({ index }) => index,
  list: async (connection) => expandVlans(await listVlans(connection)),
  silent: ["mcastNGroups"],
};
