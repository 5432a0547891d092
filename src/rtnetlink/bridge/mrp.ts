import { attributes } from "../../netlink/codecs/attributes.js";
import { readOnly, several } from "../../netlink/codecs/codec.js";
import { nest } from "../../netlink/codecs/nests.js";
import { flag32, microseconds, u16, u32 } from "../../netlink/codecs/numbers.js";
import { words } from "../../netlink/codecs/words.js";

/** What a bridge is in a ring (BR_MRP_RING_ROLE_*, linux/mrp_bridge.h): a client, its manager, or one that may become it. */
export const ringRole = words(u32, { disabled: 0, mrc: 1, mrm: 2, mra: 3 });
/** What a bridge is between rings (BR_MRP_IN_ROLE_*, linux/mrp_bridge.h): a client, or the manager. */
export const interconnectionRole = words(u32, { disabled: 0, mic: 1, mim: 2 });
/** Whether a ring is broken (BR_MRP_RING_STATE_*, linux/mrp_bridge.h). */
export const ringState = words(u32, { open: 0, closed: 1 });
/** Whether the way between rings is broken (BR_MRP_IN_STATE_*, linux/mrp_bridge.h). */
export const interconnectionState = words(u32, { open: 0, closed: 1 });
/** What a port does (BR_MRP_PORT_STATE_*, linux/mrp_bridge.h). */
export const ringPortState = words(u32, { disabled: 0, blocked: 1, forwarding: 2, notConnected: 3 });
/** What a port is (BR_MRP_PORT_ROLE_*, linux/mrp_bridge.h). */
export const ringPortRole = words(u32, { primary: 0, secondary: 1, inter: 2 });

/** A ring that a bridge belongs to (IFLA_BRIDGE_MRP_INSTANCE_*, linux/if_bridge.h). */
export const mrpInstance = attributes("IFLA_BRIDGE_MRP_INSTANCE", () => ({
  ringId: [1, u32, "the ring", { since: "5.8" }],
  pIfindex: [2, u32, "index of its first port", { since: "5.8" }],
  sIfindex: [3, u32, "index of its second port", { since: "5.8" }],
  prio: [4, u16, "the lowest becomes the manager", { since: "5.8" }],
}));

/** The state of a port (IFLA_BRIDGE_MRP_PORT_STATE_*, linux/if_bridge.h). */
export const mrpPortState = attributes("IFLA_BRIDGE_MRP_PORT_STATE", () => ({
  state: [1, ringPortState, "what the port does", { since: "5.8" }],
}));

/** The role of a port (IFLA_BRIDGE_MRP_PORT_ROLE_*, linux/if_bridge.h). */
export const mrpPortRole = attributes("IFLA_BRIDGE_MRP_PORT_ROLE", () => ({
  role: [1, ringPortRole, "what the port is", { since: "5.8" }],
}));

/** The state of a ring (IFLA_BRIDGE_MRP_RING_STATE_*, linux/if_bridge.h). */
export const mrpRingState = attributes("IFLA_BRIDGE_MRP_RING_STATE", () => ({
  ringId: [1, u32, "the ring", { since: "5.8" }],
  state: [2, ringState, "whether it is broken", { since: "5.8" }],
}));

/** The role of a bridge in a ring (IFLA_BRIDGE_MRP_RING_ROLE_*, linux/if_bridge.h). */
export const mrpRingRole = attributes("IFLA_BRIDGE_MRP_RING_ROLE", () => ({
  ringId: [1, u32, "the ring", { since: "5.8" }],
  role: [2, ringRole, "what the bridge is in it", { since: "5.8" }],
}));

/** The manager's tests of a ring (IFLA_BRIDGE_MRP_START_TEST_*, linux/if_bridge.h). */
export const mrpTest = attributes("IFLA_BRIDGE_MRP_START_TEST", () => ({
  ringId: [1, u32, "the ring", { since: "5.8" }],
  interval: [2, microseconds, "between test frames", { since: "5.8" }],
  maxMiss: [3, u32, "frames that may be lost before the ring is taken for broken", { since: "5.8" }],
  period: [4, microseconds, "how long the test goes on", { since: "5.8" }],
  monitor: [5, flag32, "only another's test frames are watched", { since: "5.8" }],
}));

/** The state between rings (IFLA_BRIDGE_MRP_IN_STATE_*, linux/if_bridge.h). */
export const mrpInterconnectionState = attributes("IFLA_BRIDGE_MRP_IN_STATE", () => ({
  inId: [1, u32, "the way between the rings", { since: "5.9" }],
  state: [2, interconnectionState, "whether it is broken", { since: "5.9" }],
}));

/** The role of a bridge between rings (IFLA_BRIDGE_MRP_IN_ROLE_*, linux/if_bridge.h). */
export const mrpInterconnectionRole = attributes("IFLA_BRIDGE_MRP_IN_ROLE", () => ({
  ringId: [1, u32, "the ring", { since: "5.9" }],
  inId: [2, u16, "the way between the rings", { since: "5.9" }],
  role: [3, interconnectionRole, "what the bridge is there", { since: "5.9" }],
  iIfindex: [4, u32, "index of the port that leads to the other ring", { since: "5.9" }],
}));

/** The manager's tests between rings (IFLA_BRIDGE_MRP_START_IN_TEST_*, linux/if_bridge.h). */
export const mrpInterconnectionTest = attributes("IFLA_BRIDGE_MRP_START_IN_TEST", () => ({
  inId: [1, u32, "the way between the rings", { since: "5.9" }],
  interval: [2, microseconds, "between test frames", { since: "5.9" }],
  maxMiss: [3, u32, "frames that may be lost before it is taken for broken", { since: "5.9" }],
  period: [4, microseconds, "how long the test goes on", { since: "5.9" }],
}));

/** A ring as the kernel tells it (IFLA_BRIDGE_MRP_INFO_*, linux/if_bridge.h). */
export const mrpStatus = attributes("IFLA_BRIDGE_MRP_INFO", () => ({
  ringId: [1, u32, "the ring", { since: "5.9" }],
  pIfindex: [2, u32, "index of its first port", { since: "5.9" }],
  sIfindex: [3, u32, "index of its second port", { since: "5.9" }],
  prio: [4, u16, "the lowest becomes the manager", { since: "5.9" }],
  ringState: [5, ringState, "whether the ring is broken", { since: "5.9" }],
  ringRole: [6, ringRole, "what the bridge is in it", { since: "5.9" }],
  testInterval: [7, microseconds, "between test frames", { since: "5.9" }],
  testMaxMiss: [8, u32, "frames that may be lost before the ring is taken for broken", { since: "5.9" }],
  testMonitor: [9, flag32, "only another's test frames are watched", { since: "5.9" }],
  iIfindex: [10, u32, "index of the port that leads to the other ring", { since: "5.9" }],
  inState: [11, interconnectionState, "whether the way between the rings is broken", { since: "5.9" }],
  inRole: [12, interconnectionRole, "what the bridge is there", { since: "5.9" }],
  inTestInterval: [13, microseconds, "between test frames there", { since: "5.9" }],
  inTestMaxMiss: [14, u32, "frames that may be lost there", { since: "5.9" }],
}));

/** Media redundancy of a bridge (IFLA_BRIDGE_MRP_*, linux/if_bridge.h; IEC 62439-2). */
export const mediaRedundancy = attributes("IFLA_BRIDGE_MRP", () => ({
  instance: [1, nest(mrpInstance), "a ring that is made, or with neither port ended", { since: "5.8" }],
  portState: [2, nest(mrpPortState), "the state that a port gets", { since: "5.8" }],
  portRole: [3, nest(mrpPortRole), "the role that a port gets", { since: "5.8" }],
  ringState: [4, nest(mrpRingState), "the state that a ring gets", { since: "5.8" }],
  ringRole: [5, nest(mrpRingRole), "the role that the bridge gets in a ring", { since: "5.8" }],
  startTest: [6, nest(mrpTest), "tests of a ring that begin", { since: "5.8" }],
  info: [7, readOnly(several(nest(mrpStatus))), "the rings", { since: "5.9" }],
  inRole: [8, nest(mrpInterconnectionRole), "the role that the bridge gets between rings", { since: "5.9" }],
  inState: [9, nest(mrpInterconnectionState), "the state that the way between rings gets", { since: "5.9" }],
  startInTest: [10, nest(mrpInterconnectionTest), "tests between rings that begin", { since: "5.9" }],
}));
