import { InputError } from "../../base/errors.js";
import { checkObject, checkSwitch } from "../../base/input.js";
import type { Connection } from "../../netlink/connection.js";
import type { Link } from "../../rtnetlink/link/link.js";
import { checkLinkName, getLink, type LinkSettings } from "../../rtnetlink/link/link-requests.js";
import { withLowerLinkUp } from "./lower-link.js";
import { type Destination, within } from "../../kernel/namespace-descriptor.js";
import { connectedTo } from "./other-namespace.js";
import { addLink, bringPeerUp, complete, create, type NewLink, newLink, type VethPeerSettings } from "./new-link.js";
import { type Referring, withIndexes } from "./references.js";
import type { Namespace } from "../work/namespace.js";

/** What any link is created with. The link below may be given by name; so may the master, in the new link's namespace. */
export type NewLinkSettings = Referring & { namespace?: Destination | undefined };

/** Creates a link, in another namespace if one is given. */
export async function addAnywhere(
  { thread, connection }: Namespace,
  name: string,
  kind: string,
  given: NewLinkSettings,
): Promise<Link> {
  checkLinkName(name);
  checkObject(given, "a link's settings");
  const { namespace, ...settings } = given;
  const wanted = (indexed: LinkSettings): NewLink => newLink(name, kind, indexed);
  if (namespace === undefined)
    return withIndexes(connection, settings, (indexed) =>
      withLowerLinkUp(
        connection,
        () => Promise.resolve(indexed.link),
        () => addLink(connection, wanted(indexed)),
      ),
    );
  const make = async (there: Connection, fd: number, indexed: LinkSettings): Promise<Link> => {
    await create(connection, wanted(indexed), fd);
    return complete(there, wanted(indexed), await getLink(there, name));
  };
  const makeAbove = (there: Connection, fd: number, indexed: LinkSettings): Promise<Link> =>
    withLowerLinkUp(
      connection,
      () => Promise.resolve(indexed.link),
      () => make(there, fd, indexed),
    );
  return within(thread, namespace, (fd) =>
    connectedTo(fd, (there) => withIndexes(connection, settings, (indexed) => makeAbove(there, fd, indexed), there)),
  );
}

/** The kinds of link that come in pairs, and the option that says what the other end is. */
const OTHER_END = { veth: "peer", netkit: "peerInfo" } as const;

/** What a pair of connected links is created with; either may be in another namespace. */
export type PairSettings = NewLinkSettings & {
  /** The other end: its name, or more of it. */
  peer: string | VethPeerSettings;
};

/** Creates a pair of connected links; either may be in another namespace. */
export async function addPair(
  here: Namespace,
  kind: keyof typeof OTHER_END,
  name: string,
  given: PairSettings,
): Promise<Link> {
  checkObject(given, "a link's settings");
  const { peer, ...settings } = given;
  if (typeof peer !== "string") checkObject(peer, "peer");
  const { connection, thread } = here;
  const { namespace, up, ...other }: VethPeerSettings = typeof peer === "string" ? { name: peer } : peer;
  if (other.name !== undefined) checkLinkName(other.name);
  checkSwitch(up, "peer.up");
  if (other.name === name && namespace === undefined && settings.namespace === undefined)
    throw new InputError(`both ends cannot be named ${name} in one namespace`, "peer");
  const make = async (there: Connection, netNsFd?: number): Promise<Link> => {
    const options = { ...settings, [OTHER_END[kind]]: { ...other, netNsFd } } as NewLinkSettings;
    const link = await addAnywhere(here, name, kind, options);
    if (up === true && link.link !== undefined) await bringPeerUp(there, link.link, name);
    return settings.namespace === undefined ? getLink(connection, link) : link;
  };
  if (namespace === undefined) return make(connection);
  return within(thread, namespace, (fd) =>
    up === true ? connectedTo(fd, (there) => make(there, fd)) : make(connection, fd),
  );
}
