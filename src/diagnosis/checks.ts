import type { Check } from "./check.js";
import { secondDhcpServer, secondRouter } from "./findings/addresses.js";
import {
  addressOnPort,
  bridgeDown,
  bridgeMacFollows,
  duplicateAddress,
  duplicateMac,
  mtuMismatch,
  portBlocked,
} from "./findings/bridge.js";
import { bondWithoutPartner, dropsGrow, macvtapHostSilent, managedElsewhere, tapUnheld } from "./findings/devices.js";
import { bridgedFramesFiltered, forwardingOff, reversePath } from "./findings/filtering.js";
import { deviceUnusable, moduleMissing, noCapability, noVirtualisation } from "./findings/machine.js";
import { noPvid, vlanAlone } from "./findings/vlans.js";

/** Every fault that is looked for, in the order in which a person would look. */
export const checks: readonly Check[] = [
  noCapability,
  moduleMissing,
  deviceUnusable,
  bridgedFramesFiltered,
  addressOnPort,
  bridgeDown,
  portBlocked,
  vlanAlone,
  noPvid,
  reversePath,
  forwardingOff,
  duplicateMac,
  duplicateAddress,
  bondWithoutPartner,
  macvtapHostSilent,
  secondDhcpServer,
  secondRouter,
  mtuMismatch,
  managedElsewhere,
  dropsGrow,
  tapUnheld,
  bridgeMacFollows,
  noVirtualisation,
];
