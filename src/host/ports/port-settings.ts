import type { Connection } from "../../netlink/connection.js";
import { InputError } from "../../base/errors.js";
import { type BridgeVlan, checkVlans } from "../../rtnetlink/bridge/bridge-vlan-requests.js";
import type { BridgeOptions } from "../../rtnetlink/link/kinds/bridge.js";
import type { LinkSummary } from "../../rtnetlink/link/link-summary.js";
import type { BridgePortOptions } from "../../rtnetlink/link/kinds/bridge-port.js";
import { getLink, type LinkReference } from "../../rtnetlink/link/link-requests.js";
import { setVlans } from "./bridge-vlans.js";
import { optionChange, type PortOptions, portState, setPortOptions } from "./port.js";
import { refuse } from "../hints/own-refusals.js";
import { givenNames } from "../links/verify.js";
import { withJournal } from "../work/journal.js";

/** Options of a port, and its VLANs. */
export type PortSettings = PortOptions & {
  /** The VLANs that a bridge's port has, these and no others: the bridge's `vlanDefaultPvid` is not among them by itself. */
  vlans?: readonly BridgeVlan[] | undefined;
};

/** The same of a bridge's port: what only a bond's has is not among them. */
export type BridgePortSettings = Omit<PortSettings, Exclude<keyof PortSettings, keyof BridgePortOptions | "vlans">>;

/** How a port joins a bridge or what else has ports: the port's options and VLANs, and whether it may leave another for it. */
export type AttachOptions = PortSettings & {
  /** Take the port out of what it belongs to now. Without it, that is refused. */
  move?: boolean | undefined;
  /** Take `vlans` though the bridge is without `vlanFiltering`, so that they separate nothing. Otherwise that is refused. */
  withoutFiltering?: boolean | undefined;
};

/** Throws when a port's VLANs would separate nothing, unless that is asked for. */
export async function checkSeparation(
  connection: Connection,
  master: LinkSummary,
  withoutFiltering = false,
): Promise<void> {
  if (master.kind !== "bridge") throw new InputError(`${master.name} is not a bridge: its ports have none`, "vlans");
  if (withoutFiltering) return;
  const { name, linkInfo } = await getLink(connection, master);
  const options = (linkInfo?.data ?? {}) as BridgeOptions;
  if (options.vlanFiltering === true) return;
  const hint = "set vlanFiltering on the bridge first, or ask for it with withoutFiltering";
  throw refuse("EINVAL", name, "it does not filter by VLAN, so a port's VLANs would separate nothing", hint);
}

/** A port's options, with what its VLANs need of them. */
export function optionsWith(vlans: readonly BridgeVlan[] = [], options: PortOptions): PortOptions {
  return vlans.some(({ tunnel }) => tunnel !== undefined) ? { vlanTunnel: true, ...options } : options;
}

/** Changes a port's options and VLANs; both stay as they were when either is refused. */
export async function setPort(connection: Connection, port: LinkReference, settings: PortSettings): Promise<void> {
  const { vlans, ...options } = settings;
  if (vlans !== undefined) checkVlans(vlans);
  const names = givenNames(options);
  if (vlans === undefined) return setPortOptions(connection, port, options);
  if (names.length === 0) return setVlans(connection, port, vlans);
  const before = await portState(connection, port);
  await withJournal(connection, async (journal) => {
    await setPortOptions(connection, before, options);
    journal.add(optionChange(before, names));
    await setVlans(connection, before, vlans);
  });
}
