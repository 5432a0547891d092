import { InputError } from "../base/errors.js";
import type { BridgeVlan } from "../rtnetlink/bridge/bridge-vlan-requests.js";
import type { PortOnlySettings, PortSettings } from "./port-columns.js";
import type { ShownPort } from "./show.js";

/** What a port is given when it is attached: VLANs in Open vSwitch's words or, as those of Linux's bridges, as `vlans`. */
export interface SwitchPortSettings extends PortSettings {
  /**
   * The VLANs that it has, these and no others: the one that is `pvid` is the native VLAN, sent `untagged` or not; the others are
   * tagged. In place of tag, trunks and vlanMode.
   */
  readonly vlans?: readonly BridgeVlan[] | undefined;
}

/** The options of attach() that a port takes; what makes an interface, such as a type, is said to addPort. */
export const PORT_OPTIONS = [
  ...(["vlans", "isolated", "tag", "trunks", "vlanMode", "externalIds", "otherConfig", "ofport"] as const),
] satisfies readonly (keyof SwitchPortSettings)[];

function idsOf(vlans: readonly BridgeVlan[]): number[] {
  return vlans.flatMap(({ id, to = id }) => Array.from({ length: to - id + 1 }, (_, i) => id + i));
}

const UNKNOWN = ["tunnel", "state", "mcastRouter", "mcastMaxGroups", "neighSuppress"] as const;

function checkVlans(vlans: readonly BridgeVlan[], { tag, trunks, vlanMode }: PortSettings): void {
  if ((tag ?? trunks ?? vlanMode) !== undefined)
    throw new InputError("give vlans, or tag, trunks and vlanMode in their place", "vlans");
  if (vlans.length === 0) throw new InputError("a port of Open vSwitch has at least one VLAN", "vlans");
  for (const [place, vlan] of vlans.entries()) {
    const stray = UNKNOWN.find((name) => vlan[name] !== undefined);
    if (stray !== undefined)
      throw new InputError("a VLAN of Open vSwitch has no such option", `vlans.${place}.${stray}`);
    if (vlan.untagged === true && vlan.pvid !== true)
      throw new InputError("Open vSwitch sends only the VLAN that is pvid untagged", `vlans.${place}.untagged`);
  }
}

/** What a port is said to have, as columns of Open vSwitch. Throws InputError for VLANs that it cannot have. */
export function switchColumns({ vlans, ...settings }: SwitchPortSettings): PortSettings {
  if (vlans === undefined) return settings;
  checkVlans(vlans, settings);
  const native = vlans.filter(({ pvid }) => pvid === true);
  const [own] = native;
  if (native.length > 1 || (own?.to !== undefined && own.to !== own.id))
    throw new InputError("one VLAN at most is pvid", "vlans");
  const tagged = idsOf(vlans.filter((vlan) => vlan !== own));
  if (own === undefined) return { ...settings, tag: null, trunks: tagged, vlanMode: "trunk" };
  if (tagged.length === 0 && own.untagged === true) return { ...settings, tag: own.id, trunks: [], vlanMode: "access" };
  const vlanMode = own.untagged === true ? "native-untagged" : "native-tagged";
  return { ...settings, tag: own.id, trunks: [...tagged, own.id].sort((a, b) => a - b), vlanMode };
}

/** What gives a port that was shown its VLANs and isolation again. */
export function formerColumns({ tag, trunks, vlanMode, isolated }: ShownPort): PortOnlySettings {
  return { tag: tag ?? null, trunks, vlanMode: (vlanMode as PortOnlySettings["vlanMode"]) ?? null, isolated };
}
