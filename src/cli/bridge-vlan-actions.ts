import type { Action, Operand } from "./commands.js";

const LINK: Operand = { name: "NAME", choices: "link" };

/** The VLANs of bridges, as sub-commands of `bridge`. */
export const bridgeVlanActions: Readonly<Record<string, Action>> = {
  vlan: {
    summary: "print the VLANs of a bridge and its ports, of one port, or all",
    operands: [{ ...LINK, optional: true }],
    options: ["bridgeVlanFilter"],
    load: async () => (await import("./commands/bridge-vlan.js")).list,
  },
  "vlan add": {
    summary: "add VLANs to a port, or to a bridge itself",
    operands: [LINK],
    options: ["bridgeVlan"],
    needsOption: true,
    load: async () => (await import("./commands/bridge-vlan.js")).change("add"),
  },
  "vlan set": {
    summary: "make these all the VLANs of a port, or of a bridge itself",
    operands: [LINK],
    options: ["bridgeVlan"],
    needsOption: true,
    load: async () => (await import("./commands/bridge-vlan.js")).change("set"),
  },
  "vlan change": {
    summary: "change options of VLANs that are there",
    operands: [LINK],
    options: ["bridgeVlanOptions"],
    needsOption: true,
    load: async () => (await import("./commands/bridge-vlan.js")).change("change"),
  },
  "vlan delete": {
    summary: "remove VLANs",
    operands: [LINK],
    options: ["bridgeVlanKey"],
    needsOption: true,
    load: async () => (await import("./commands/bridge-vlan.js")).change("remove"),
  },
  "vlan global": {
    summary: "print or change the options that VLANs have in a whole bridge",
    operands: [LINK],
    options: ["bridgeVlanGlobal"],
    load: async () => (await import("./commands/bridge-vlan.js")).global,
  },
};
