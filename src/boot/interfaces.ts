import { InputError } from "../base/errors.js";
import type { Host } from "../host/host.js";
import type { ReadDeclaration } from "../topology/declaration/declaration.js";
import { isPattern, sealDeclaration } from "../topology/declaration/schema.js";
import { type Enabled, enabledIn, type SystemOptions, togetherOf } from "./enabled.js";

/** An interface that is declared. */
export interface DeclaredInterface {
  readonly name: string;
  readonly kind: string | undefined;
  /** The enabled declarations that say something of it. */
  readonly declarations: readonly string[];
  /** It is there, and up. */
  readonly active: boolean;
  readonly mac: string | undefined;
}

/** The interfaces that are declared, by their names. */
export async function interfacesIn(host: Host, options: SystemOptions = {}): Promise<DeclaredInterface[]> {
  const enabled = enabledIn(options);
  const there = new Map((await host.links()).map((link) => [link.name, link]));
  return Object.entries(togetherOf(enabled).links)
    .filter(([name, { absent }]) => absent !== true && !isPattern(name))
    .map(([name, { kind }]) => {
      const link = there.get(name);
      const declarations = declaring(enabled, name).map((each) => each.name);
      return { name, kind, declarations, active: link?.up === true, mac: link?.address };
    })
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** Those that say something of a link. */
export function declaring(enabled: readonly Enabled[], link: string): Enabled[] {
  return enabled.filter(({ declaration }) => Object.hasOwn(declaration?.links ?? {}, link));
}

/** The one declaration that is about an interface alone, and has its name. Throws InputError where others say something of it. */
export function ownDeclaration(name: string, options: SystemOptions = {}): Enabled {
  const found = declaring(enabledIn(options), name);
  const own = found.find((each) => each.name === name);
  const [other] = found.filter((each) => each !== own);
  if (other !== undefined)
    throw new InputError(`it is declared in ${other.file}, with others: change it there, and enable that again`, name);
  if (own === undefined) throw new InputError("no enabled declaration says anything of it", name);
  return own;
}

/** The link that the others of a declaration belong to: nobody's port, and below none of them. */
export function topOf({ links }: Pick<ReadDeclaration, "links">): string {
  const below = new Set(Object.values(links).flatMap(({ link, takeOver }) => [link, takeOver]));
  const top = Object.keys(links).filter((name) => !below.has(name) && (links[name]!.master ?? "") === "");
  if (top.length !== 1)
    throw new InputError(
      `one interface is wanted, with its ports; these are ${top.length}: ${top.join(", ")}`,
      "links",
    );
  return top[0]!;
}

/** What a declaration says of an interface, its ports, what it is on, and what leads over them. Throws InputError when it says nothing. */
export function partOf(declaration: ReadDeclaration, name: string): ReadDeclaration {
  const { links, nexthops, routes, sysctls } = declaration;
  if (!Object.hasOwn(links, name)) throw new InputError("no enabled declaration says anything of it", name);
  const part = new Set([name]);
  for (let size = -1; size !== part.size;) {
    size = part.size;
    for (const [each, { master = "" }] of Object.entries(links)) if (part.has(master)) part.add(each);
    for (const { link, takeOver } of [...part].map((each) => links[each] ?? {}))
      for (const other of [link, takeOver]) if (other !== undefined && links[other] !== undefined) part.add(other);
  }
  const isOfPart = (setting: string): boolean =>
    [...part].some((each) => setting.includes(`/${each}/`) || setting.includes(`.${each}.`));
  return sealDeclaration({
    links: Object.fromEntries(Object.entries(links).filter(([each]) => part.has(each))),
    nexthops: { only: false, entries: nexthops.entries.filter(({ link = "" }) => part.has(link)) },
    routes: { only: false, entries: routes.entries.filter(({ link = "" }) => part.has(link)) },
    rules: { only: false, entries: [] },
    sysctls: Object.fromEntries(Object.entries(sysctls).filter(([setting]) => isOfPart(setting))),
  });
}
