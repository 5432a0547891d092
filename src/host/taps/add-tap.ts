import { changeLink } from "../../rtnetlink/link/link-requests.js";
import { creation } from "../links/new-link.js";
import type { Namespace } from "../work/namespace.js";
import { attachPort } from "../ports/attach.js";
import type { BridgeCache } from "../ports/bridge-cache.js";
import { explained } from "../hints/late-hints.js";
import { createTap, type Tap } from "./tap.js";
import { type AnyTapOptions, checkAddTapOptions } from "./tap-options.js";
import { withJournal } from "../work/journal.js";

/** Creates a persistent TAP, and attaches it to a bridge if given; when something of it is refused, it is removed again. */
export async function addTap(
  { thread, connection }: Namespace,
  bridges: BridgeCache,
  name: string,
  options: AnyTapOptions,
): Promise<Tap> {
  checkAddTapOptions(options);
  const { mtu, up, bridge, port = {}, ...device } = options;
  return withJournal(connection, async (journal) => {
    const tap = await createTap(thread, connection, name, device);
    journal.add(creation(tap));
    if (bridge !== undefined) await explained(attachPort(connection, bridges, tap, bridge, { ...port, journal }));
    // What is attached is up.
    const settings = { mtu, up: bridge !== undefined && up === true ? undefined : up };
    if (settings.mtu !== undefined || settings.up !== undefined) await explained(changeLink(connection, tap, settings));
    return tap;
  });
}
