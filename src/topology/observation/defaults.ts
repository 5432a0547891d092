import { Host } from "../../host/host.js";
import { isLinkKind, type LinkKind } from "../../rtnetlink/link/link-kind.js";
import type { Link } from "../../rtnetlink/link/link.js";

type Values = Readonly<Record<string, unknown>>;

/** What a new link of each kind has, and a new port of each kind of master, as this kernel reports it. */
export interface Defaults {
  readonly links: ReadonlyMap<string, Link>;
  readonly ports: ReadonlyMap<string, Values>;
}

export const NO_DEFAULTS: Defaults = { links: new Map(), ports: new Map() };

/** What a kind is not created without. */
const NEEDED: Partial<Record<LinkKind, Values>> = {
  vlan: { link: "below", id: 1 },
  macvlan: { link: "below" },
  macvtap: { link: "below" },
  ipvlan: { link: "below" },
  ipvtap: { link: "below" },
  vxlan: { link: "below", id: 1 },
  geneve: { id: 1, remote: "192.0.2.1" },
  vrf: { table: 1 },
};

const known = new Map<string, Link | undefined>();
let ports: ReadonlyMap<string, Values> | undefined;

async function made(host: Host, kind: string): Promise<Link | undefined> {
  if (!isLinkKind(kind)) return undefined;
  try {
    if (kind === "veth") await host.addVeth("new", { peer: "newer" });
    else if (kind === "tun") {
      await using tap = await host.addTap("new");
      return await host.link(tap.name);
    } else await host.addLink("new", kind, NEEDED[kind] ?? {});
    return await host.link("new");
  } catch {
    // This kernel has none of it, or none without more being said: nothing is left out then.
    return undefined;
  } finally {
    await host.remove("new").catch(() => undefined);
  }
}

async function madePorts(host: Host): Promise<ReadonlyMap<string, Values>> {
  const found = new Map<string, Values>();
  for (const kind of ["bridge", "bond"] as const) {
    try {
      await host.addLink("master", kind);
      await host.attach("below", "master");
      const { linkInfo } = await host.link("below");
      found.set(kind, (linkInfo?.slaveData ?? {}) as Values);
    } catch {
      // As above.
    } finally {
      await host.remove("master").catch(() => undefined);
    }
  }
  return found;
}

/**
 * Asks the kernel what new links of some kinds have, in a namespace of its own that goes with it. Who may not make one is told
 * nothing. The kernel is asked once for each kind.
 */
export async function defaultsOf(kinds: Iterable<string>): Promise<Defaults> {
  const wanted = [...new Set(kinds)];
  const missing = wanted.filter((kind) => !known.has(kind));
  if (missing.length > 0 || ports === undefined) {
    const opened = await Host.open({ namespace: "new" }).catch(() => undefined);
    if (opened === undefined) return NO_DEFAULTS;
    await using host = opened;
    await host.addVeth("below", { peer: "beyond", up: true });
    for (const kind of missing) known.set(kind, await made(host, kind));
    ports ??= await madePorts(host);
  }
  const links = new Map<string, Link>();
  for (const kind of wanted) {
    const link = known.get(kind);
    if (link !== undefined) links.set(kind, link);
  }
  return { links, ports: ports };
}
