import { attributes } from "../../netlink/codecs/attributes.js";
import { raw, readOnly, several } from "../../netlink/codecs/codec.js";
import { mac } from "../../netlink/codecs/internet.js";
import { nest } from "../../netlink/codecs/nests.js";
import { flag32, seconds, u32, u8 } from "../../netlink/codecs/numbers.js";
import { words } from "../../netlink/codecs/words.js";

/** Whose faults are looked for (BR_CFM_*, linux/cfm_bridge.h). */
export const faultDomain = words(u32, { port: 0, vlan: 1 });
/** Where an end point looks (BR_CFM_MEP_DIRECTION_*, linux/cfm_bridge.h). */
export const faultDirection = words(u32, { down: 0, up: 1 });
/** How often a check is expected (BR_CFM_CCM_INTERVAL_*, linux/cfm_bridge.h). */
export const checkInterval = words(u32, {
  none: 0,
  "3.3ms": 1,
  "10ms": 2,
  "100ms": 3,
  "1s": 4,
  "10s": 5,
  "1min": 6,
  "10min": 7,
});

/** An end point (IFLA_BRIDGE_CFM_MEP_CREATE_*, linux/if_bridge.h). */
export const faultEndPoint = attributes("IFLA_BRIDGE_CFM_MEP_CREATE", () => ({
  instance: [1, u32, "number of the end point", { since: "5.11" }],
  domain: [2, faultDomain, "whose faults it looks for", { since: "5.11" }],
  direction: [3, faultDirection, "where it looks", { since: "5.11" }],
  ifindex: [4, u32, "index of its port", { since: "5.11" }],
}));

/** An end point that goes (IFLA_BRIDGE_CFM_MEP_DELETE_*, linux/if_bridge.h). */
export const faultEndPointEnd = attributes("IFLA_BRIDGE_CFM_MEP_DELETE", () => ({
  instance: [1, u32, "number of the end point", { since: "5.11" }],
}));

/** What an end point is called (IFLA_BRIDGE_CFM_MEP_CONFIG_*, linux/if_bridge.h). */
export const faultEndPointConfig = attributes("IFLA_BRIDGE_CFM_MEP_CONFIG", () => ({
  instance: [1, u32, "number of the end point", { since: "5.11" }],
  unicastMac: [2, mac, "its MAC", { since: "5.11" }],
  mdlevel: [3, u32, "the level of its domain, 0 to 7", { since: "5.11" }],
  mepid: [4, u32, "its id, up to 8191", { since: "5.11" }],
}));

/** The checks that are expected (IFLA_BRIDGE_CFM_CC_CONFIG_*, linux/if_bridge.h). */
export const checkConfig = attributes("IFLA_BRIDGE_CFM_CC_CONFIG", () => ({
  instance: [1, u32, "number of the end point", { since: "5.11" }],
  enable: [2, flag32, "checks are watched for", { since: "5.11" }],
  expInterval: [3, checkInterval, "how often they are expected", { since: "5.11" }],
  expMaid: [4, raw, "the id of the association that they must have, 48 bytes", { since: "5.11" }],
}));

/** An end point at the other side (IFLA_BRIDGE_CFM_CC_PEER_MEP_*, linux/if_bridge.h). */
export const checkPeer = attributes("IFLA_BRIDGE_CFM_CC_PEER_MEP", () => ({
  instance: [1, u32, "number of the end point", { since: "5.11" }],
  mepid: [2, u32, "id of the other end point", { name: "IFLA_BRIDGE_CFM_CC_PEER_MEPID", since: "5.11" }],
}));

/** A fault that is told to the other side (IFLA_BRIDGE_CFM_CC_RDI_*, linux/if_bridge.h). */
export const checkRemoteDefect = attributes("IFLA_BRIDGE_CFM_CC_RDI", () => ({
  instance: [1, u32, "number of the end point", { since: "5.11" }],
  rdi: [2, flag32, "the checks that it sends say that there is a fault", { since: "5.11" }],
}));

/** The checks that are sent (IFLA_BRIDGE_CFM_CC_CCM_TX_*, linux/if_bridge.h). */
export const checkSending = attributes("IFLA_BRIDGE_CFM_CC_CCM_TX", () => ({
  instance: [1, u32, "number of the end point", { since: "5.11" }],
  dmac: [2, mac, "the MAC that they go to", { since: "5.11" }],
  seqNoUpdate: [3, flag32, "they are numbered", { since: "5.11" }],
  period: [4, seconds, "how long they are sent; 0 ends them", { since: "5.11" }],
  ifTlv: [5, flag32, "they tell the state of the link", { since: "5.11" }],
  ifTlvValue: [6, u8, "that state", { since: "5.11" }],
  portTlv: [7, flag32, "they tell the state of the port", { since: "5.11" }],
  portTlvValue: [8, u8, "that state", { since: "5.11" }],
}));

/** What an end point has met (IFLA_BRIDGE_CFM_MEP_STATUS_*, linux/if_bridge.h). */
export const faultEndPointStatus = attributes("IFLA_BRIDGE_CFM_MEP_STATUS", () => ({
  instance: [1, u32, "number of the end point", { since: "5.11" }],
  opcodeUnexpSeen: [2, flag32, "frames of an unknown kind", { since: "5.11" }],
  versionUnexpSeen: [3, flag32, "frames of an unknown version", { since: "5.11" }],
  rxLevelLowSeen: [4, flag32, "frames of a lower level", { since: "5.11" }],
}));

/** What is known of the other side (IFLA_BRIDGE_CFM_CC_PEER_STATUS_*, linux/if_bridge.h). */
export const checkPeerStatus = attributes("IFLA_BRIDGE_CFM_CC_PEER_STATUS", () => ({
  instance: [1, u32, "number of the end point", { since: "5.11" }],
  peerMepid: [2, u32, "id of the other end point", { since: "5.11" }],
  ccmDefect: [3, flag32, "its checks fail to come", { since: "5.11" }],
  rdi: [4, flag32, "it tells of a fault", { since: "5.11" }],
  portTlvValue: [5, u8, "the state of its port", { since: "5.11" }],
  ifTlvValue: [6, u8, "the state of its link", { since: "5.11" }],
  seen: [7, flag32, "a check came since this was last asked", { since: "5.11" }],
  tlvSeen: [8, flag32, "one with a state came since then", { since: "5.11" }],
  seqUnexpSeen: [9, flag32, "one out of order came since then", { since: "5.11" }],
}));

/** Connectivity fault management of a bridge (IFLA_BRIDGE_CFM_*, linux/if_bridge.h; IEEE 802.1Q, 20). */
export const faultManagement = attributes("IFLA_BRIDGE_CFM", () => ({
  mepCreate: [1, nest(faultEndPoint), "an end point that is made", { since: "5.11" }],
  mepDelete: [2, nest(faultEndPointEnd), "an end point that goes", { since: "5.11" }],
  mepConfig: [3, nest(faultEndPointConfig), "what an end point is called", { since: "5.11" }],
  ccConfig: [4, nest(checkConfig), "the checks that it expects", { since: "5.11" }],
  ccPeerMepAdd: [5, nest(checkPeer), "an end point at the other side", { since: "5.11" }],
  ccPeerMepRemove: [6, nest(checkPeer), "one that is there no longer", { since: "5.11" }],
  ccRdi: [7, nest(checkRemoteDefect), "whether a fault is told", { since: "5.11" }],
  ccCcmTx: [8, nest(checkSending), "the checks that it sends", { since: "5.11" }],
  mepCreateInfo: [9, readOnly(several(nest(faultEndPoint))), "the end points", { since: "5.11" }],
  mepConfigInfo: [10, readOnly(several(nest(faultEndPointConfig))), "what they are called", { since: "5.11" }],
  ccConfigInfo: [11, readOnly(several(nest(checkConfig))), "the checks that they expect", { since: "5.11" }],
  ccRdiInfo: [12, readOnly(several(nest(checkRemoteDefect))), "whether they tell of a fault", { since: "5.11" }],
  ccCcmTxInfo: [13, readOnly(several(nest(checkSending))), "the checks that they send", { since: "5.11" }],
  ccPeerMepInfo: [14, readOnly(several(nest(checkPeer))), "the end points at the other side", { since: "5.11" }],
  mepStatusInfo: [15, readOnly(several(nest(faultEndPointStatus))), "what they have met", { since: "5.11" }],
  ccPeerStatusInfo: [
    16,
    readOnly(several(nest(checkPeerStatus))),
    "what is known of the other side",
    { since: "5.11" },
  ],
}));
