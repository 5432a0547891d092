import type {
  NexthopEntry,
  AddressEntry,
  FdbDeclaration,
  NeighbourEntry,
  ReadDeclaration,
  ReadLink,
  ReadNamespace,
  RuleEntry,
  Some,
} from "../topology/declaration/declaration.js";
import { sealDeclaration } from "../topology/declaration/schema.js";
import { except } from "../base/except.js";
import { keyOf } from "../topology/steps/routes.js";

/** What entries of a list are known by: of two that are about the same, the later one holds. */
const KEYS = {
  addresses: ({ address }: AddressEntry) => address,
  neighbours: ({ address, proxy = false }: NeighbourEntry) => [address, proxy],
  fdb: ({ address, vlan, dst }: FdbDeclaration) => [address, vlan, dst],
  nexthops: ({ id }: NexthopEntry) => id,
  routes: keyOf,
  rules: (rule: RuleEntry) => except(rule, "absent"),
};

function joined<T>(list: keyof typeof KEYS, one: Some<T> | undefined, other: Some<T> | undefined): Some<T> | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const key = KEYS[list] as (entry: T) => unknown;
  const entries = new Map([...one.entries, ...other.entries].map((each) => [JSON.stringify(key(each)), each]));
  return { only: one.only || other.only, entries: [...entries.values()] };
}

const LISTS = ["addresses", "neighbours", "fdb"] as const;
const PARTS = ["asPort", "rate"] as const;

function mergedLink(one: ReadLink | undefined, other: ReadLink): ReadLink {
  if (one === undefined || one.absent === true || other.absent === true) return other;
  const lists = LISTS.map((list) => [list, joined<object>(list, one[list], other[list])] as const);
  const parts = PARTS.map((part) => [part, { ...one[part], ...other[part] }] as const);
  const said = [...lists, ...parts].filter(([name]) => one[name] !== undefined || other[name] !== undefined);
  return { ...one, ...other, ...(Object.fromEntries(said) as object) };
}

/** What several say of one namespace; where the last says that it is not to be there, that. */
function mergedNamespace(said: readonly ReadNamespace[]): ReadNamespace {
  const since = said.slice(said.map(({ absent }) => absent === true).lastIndexOf(true) + 1);
  return since.length === 0 ? said.at(-1)! : mergedWiring(since);
}

function mergedWiring(declarations: readonly ReadNamespace[]): ReadNamespace {
  const links: Record<string, ReadLink> = {};
  for (const declaration of declarations)
    for (const [name, link] of Object.entries(declaration.links)) links[name] = mergedLink(links[name], link);
  const none = { only: false, entries: [] };
  return {
    links,
    nexthops: declarations
      .map(({ nexthops }) => nexthops)
      .reduce((one, other) => joined("nexthops", one, other)!, none),
    routes: declarations.map(({ routes }) => routes).reduce((one, other) => joined("routes", one, other)!, none),
    rules: declarations.map(({ rules }) => rules).reduce((one, other) => joined("rules", one, other)!, none),
    sysctls: Object.assign({}, ...declarations.map(({ sysctls }) => sysctls)) as Record<string, string>,
  };
}

/**
 * Several declarations as one. What two say of the same property, the later one says; lists are joined. Throws InputError for what
 * they cannot say together, such as a port of itself.
 */
export function mergeDeclarations(declarations: readonly ReadDeclaration[]): ReadDeclaration {
  const names = new Set(declarations.flatMap(({ namespaces = {} }) => Object.keys(namespaces)));
  const namespaces = [...names].map((name) => {
    const said = declarations.map((each) => each.namespaces?.[name]).filter((each) => each !== undefined);
    return [name, mergedNamespace(said)] as const;
  });
  return sealDeclaration({
    ...mergedWiring(declarations),
    ...(names.size === 0 ? {} : { namespaces: Object.fromEntries(namespaces) }),
  });
}
