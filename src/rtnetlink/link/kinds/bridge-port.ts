import { attributes, type Values } from "../../../netlink/codecs/attributes.js";
import { type Codec, flag, pad, readOnly, unreported } from "../../../netlink/codecs/codec.js";
import { clockTicks64, flag8, u16, u32, u8 } from "../../../netlink/codecs/numbers.js";
import { words } from "../../../netlink/codecs/words.js";
import { bridgeId, multicastRouter } from "./bridge.js";

/** A port's spanning tree state (BR_STATE_*, linux/if_bridge.h). */
export const portState = words(u8, { disabled: 0, listening: 1, learning: 2, forwarding: 3, blocking: 4 });

/** A port's id: its priority and number, four digits in hexadecimal to people. */
const portId: Codec<number> = { ...u16, format: (value) => value.toString(16).padStart(4, "0") };

/** Options of a bridge's port (IFLA_BRPORT_*, linux/if_link.h). Durations are milliseconds. */
export const bridgePort = attributes("IFLA_BRPORT", () => ({
  state: [1, portState, "spanning tree state"],
  priority: [2, u16, "spanning tree priority of the port, 0 to 63"],
  cost: [3, u32, "cost of the path through the port, 1 to 65535"],
  mode: [4, flag8, "hairpin: frames may go back out of the port they came from"],
  guard: [5, flag8, "the port is disabled when it receives a spanning tree packet"],
  protect: [6, flag8, "the port never becomes the root port"],
  fastLeave: [7, flag8, "a multicast member that leaves is dropped at once"],
  learning: [8, flag8, "source MACs are learned"],
  unicastFlood: [9, flag8, "frames to unknown MACs are sent here"],
  proxyarp: [10, flag8, "the bridge answers ARP for those behind the port"],
  learningSync: [11, flag8, "MACs that hardware learned are taken over"],
  proxyarpWifi: [12, flag8, "the bridge answers ARP, for Wi-Fi"],
  rootId: [13, readOnly(bridgeId), "the root that the port knows of"],
  bridgeId: [14, readOnly(bridgeId), "the designated bridge of the segment"],
  designatedPort: [15, readOnly(portId), "the designated port's id"],
  designatedCost: [16, readOnly(u16), "the designated bridge's cost to the root"],
  id: [17, readOnly(portId), "the port's id: its priority and number"],
  no: [18, readOnly(u16), "the port's number"],
  topologyChangeAck: [19, readOnly(flag8), "the next packet acknowledges a topology change"],
  configPending: [20, readOnly(flag8), "a spanning tree packet waits for the hold timer"],
  messageAgeTimer: [21, readOnly(clockTicks64), "until what the port knows of the root is too old"],
  forwardDelayTimer: [22, readOnly(clockTicks64), "until the port's next state"],
  holdTimer: [23, readOnly(clockTicks64), "until the next spanning tree packet may be sent"],
  flush: [24, unreported(flag, "an order"), "forget the MACs learned on the port now"],
  multicastRouter: [25, multicastRouter, "whether a multicast router is behind the port"],
  pad: [26, pad, "padding"],
  mcastFlood: [27, flag8, "multicast without known members is sent here"],
  mcastToUcast: [28, flag8, "multicast is sent to each member as unicast"],
  vlanTunnel: [29, flag8, "VLANs are mapped to tunnels"],
  bcastFlood: [30, flag8, "broadcasts are sent here"],
  groupFwdMask: [31, u16, "which of 01-80-c2-00-00-0X the port forwards, a bit each"],
  neighSuppress: [32, flag8, "ARP and neighbour discovery are answered by the bridge"],
  isolated: [33, flag8, "no frames to or from other isolated ports"],
  backupPort: [34, u32, "index of the port that takes over when this one loses carrier, 0 for none"],
  mrpRingOpen: [35, readOnly(flag8), "the media redundancy ring is open"],
  mrpInOpen: [36, readOnly(flag8), "the media redundancy interconnection is open"],
  mcastEhtHostsLimit: [37, u32, "most multicast hosts tracked"],
  mcastEhtHostsCnt: [38, readOnly(u32), "multicast hosts tracked now"],
  locked: [39, flag8, "only frames from known MACs are taken"],
  mab: [40, flag8, "MAC authentication bypass: unknown MACs are learned as locked"],
  mcastNGroups: [41, readOnly(u32), "multicast groups on the port"],
  mcastMaxGroups: [42, u32, "most multicast groups, 0 for no limit"],
  neighVlanSuppress: [43, flag8, "neighSuppress is decided per VLAN"],
  backupNhid: [44, u32, "next hop used with the backup port, 0 for none"],
  neighForwardGrat: [45, flag8, "gratuitous ARP and unsolicited advertisements pass neighSuppress"],
}));

/** Options of a bridge's port. */
export type BridgePortOptions = Values<typeof bridgePort>;
