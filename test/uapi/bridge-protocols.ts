import { checkInterval, faultDirection, faultDomain } from "../../src/rtnetlink/bridge/cfm.js";
import {
  interconnectionRole,
  interconnectionState,
  ringPortRole,
  ringPortState,
  ringRole,
  ringState,
} from "../../src/rtnetlink/bridge/mrp.js";
import { type Group, wordGroup } from "./word-groups.js";

/** The words of media redundancy and of connectivity fault management. */
export function bridgeProtocolGroups(): Group[] {
  return [
    wordGroup("BR_MRP_RING_ROLE_", ringRole),
    wordGroup("BR_MRP_IN_ROLE_", interconnectionRole),
    wordGroup("BR_MRP_RING_STATE_", ringState),
    wordGroup("BR_MRP_IN_STATE_", interconnectionState),
    wordGroup("BR_MRP_PORT_STATE_", ringPortState),
    wordGroup("BR_MRP_PORT_ROLE_", ringPortRole),
    wordGroup("BR_CFM_", faultDomain),
    wordGroup("BR_CFM_MEP_DIRECTION_", faultDirection),
    wordGroup("BR_CFM_CCM_INTERVAL_", checkInterval, {
      "3.3ms": "BR_CFM_CCM_INTERVAL_3_3_MS",
      "10ms": "BR_CFM_CCM_INTERVAL_10_MS",
      "100ms": "BR_CFM_CCM_INTERVAL_100_MS",
      "1s": "BR_CFM_CCM_INTERVAL_1_SEC",
      "10s": "BR_CFM_CCM_INTERVAL_10_SEC",
      "1min": "BR_CFM_CCM_INTERVAL_1_MIN",
      "10min": "BR_CFM_CCM_INTERVAL_10_MIN",
    }),
  ];
}
