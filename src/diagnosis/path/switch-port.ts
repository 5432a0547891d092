import type { ShownBridge, ShownPort } from "../../openvswitch/show.js";
import type { Link } from "../../rtnetlink/link/link.js";
import type { Observation } from "../observation.js";
import { carries } from "../checks/open-vswitch.js";

/** A port of a bridge of Open vSwitch. */
export interface SwitchPort {
  readonly bridge: ShownBridge;
  readonly port: ShownPort;
  /** The host's own port of the bridge, which has its name. */
  readonly isLocal: boolean;
}

/** What a link is to Open vSwitch; undefined for what is none of its ports, as far as it was looked at. */
export function switchPortOf({ openVswitch }: Pick<Observation, "openVswitch">, link: Link): SwitchPort | undefined {
  for (const bridge of openVswitch?.bridges ?? [])
    for (const port of bridge.ports)
      if (port.interfaces.some(({ name, mac }) => name === link.name && mac === link.address))
        return { bridge, port, isLocal: port.name === bridge.name };
  return undefined;
}

const isAccess = ({ tag, vlanMode }: ShownPort): boolean =>
  vlanMode === "access" || (vlanMode === undefined && tag !== undefined);

/** The VLAN of a frame that comes in by a port with a tag, or 0 for none; undefined where the port drops it. */
export function vlanInto(port: ShownPort, tag: number): number | undefined {
  if (isAccess(port)) return tag === 0 ? port.tag : undefined;
  const vlan = tag === 0 && port.vlanMode?.startsWith("native") === true ? (port.tag ?? 0) : tag;
  return carries(port, vlan) ? vlan : undefined;
}

/** The tag with which a frame of a VLAN goes out by a port, 0 for none; undefined where it does not. */
export function tagOutOf(port: ShownPort, vlan: number): number | undefined {
  if (!carries(port, vlan)) return undefined;
  return isAccess(port) || (port.vlanMode === "native-untagged" && port.tag === vlan) ? 0 : vlan;
}
