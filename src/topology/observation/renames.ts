import { InputError } from "../../base/errors.js";
import type { Link } from "../../rtnetlink/link/link.js";
import type { LinkMatch, ReadDeclaration } from "../declaration/declaration.js";

/** A link gets another name. */
export interface Rename {
  readonly index: number;
  readonly from: string;
  readonly to: string;
}

type Links = ReadonlyMap<string, Link>;

function fits(link: Link, { address, permAddress, altname }: LinkMatch): boolean {
  const same = (wanted: string | undefined, found: string | undefined): boolean =>
    wanted === undefined || wanted.toLowerCase() === found;
  return (
    same(address, link.address) &&
    same(permAddress, link.permAddress) &&
    (altname === undefined || link.altnames?.includes(altname) === true)
  );
}

/** The link that is meant: the one of this name when it fits, else the only one that does, or the only hardware. */
function meant(name: string, match: LinkMatch, address: unknown, links: Links): Link {
  const own = links.get(name);
  // It may have been given another MAC since.
  if (own !== undefined && (fits(own, match) || own.address === address)) return own;
  const all = [...links.values()].filter((link) => fits(link, match));
  const hardware = all.filter(({ kind }) => kind === undefined);
  const [found, other] = all.length > 1 ? (hardware.length === 1 ? hardware : all) : all;
  const said = Object.entries(match)
    .map(([property, value]) => `${property} ${String(value)}`)
    .join(", ");
  if (found === undefined) throw new InputError(`there is no link with ${said}`, `links.${name}.match`);
  if (other !== undefined)
    throw new InputError(
      `${all.map((each) => each.name).join(", ")} have ${said}: say more of the one that is meant`,
      `links.${name}.match`,
    );
  return found;
}

/** The links that are declared by what they have instead of their name, and have another one. Throws InputError. */
export function renamesOf(declared: ReadDeclaration["links"], links: Links): readonly Rename[] {
  const wanted = Object.entries(declared).flatMap(([to, { match, address }]) => {
    if (match === undefined) return [];
    const { index, name } = meant(to, match, address, links);
    return [{ index, from: name, to }];
  });
  const twice = wanted.find(({ index }, place) => wanted.findIndex((each) => each.index === index) !== place);
  if (twice !== undefined)
    throw new InputError(`it is ${twice.from}, which another entry means, too`, `links.${twice.to}.match`);
  const renames = wanted.filter(({ from, to }) => from !== to);
  const leaving = new Set(renames.map(({ from }) => from));
  for (const { to } of renames)
    if (links.has(to) && !leaving.has(to))
      throw new InputError(`there is another link of this name: say by match what that is to be called`, `links.${to}`);
  return inOrder(renames);
}

/** Each name is free when it is taken: of links whose names go round, one has another name for a while. */
function inOrder(renames: readonly Rename[]): readonly Rename[] {
  const ordered: Rename[] = [];
  let left = [...renames];
  while (left.length > 0) {
    const taken = new Set(left.map(({ from }) => from));
    const free = left.find(({ to }) => !taken.has(to));
    const [first] = left as [Rename];
    const through = `rename${first.index}`;
    ordered.push(free ?? { ...first, to: through });
    left = free === undefined ? [...left.slice(1), { ...first, from: through }] : left.filter((each) => each !== free);
  }
  return ordered;
}

/** What a link is called before it gets a name. */
export function calledNow(name: string, renames: readonly Rename[]): string {
  const index = [...renames].reverse().find(({ to }) => to === name)?.index;
  return renames.find((each) => each.index === index)?.from ?? name;
}

/** What a link's setting is called before the link gets a name. */
export function settingNow(name: string, renames: readonly Rename[]): string {
  return renames.length === 0 ? name : name.replace(/(?<=\/conf\/)[^/]+/, (link) => calledNow(link, renames));
}

/** Links by the names that they are to have. */
export function renamed(links: readonly Link[], renames: readonly Rename[]): readonly Link[] {
  const names = new Map(renames.map(({ index, to }) => [index, to]));
  return names.size === 0 ? links : links.map((link) => ({ ...link, name: names.get(link.index) ?? link.name }));
}
