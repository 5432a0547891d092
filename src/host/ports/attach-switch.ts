import { checkObject, checkSwitch } from "../../base/input.js";
import type { Cancellation } from "../../base/signal.js";
import type { Connection } from "../../netlink/connection.js";
import { getLinkSummary } from "../../rtnetlink/link/link-summary.js";
import { changeLink, type LinkReference } from "../../rtnetlink/link/link-requests.js";
import { refuse } from "../hints/own-refusals.js";
import { type Journaled, withJournal } from "../work/journal.js";
import { detachPort, isPortKind } from "./port.js";
import { checkSwitchOptions, type Switch } from "./switch.js";

/** How a link is made a port of a switch: what the switch accepts, and whether it may leave its master for it. */
export type SwitchAttachOptions<O extends object = object> = O & {
  /** Take the port out of the bridge, bond, team or VRF that it belongs to now. Without it, that is refused. */
  readonly move?: boolean | undefined;
};

/**
 * Makes a link a port of a switch that is none of Linux's: it leaves its master, if it may, joins with its options, and comes up.
 * When a step fails, or the signal aborts, what was done is taken back, the last step first.
 */
export async function attachToSwitch<O extends object>(
  connection: Connection,
  port: LinkReference,
  to: Switch<O>,
  given: SwitchAttachOptions<O> & Journaled & Cancellation,
): Promise<void> {
  checkObject(given, "how a port is attached");
  const { move, signal, journal: outer, ...options } = given;
  checkSwitch(move, "move");
  checkSwitchOptions(to, options);
  const { index, name, up, master, slaveKind } = await getLinkSummary(connection, port);
  const isPort = master !== undefined && isPortKind(slaveKind);
  if (isPort && move !== true) {
    const owner = await getLinkSummary(connection, master);
    const hint = "detach it first, or ask for it to be moved";
    throw refuse("EBUSY", name, `it belongs to ${owner.name} already`, hint);
  }
  signal?.throwIfAborted();
  await withJournal(
    connection,
    async (journal) => {
      if (isPort) await detachPort(connection, { index, name }, { journal });
      await to.join(name, options as O, { journal, signal });
      // A switch knows a link by its name.
      if ((await getLinkSummary(connection, index)).name !== name)
        throw refuse("EBUSY", name, "its name went to another link meanwhile");
      signal?.throwIfAborted();
      if (up) return;
      await changeLink(connection, { index, name }, { up: true });
      journal.add({
        done: `${name} was brought up`,
        undo: `take ${name} down`,
        requests: (to) => changeLink(to, { index, name }, { up: false }),
      });
    },
    outer,
  );
}

/** Takes a link out of a switch that it is a port of. */
export async function detachFromSwitch(
  connection: Connection,
  port: LinkReference,
  from: Switch,
  { journal: outer }: Journaled,
): Promise<void> {
  const { name } = await getLinkSummary(connection, port);
  await withJournal(connection, (journal) => from.leave(name, { journal }), outer);
}
