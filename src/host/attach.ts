import type { Connection } from "../netlink/connection.js";
import { NetlinkError } from "../netlink/error.js";
import { type Glance, glanceAt } from "../rtnetlink/glance.js";
import type { BridgePortOptions } from "../rtnetlink/kinds/bridge-port.js";
import { changeLink, getLink, type LinkReference, type LinkSettings } from "../rtnetlink/link-requests.js";
import { linkAttributes } from "../rtnetlink/link.js";
import type { BridgeMemory } from "./bridge-memory.js";
import { changePort, checkPortOptions, type PortState, portState, putBack, setPortOptions } from "./port.js";
import { refuse } from "./refusal.js";
import { checkTaken, givenNames } from "./taken.js";
import { together } from "./together.js";

/** How a port joins a bridge: the port's options, and whether it may leave another bridge for it. */
export type AttachOptions = BridgePortOptions & {
  /** Take the port out of the bridge that it belongs to now. Without it, that is refused. */
  move?: boolean | undefined;
};

/** Undoes what was done to a port, and gives the error to be thrown: it says what stands when undoing failed, too. */
async function undone(connection: Connection, before: PortState, error: unknown): Promise<unknown> {
  try {
    await putBack(connection, before);
    return error;
  } catch (failure) {
    if (!(error instanceof NetlinkError) || !(failure instanceof NetlinkError) || failure.code === "ENODEV")
      return error;
    return error.with({ hint: `${before.name} could not be put back as it was: ${failure.message}` });
  }
}

const MASTER = linkAttributes.entries.master[0];
const MTU = linkAttributes.entries.mtu[0];

/**
 * The usual case in one trip to the kernel: a link that is nobody's port and has the bridge's MTU, and no options. It is
 * looked at and joins, if it is so, in one batch. False when it is not so: then nothing was changed. The look also syncs
 * a fresh TAP's operational state, which makes joining cheaper by a third.
 */
async function joinAtOnce(connection: Connection, port: LinkReference, bridge: Glance): Promise<boolean> {
  const [look, joining] = await Promise.allSettled([
    glanceAt(connection, port),
    changeLink(connection, port, { master: bridge.index, up: true }, [
      { attribute: MASTER },
      { attribute: MTU, equals: bridge.mtu },
    ]),
  ]);
  if (look.status === "rejected") throw look.reason;
  if (joining.status === "fulfilled") return true;
  const error: unknown = joining.reason;
  if (error instanceof NetlinkError && error.code === "ECANCELED") return false;
  throw await undone(connection, { ...look.value, master: 0, options: {} }, error);
}

/**
 * Joins the bridge, gets its options, comes up, in this order. The messages leave together unless it has to leave another
 * bridge.
 */
async function join(
  connection: Connection,
  before: PortState,
  settings: LinkSettings,
  options: BridgePortOptions,
): Promise<void> {
  if (givenNames(options).length === 0) {
    await changeLink(connection, before, { ...settings, up: true });
    return;
  }
  const steps: (() => Promise<unknown>)[] = [
    () => changeLink(connection, before, settings),
    () => changePort(connection, before, options, { up: true }),
    async () => {
      checkTaken(await getLink(connection, before), "slaveData", options);
    },
  ];
  if (before.up) steps.unshift(() => changeLink(connection, before, { up: false }));
  if (before.master === 0) await together(steps.map((step) => step()));
  else for (const step of steps) await step();
}

/** A port that is attached already keeps everything, but for the options that are given and differ. */
async function changeOptions(connection: Connection, port: PortState, options: BridgePortOptions): Promise<void> {
  const present = port.options as Record<string, unknown>;
  const differing = Object.entries(options).filter(([name, value]) => value !== undefined && present[name] !== value);
  if (differing.length > 0) await setPortOptions(connection, port, Object.fromEntries(differing));
}

/**
 * Makes a link a port of a bridge: master, then the port's options, then up, so that it never forwards before it is
 * configured. A TUN or TAP takes on the bridge's MTU. When a step fails, the port is put back as it was.
 */
export async function attachPort(
  connection: Connection,
  memory: BridgeMemory,
  port: LinkReference,
  bridge: LinkReference,
  { move, ...options }: AttachOptions,
): Promise<void> {
  checkPortOptions(options);
  const master = await memory.glance(bridge);
  if (master.kind !== "bridge") throw refuse("EINVAL", master.name, "it is not a bridge");
  if (givenNames(options).length === 0 && (await joinAtOnce(connection, port, master))) return;

  const before = await portState(connection, port);
  if (before.master === master.index) {
    await changeOptions(connection, before, options);
    return;
  }
  if (before.master !== 0 && move !== true) {
    const owner = await glanceAt(connection, before.master);
    const hint = "detach it first, or ask for it to be moved";
    throw refuse("EBUSY", before.name, `it belongs to ${owner.name} already`, hint);
  }
  const mtu = before.kind === "tun" && before.mtu !== master.mtu ? master.mtu : undefined;
  try {
    await join(connection, before, { master: master.index, mtu }, options);
  } catch (error) {
    throw await undone(connection, before, error);
  }
}
