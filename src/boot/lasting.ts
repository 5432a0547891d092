import type { Host } from "../host/host.js";
import type { HostDeclaration, ReadDeclaration, RouteEntry } from "../topology/declaration/declaration.js";
import { writeDeclaration } from "../topology/declaration/file.js";
import { asDeclared, captureHost } from "../topology/capture.js";
import { checkDeclaration, sealDeclaration } from "../topology/declaration/schema.js";
import { observe } from "../topology/observation/observe.js";
import { mergeDeclarations } from "./merge.js";

function routed(route: RouteEntry, from: string, to: string): RouteEntry {
  const moved = <W extends { readonly link?: string | undefined }>(way: W): W =>
    way.link === from ? { ...way, link: to } : way;
  return { ...moved(route), ...(route.nexthops === undefined ? {} : { nexthops: route.nexthops.map(moved) }) };
}

/** Without what goes by itself: an address of a lease or of a router's prefix, a route that expires. */
function isLasting(entry: object): boolean {
  return !("validLifetime" in entry) && !("expires" in entry);
}

/** What a link has now that lasts, said of another. */
function lastingOf(now: ReadDeclaration, owner: string, name: string): ReadDeclaration {
  const addresses = (now.links[owner]?.addresses?.entries ?? []).filter(isLasting);
  const routes = now.routes.entries
    .filter(({ link, nexthops }) => [link, ...(nexthops ?? []).map((way) => way.link)].includes(owner))
    .filter(isLasting)
    .map((route) => routed(route, owner, name));
  return sealDeclaration({
    links: { [name]: { addresses: { only: false, entries: addresses } } },
    nexthops: { only: false, entries: [] },
    routes: { only: false, entries: routes },
    rules: { only: false, entries: [] },
    sysctls: {},
  });
}

async function presentOf(host: Host): Promise<ReadDeclaration> {
  return checkDeclaration(captureHost(await observe(host)), "code");
}

/** What a link has now, as it can be declared: its addresses and routes that last, and that it is up. */
export async function lastingLink(host: Host, name: string): Promise<HostDeclaration> {
  const { links, routes } = asDeclared(lastingOf(await presentOf(host), name, name));
  return { links: { [name]: { up: true, ...links?.[name] } }, ...(routes === undefined ? {} : { routes }) };
}

/**
 * What links take over, said in full. At boot nobody has given the other links anything yet: what they have now, or have left
 * to those that took their places, is declared, too, but for what goes by itself. Undefined where nothing is taken over.
 */
export async function lastingText(host: Host, declaration: ReadDeclaration): Promise<string | undefined> {
  const takers = Object.entries(declaration.links).filter(([, { takeOver }]) => takeOver !== undefined);
  if (takers.length === 0) return undefined;
  const now = await presentOf(host);
  const parts = takers.map(([name, { takeOver: other = "" }]) =>
    lastingOf(now, now.links[other]?.master === name ? name : other, name),
  );
  const whole = mergeDeclarations([...parts, declaration]);
  return `# What was taken over is said in full: at boot, nobody else has given it.\n${writeDeclaration(asDeclared(whole))}`;
}
