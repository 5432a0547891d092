import type { Connection } from "../../netlink/connection.js";
import { InputError } from "../../base/errors.js";
import { checkList } from "../../base/input.js";
import type { BondOptions } from "../../rtnetlink/link/kinds/bond.js";
import { getLinkSummary } from "../../rtnetlink/link/link-summary.js";
import type { Link } from "../../rtnetlink/link/link.js";
import { changeLink, getLink, type LinkReference } from "../../rtnetlink/link/link-requests.js";
import { addAnywhere } from "../links/add-link.js";
import type { Namespace } from "../work/namespace.js";
import { attachPort } from "./attach.js";
import type { BridgeCache } from "./bridge-cache.js";
import { lossesOf } from "../links/losses.js";
import { creation } from "../links/new-link.js";
import type { NewKindSettings } from "../links/kind-settings.js";
import { portChange, type PortState, portState } from "./port.js";
import { refuse } from "../hints/own-refusals.js";
import { setAnywhere } from "../links/set-link.js";
import { givenNames } from "../links/verify.js";
import { together } from "../../base/together.js";
import { type Operation, withJournal } from "../work/journal.js";

/** A bond's settings and options; the ports among them are given as links are elsewhere, 0 for none. */
export type BondSettings = Omit<NewKindSettings<"bond">, "primary" | "activePort"> & {
  primary?: LinkReference | undefined;
  activePort?: LinkReference | undefined;
};

/** What a bond is created with. */
export type NewBondSettings = BondSettings & {
  /** The links that become its ports, in this order: it takes on the first one's MAC unless it is given an `address`. */
  ports?: readonly LinkReference[] | undefined;
};

const DELAYS = ["updelay", "downdelay", "peerNotifDelay"] as const;
/** Modes that turn miimon on when it is off. */
const WATCHED: readonly unknown[] = ["802.3ad", "balance-tlb", "balance-alb", 4, 5, 6];
const USUAL_MIIMON = 100;

/** Throws InputError for what the kernel refuses without saying why, or takes for something else. `present`: what it has. */
function checkMonitor(options: BondOptions, present: BondOptions): void {
  const { miimon = present.miimon ?? 0, arpInterval } = options;
  if (options.miimon && arpInterval)
    throw new InputError("a bond's ports are watched by miimon or by ARP, not by both", "arpInterval");
  const usual = miimon === 0 && options.miimon === undefined && WATCHED.includes(options.mode) ? USUAL_MIIMON : miimon;
  const interval = arpInterval ? 0 : usual;
  for (const name of DELAYS) {
    const delay = options[name];
    if (delay === undefined) continue;
    if (interval === 0) throw new InputError("it needs miimon, whose multiple it is", name);
    if (delay % interval !== 0) throw new InputError(`${delay} ms is no multiple of miimon, ${interval} ms`, name);
  }
}

/** The index of a link that exists, 0 for none. */
async function existing(connection: Connection, link: LinkReference | undefined): Promise<number | undefined> {
  return link === undefined || link === 0 ? link : (await getLinkSummary(connection, link)).index;
}

async function indexed(
  connection: Connection,
  { primary, activePort, ...settings }: BondSettings,
): Promise<NewKindSettings<"bond">> {
  const [first, second] = await together([existing(connection, primary), existing(connection, activePort)]);
  return { ...settings, primary: first, activePort: second };
}

/** What puts a link back as it is now, with what it loses when it goes down. */
async function lookAt(
  connection: Connection,
  port: LinkReference,
  done: (before: PortState) => string,
): Promise<Operation> {
  const before = await portState(connection, port);
  return portChange(before, done(before), before.up ? await lossesOf(connection, before) : undefined);
}

/**
 * Creates a bond: its options in one message, which the kernel takes in an order that it allows, then its ports, then what
 * needs them, then up. When a step fails, the ports are put back as they were and the bond is removed.
 */
export async function addBond(
  here: Namespace,
  cache: BridgeCache,
  name: string,
  given: NewBondSettings,
): Promise<Link> {
  const { connection } = here;
  const { ports = [], ...settings } = given;
  checkList(ports, "ports");
  checkMonitor(settings as BondOptions, {});
  const { namespace, primary, activePort } = settings;
  if (namespace !== undefined && (ports.length > 0 || (primary ?? activePort) !== undefined))
    throw new InputError("a bond that is created in another namespace gets its ports there", "ports");
  const { activePort: active, up, ...first } = await indexed(connection, settings);
  if (ports.length === 0 && active === undefined) return addAnywhere(here, name, "bond", { ...first, up });
  const before: Operation[] = [];
  const looked: { index: number; name: string }[] = [];
  for (const port of ports) {
    const { index, name: called } = await getLinkSummary(connection, port);
    looked.push({ index, name: called });
    before.push(await lookAt(connection, { index }, (each) => `${each.name} was made a port of ${name}`));
  }
  return withJournal(connection, async (journal) => {
    const bond = await addAnywhere(here, name, "bond", first);
    journal.add(creation(bond), ...before);
    for (const port of looked) await attachPort(connection, cache, port, bond, {});
    const last = { activePort: active, up };
    if (givenNames(last).length > 0) await setAnywhere(here, bond, last, "bond");
    return getLink(connection, bond);
  });
}

/** Changes a bond's options; one that is to go down does so first, as some of them want it down. */
export async function setBond(namespace: Namespace, bond: LinkReference, settings: BondSettings): Promise<void> {
  const { connection } = namespace;
  const { index, name, up, kind, linkInfo } = await getLink(connection, bond);
  if (kind !== "bond") throw refuse("EOPNOTSUPP", name, "it is not a bond");
  const wanted = await indexed(connection, settings);
  checkMonitor(wanted, linkInfo?.data);
  const change = (): Promise<void> => setAnywhere(namespace, { index, name }, wanted, "bond");
  if (!up || wanted.up !== false) return change();
  const before = await lookAt(connection, { index }, () => `${name} was taken down`);
  await withJournal(connection, async (journal) => {
    await changeLink(connection, { index, name }, { up: false });
    journal.add(before);
    await change();
  });
}
