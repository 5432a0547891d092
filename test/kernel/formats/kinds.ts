import { Host, NetlinkError } from "../../../src/index.js";
import type { HostDeclaration } from "../../../src/topology/index.js";

export type Links = NonNullable<HostDeclaration["links"]>;
export type LinkValues = Readonly<Record<string, unknown>>;

/** The NICs that a declaration speaks of: links that it does not make, and that no pair has as its other end. */
export function nicsOf({ links = {}, routes = [] }: HostDeclaration): string[] {
  const said = Object.entries(links as Record<string, LinkValues>);
  const below = said.map(([, { link }]) => link as string | undefined);
  const ways = (Array.isArray(routes) ? routes : []).map(({ link }: { link?: string }) => link);
  const peers = said.map(([, { peer }]) => peer);
  const names = new Set([...said.map(([name]) => name), ...below, ...ways].filter((name) => name !== undefined));
  return [...names].filter(
    (name) =>
      name !== "lo" &&
      !/[*?]/.test(name) &&
      (links as Record<string, LinkValues>)[name]?.["kind"] === undefined &&
      (links as Record<string, LinkValues>)[name]?.["absent"] === undefined &&
      !peers.includes(name),
  );
}

/** What links are made with here to find out whether the kernel has their kind. */
const TRIES: Readonly<Record<string, LinkValues>> = {
  vlan: { id: 5 },
  vrf: { table: 5 },
  vxlan: { id: 5, port: 4789 },
  bridge: { vlanFiltering: true },
};
const lacking = new Map<string, boolean>();

/** Whether the kernel lacks a kind of link, or of a bridge that it filters VLANs; asked once. */
export async function lacksKind(kind: string): Promise<boolean> {
  const known = lacking.get(kind);
  if (known !== undefined) return known;
  await using host = await Host.open({ namespace: "new" });
  const { index: link } = await host.addVeth("a", { peer: { name: "b" } });
  const below = ["vlan", "macvlan", "macvtap"].includes(kind) ? { link } : {};
  let isLacking = false;
  try {
    await host.addLink("x", kind as "dummy", { ...TRIES[kind], ...below });
  } catch (error) {
    if (!(error instanceof NetlinkError) || error.code !== "EOPNOTSUPP") throw error;
    isLacking = true;
  }
  lacking.set(kind, isLacking);
  return isLacking;
}

/** The kinds of link that a declaration needs the kernel to have, and bridges that filter VLANs. */
export function needed(links: Links): string[] {
  const said = Object.values(links as Record<string, LinkValues>).filter(
    ({ kind, vlanFiltering }) => kind !== "bridge" || vlanFiltering === true,
  );
  const kinds = said.map(({ kind }) => kind as string | undefined);
  return [...new Set(kinds)].filter((kind) => kind !== undefined && kind !== "tun" && kind !== "veth") as string[];
}
