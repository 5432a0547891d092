import { spelledName } from "../../base/name-bytes.js";
import type { Values } from "../../netlink/codecs/attributes.js";
import { filesBelow } from "../../kernel/files.js";
import type { bondAdInfo, BondOptions } from "../../rtnetlink/link/kinds/bond.js";
import type { BondPortOptions } from "../../rtnetlink/link/kinds/bond-port.js";
import type { Link } from "../../rtnetlink/link/link.js";
import { getLink, type LinkReference, listLinks } from "../../rtnetlink/link/link-requests.js";
import type { Namespace } from "../work/namespace.js";
import { type BondPortDetails, bondPortDetails } from "./bond-details.js";
import { refuse } from "../hints/own-refusals.js";
import type { Thread } from "../../kernel/thread.js";

/** A port of a bond, as it is now. */
export interface BondPortState extends BondPortDetails, BondPortOptions {
  readonly index: number;
  readonly name: string;
  readonly up: boolean;
}

/** A bond as it is now: what /proc/net/bonding/NAME shows. */
export interface BondState {
  readonly index: number;
  readonly name: string;
  readonly up: boolean;
  /** Enough ports work: the bond has a carrier. */
  readonly carrier: boolean;
  readonly mode: NonNullable<BondOptions["mode"]>;
  /** Name of the port in use, in modes that use one. */
  readonly activePort: string | undefined;
  /** Name of the port that is preferred, while it is a port. */
  readonly primary: string | undefined;
  /** The active aggregator, in mode 802.3ad. */
  readonly aggregator: Values<typeof bondAdInfo> | undefined;
  /** Every option. */
  readonly options: BondOptions;
  readonly ports: readonly BondPortState[];
}

/** The file is the thread's own namespace's. It may be missing, or too long: then what only it says is not known. */
async function readDetails(thread: Thread, name: string): Promise<Map<string, BondPortDetails>> {
  const reading = filesBelow(thread, "/proc/thread-self/net/bonding/").read(name);
  return bondPortDetails(await reading.then(spelledName).catch(() => ""));
}

function portOf({ index, name, up, linkInfo }: Link, details: BondPortDetails = {}): BondPortState {
  return { index, name, up, ...(linkInfo?.slaveData as BondPortOptions), ...details };
}

/** Reads a bond and its ports: by netlink, and what netlink does not say from /proc. */
export async function bondState({ connection, thread }: Namespace, reference: LinkReference): Promise<BondState> {
  const bond = await getLink(connection, reference);
  const { index, name, up, carrier = false, kind, linkInfo } = bond;
  if (kind !== "bond") throw refuse("EOPNOTSUPP", name, "it is not a bond");
  const [links, details] = await Promise.all([listLinks(connection, { master: index }), readDetails(thread, name)]);
  const options = linkInfo?.data as BondOptions;
  const nameOf = (port: number | undefined): string | undefined => links.find((link) => link.index === port)?.name;
  return {
    index,
    name,
    up,
    carrier,
    mode: options.mode ?? "balance-rr",
    activePort: nameOf(options.activePort),
    primary: nameOf(options.primary),
    aggregator: options.adInfo,
    options,
    ports: links.map((link) => portOf(link, details.get(link.name))),
  };
}
