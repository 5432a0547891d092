import type { Check } from "../check.js";
import { secondDhcpServer, secondRouter } from "./addresses.js";
import { bondDegraded, bondUnwatched, bondWithoutPartner } from "./bonds.js";
import { addressOnPort, bridgeDown, bridgeMacFollows, portBlocked } from "./bridge.js";
import { dropsGrow, macvtapHostSilent, tapUnheld } from "./devices.js";
import { duplicateAddress, duplicateMac } from "./duplicates.js";
import { bridgedFramesFiltered, routedPacketsFiltered } from "./filtering.js";
import { loop } from "./loop.js";
import { deviceUnusable, moduleMissing, noCapability, noVirtualisation } from "./machine.js";
import { managedElsewhere } from "./managed.js";
import { mtuMismatch } from "./mtu.js";
import { openVswitchDown, switchPortFailed, switchVlanAlone, switchWithoutController } from "./open-vswitch.js";
import { reversePath } from "./reverse-path.js";
import { forwardingOff, notTranslated } from "./routing.js";
import { noPvid, vlanAlone, vlanLeak } from "./vlans.js";

/** Every fault that is looked for, in the order in which a person would look. */
export const checks: readonly Check[] = [
  noCapability,
  moduleMissing,
  deviceUnusable,
  loop,
  bridgedFramesFiltered,
  addressOnPort,
  bridgeDown,
  portBlocked,
  vlanAlone,
  noPvid,
  vlanLeak,
  openVswitchDown,
  switchPortFailed,
  switchVlanAlone,
  switchWithoutController,
  reversePath,
  forwardingOff,
  routedPacketsFiltered,
  notTranslated,
  duplicateMac,
  duplicateAddress,
  bondWithoutPartner,
  bondDegraded,
  bondUnwatched,
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
