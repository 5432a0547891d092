import type { Check } from "../check.js";
import { secondDhcpServer, secondRouter } from "./addresses.js";
import {
  addressOnPort,
  bridgeDown,
  bridgeMacFollows,
  duplicateAddress,
  duplicateMac,
  mtuMismatch,
  portBlocked,
} from "./bridge.js";
import { bondWithoutPartner, dropsGrow, macvtapHostSilent, managedElsewhere, tapUnheld } from "./devices.js";
import { bridgedFramesFiltered, forwardingOff, reversePath } from "./filtering.js";
import { deviceUnusable, moduleMissing, noCapability, noVirtualisation } from "./machine.js";
import { noPvid, vlanAlone } from "./vlans.js";

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
