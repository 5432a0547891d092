import { InputError } from "../../base/errors.js";
import { type ForeignLease, foreignLeases, leaseLeft } from "../../dhcp/links/foreign-lease.js";
import type { Host } from "../../host/host.js";
import { askService, nobodyAt, SOCKET } from "../../serve/messages/ask.js";
import type { KeptLeaseSettings } from "../../serve/messages/questions.js";
import type { Link } from "../../rtnetlink/link/link.js";
import type { ReadDeclaration } from "../declaration/declaration.js";
import type { Around } from "./around.js";
import type { Leasing, Picture } from "./observe.js";

/** A link that another client keeps the lease of, and that another link takes the place of. */
export interface LeasedLink extends Pick<ForeignLease, "client" | "file" | "pids"> {
  readonly link: string;
  readonly by: string;
  readonly address: string;
}

/** How long the service may take to say what it keeps, milliseconds. */
const LONGEST_ANSWER = 5000;

async function keptIn(host: Host, service: string): Promise<ReadonlyMap<string, KeptLeaseSettings>> {
  const signal = AbortSignal.timeout(LONGEST_ANSWER);
  const answer = await askService(host, service, { method: "leases" }, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
    const problem = `linkwright serve, which keeps leases, did not answer at ${service} within ${LONGEST_ANSWER / 1000} s`;
    throw new InputError(problem, "service");
  });
  if (answer === undefined) throw nobodyAt(service);
  await answer.close();
  const records = answer.value as readonly ({ readonly link: string } & KeptLeaseSettings)[];
  return new Map(records.map(({ link, ...settings }) => [link, settings]));
}

/** The lease that is gone on with: a link's own, or that of the one whose place it takes. */
async function leftOf(host: Host, name: string, of: Link | undefined, root: string): Promise<Leasing["left"]> {
  try {
    return of === undefined ? undefined : await leaseLeft(host, of, root);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(error.problem, `links.${name}.dhcp`);
  }
}

/** The picture, with the leases of links whose addresses are declared to be got by DHCP. Throws InputError while another client keeps one. */
export async function withLeases(
  host: Host,
  { links }: Pick<ReadDeclaration, "links">,
  picture: Picture,
  { root = "/", service = SOCKET }: Around,
): Promise<Picture> {
  const said = Object.entries(links).filter(([, { dhcp }]) => dhcp !== undefined);
  if (said.length === 0) return picture;
  const all = await keptIn(host, service);
  const leases = new Map<string, Leasing>();
  for (const [name, link] of said) {
    const kept = all.get(name);
    const left =
      kept !== undefined || link.dhcp === false
        ? undefined
        : await leftOf(host, name, picture.links.get(link.takeOver ?? name), root);
    leases.set(name, { kept, left, service });
  }
  return { ...picture, leases };
}

/** The links that others take the place of, and whose leases other clients keep at work. */
export async function leasedLinks(
  host: Host,
  { links }: Pick<ReadDeclaration, "links">,
  picture: Picture,
  { root = "/" }: Around,
): Promise<readonly LeasedLink[]> {
  const found: LeasedLink[] = [];
  for (const [by, { takeOver: link }] of Object.entries(links)) {
    const of = picture.links.get(link ?? "");
    if (link === undefined || of === undefined) continue;
    for (const { client, file, pids, lease } of await foreignLeases(host, of, root))
      if (pids.length > 0) found.push({ link, by, client, file, pids, address: lease.address });
  }
  return found;
}
