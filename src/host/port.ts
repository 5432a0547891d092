import { checkWritable } from "../netlink/attributes.js";
import { Writer } from "../netlink/bytes.js";
import type { Connection } from "../netlink/connection.js";
import { bridgePort, type BridgePortOptions } from "../rtnetlink/kinds/bridge-port.js";
import { changeLink, getLink, type LinkReference, type LinkSettings } from "../rtnetlink/link-requests.js";
import { NetlinkError } from "../netlink/error.js";
import { changeWhole } from "./changing.js";
import { explained } from "./hints.js";
import { refuse } from "./refusal.js";
import { checkTaken, givenNames } from "./taken.js";

/** What has to be known of a port to put it back. */
export interface PortState {
  readonly index: number;
  readonly name: string;
  readonly kind: string | undefined;
  readonly up: boolean;
  readonly mtu: number | undefined;
  /** Index of its master, 0 for none. */
  readonly master: number;
  readonly options: BridgePortOptions;
}

/** How a link is now. */
export async function portState(connection: Connection, port: LinkReference): Promise<PortState> {
  const { index, name, kind, up, mtu, master = 0, linkInfo } = await getLink(connection, port);
  const options = linkInfo?.slaveKind === "bridge" ? (linkInfo.slaveData as BridgePortOptions) : {};
  return { index, name, kind, up, mtu, master, options };
}

/** Throws InputError for options that cannot be meant. */
export function checkPortOptions(options: BridgePortOptions): void {
  checkWritable(bridgePort, options);
  bridgePort.encode(new Writer(), options);
}

/** Sets a port's options, and more of it, in one message. */
export function changePort(
  connection: Connection,
  port: LinkReference,
  options: BridgePortOptions,
  settings: LinkSettings = {},
): Promise<void> {
  const changed = changeLink(connection, port, { ...settings, linkInfo: { slaveKind: "bridge", slaveData: options } });
  return explained(changed, {}, { path: "linkInfo.slaveData", names: givenNames(options) });
}

/** The options that can be set again. The spanning tree state is the bridge's affair. */
function restorable(options: BridgePortOptions): BridgePortOptions {
  const entries = Object.entries(options).filter(
    ([name, value]) =>
      value !== undefined &&
      name !== "state" &&
      name in bridgePort.entries &&
      bridgePort.entries[name as keyof typeof bridgePort.entries][1].readOnly !== true,
  );
  return Object.fromEntries(entries);
}

/** Puts a port back as it was: a port with options is down until it has them. */
export async function putBack(connection: Connection, before: PortState): Promise<void> {
  const { master, mtu, up } = before;
  const options = master === 0 ? {} : restorable(before.options);
  const configured = givenNames(options).length > 0;
  if (!up || configured) await changeLink(connection, before, { up: false });
  await changeLink(connection, before, { master, mtu });
  if (configured) await changePort(connection, before, options, { up });
  else if (up) await changeLink(connection, before, { up });
}

/** Changes a port's options, and checks that the kernel took them. */
export async function setPortOptions(
  connection: Connection,
  port: LinkReference,
  options: BridgePortOptions,
): Promise<void> {
  const suspects = { path: "linkInfo.slaveData", names: givenNames(options) } as const;
  try {
    const settings = { linkInfo: { slaveKind: "bridge", slaveData: options } };
    checkTaken(await changeWhole(connection, port, settings, suspects), "slaveData", options);
  } catch (error) {
    if (!(error instanceof NetlinkError) || error.code !== "EOPNOTSUPP") throw error;
    const { linkInfo, name } = await getLink(connection, port);
    throw linkInfo?.slaveKind === "bridge" ? error : refuse("EOPNOTSUPP", name, "it is no port of a bridge");
  }
}

/** Takes a port out of its bridge; one that is in none is left alone. */
export async function detachPort(connection: Connection, port: LinkReference): Promise<void> {
  await changeLink(connection, port, { master: 0 });
}
