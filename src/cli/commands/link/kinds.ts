import type { Command } from "../../command.js";
import { commandOf } from "./kind.js";

/** The commands of kinds that need none of their own. */
export const kindCommands = {
  vlan: commandOf({ kind: "vlan", what: "a VLAN", shown: ["id", "protocol"] }, "VLANs"),
  macvlan: commandOf({ kind: "macvlan", what: "a macvlan", shown: ["mode"] }, "macvlans"),
  macvtap: commandOf({ kind: "macvtap", what: "a macvtap", shown: ["mode"] }, "macvtaps"),
  vxlan: commandOf({ kind: "vxlan", what: "a VXLAN", shown: ["id", "remote", "remote6", "port"] }, "VXLANs"),
  netkit: commandOf({ kind: "netkit", what: "a netkit", shown: ["mode", "policy", "peerPolicy"] }, "netkits"),
} satisfies Record<string, Command>;
