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
  instance: [1, u32, "number of the end point"],
  domain: [2, faultDomain, "whose faults it looks for"],
  direction: [3, faultDirection, "where it looks"],
  ifindex: [4, u32, "index of its port"],
}));

/** An end point that goes (IFLA_BRIDGE_CFM_MEP_DELETE_*, linux/if_bridge.h). */
export const faultEndPointEnd = attributes("IFLA_BRIDGE_CFM_MEP_DELETE", () => ({
  instance: [1, u32, "number of the end point"],
}));

/** What an end point is called (IFLA_BRIDGE_CFM_MEP_CONFIG_*, linux/if_bridge.h). */
export const faultEndPointConfig = attributes("IFLA_BRIDGE_CFM_MEP_CONFIG", () => ({
  instance: [1, u32, "number of the end point"],
  unicastMac: [2, mac, "its MAC"],
  mdlevel: [3, u32, "the level of its domain, 0 to 7"],
  mepid: [4, u32, "its id, up to 8191"],
}));

/** The checks that are expected (IFLA_BRIDGE_CFM_CC_CONFIG_*, linux/if_bridge.h). */
export const checkConfig = attributes("IFLA_BRIDGE_CFM_CC_CONFIG", () => ({
  instance: [1, u32, "number of the end point"],
  enable: [2, flag32, "checks are watched for"],
  expInterval: [3, checkInterval, "how often they are expected"],
  expMaid: [4, raw, "the id of the association that they must have, 48 bytes"],
}));

/** An end point at the other side (IFLA_BRIDGE_CFM_CC_PEER_MEP_*, linux/if_bridge.h). */
export const checkPeer = attributes("IFLA_BRIDGE_CFM_CC_PEER_MEP", () => ({
  instance: [1, u32, "number of the end point"],
  mepid: [2, u32, "id of the other end point", "IFLA_BRIDGE_CFM_CC_PEER_MEPID"],
}));

/** A fault that is told to the other side (IFLA_BRIDGE_CFM_CC_RDI_*, linux/if_bridge.h). */
export const checkRemoteDefect = attributes("IFLA_BRIDGE_CFM_CC_RDI", () => ({
  instance: [1, u32, "number of the end point"],
  rdi: [2, flag32, "the checks that it sends say that there is a fault"],
}));

/** The checks that are sent (IFLA_BRIDGE_CFM_CC_CCM_TX_*, linux/if_bridge.h). */
export const checkSending = attributes("IFLA_BRIDGE_CFM_CC_CCM_TX", () => ({
  instance: [1, u32, "number of the end point"],
  dmac: [2, mac, "the MAC that they go to"],
  seqNoUpdate: [3, flag32, "they are numbered"],
  period: [4, seconds, "how long they are sent; 0 ends them"],
  ifTlv: [5, flag32, "they tell the state of the link"],
  ifTlvValue: [6, u8, "that state"],
  portTlv: [7, flag32, "they tell the state of the port"],
  portTlvValue: [8, u8, "that state"],
}));

/** What an end point has met (IFLA_BRIDGE_CFM_MEP_STATUS_*, linux/if_bridge.h). */
export const faultEndPointStatus = attributes("IFLA_BRIDGE_CFM_MEP_STATUS", () => ({
  instance: [1, u32, "number of the end point"],
  opcodeUnexpSeen: [2, flag32, "frames of an unknown kind"],
  versionUnexpSeen: [3, flag32, "frames of an unknown version"],
  rxLevelLowSeen: [4, flag32, "frames of a lower level"],
}));

/** What is known of the other side (IFLA_BRIDGE_CFM_CC_PEER_STATUS_*, linux/if_bridge.h). */
export const checkPeerStatus = attributes("IFLA_BRIDGE_CFM_CC_PEER_STATUS", () => ({
  instance: [1, u32, "number of the end point"],
  peerMepid: [2, u32, "id of the other end point"],
  ccmDefect: [3, flag32, "its checks fail to come"],
  rdi: [4, flag32, "it tells of a fault"],
  portTlvValue: [5, u8, "the state of its port"],
  ifTlvValue: [6, u8, "the state of its link"],
  seen: [7, flag32, "a check came since this was last asked"],
  tlvSeen: [8, flag32, "one with a state came since then"],
  seqUnexpSeen: [9, flag32, "one out of order came since then"],
}));

/** Connectivity fault management of a bridge (IFLA_BRIDGE_CFM_*, linux/if_bridge.h; IEEE 802.1Q, 20). */
export const faultManagement = attributes("IFLA_BRIDGE_CFM", () => ({
  mepCreate: [1, nest(faultEndPoint), "an end point that is made"],
  mepDelete: [2, nest(faultEndPointEnd), "an end point that goes"],
  mepConfig: [3, nest(faultEndPointConfig), "what an end point is called"],
  ccConfig: [4, nest(checkConfig), "the checks that it expects"],
  ccPeerMepAdd: [5, nest(checkPeer), "an end point at the other side"],
  ccPeerMepRemove: [6, nest(checkPeer), "one that is there no longer"],
  ccRdi: [7, nest(checkRemoteDefect), "whether a fault is told"],
  ccCcmTx: [8, nest(checkSending), "the checks that it sends"],
  mepCreateInfo: [9, readOnly(several(nest(faultEndPoint))), "the end points"],
  mepConfigInfo: [10, readOnly(several(nest(faultEndPointConfig))), "what they are called"],
  ccConfigInfo: [11, readOnly(several(nest(checkConfig))), "the checks that they expect"],
  ccRdiInfo: [12, readOnly(several(nest(checkRemoteDefect))), "whether they tell of a fault"],
  ccCcmTxInfo: [13, readOnly(several(nest(checkSending))), "the checks that they send"],
  ccPeerMepInfo: [14, readOnly(several(nest(checkPeer))), "the end points at the other side"],
  mepStatusInfo: [15, readOnly(several(nest(faultEndPointStatus))), "what they have met"],
  ccPeerStatusInfo: [16, readOnly(several(nest(checkPeerStatus))), "what is known of the other side"],
}));
