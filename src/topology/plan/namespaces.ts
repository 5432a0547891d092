import { InputError } from "../../base/errors.js";
import { Host } from "../../host/host.js";
import type { ReadDeclaration, ReadNamespace } from "../declaration/declaration.js";
import { ALONE, type Beside, observe, type Picture, withDefaults } from "../observation/observe.js";
import type { LeasedLink } from "../observation/leases.js";
import type { Rename } from "../observation/renames.js";
import { farEnd } from "../steps/links.js";
import { checkAside, isThere } from "../steps/names.js";
import { addition, removal } from "../steps/namespaces.js";
import type { Step } from "../steps/step.js";
import { goingEnd } from "./compare.js";
import type { ManagedLink } from "./managed.js";

/** What leads from what is there to what is wanted. */
export interface Plan {
  /** In the order in which they are taken; those of one group together. */
  readonly steps: readonly Step[];
  readonly groups: readonly (readonly Step[])[];
  /** What cannot be taken back. */
  readonly losses: readonly string[];
  /** What is wanted, spelled out: patterns and what is taken over. */
  readonly wanted: ReadDeclaration;
  /** Links that other programs manage, too. */
  readonly managed: readonly ManagedLink[];
  /** Links that others take the place of while another client keeps their leases. */
  readonly leased: readonly LeasedLink[];
  /** Links that get other names, in this order. */
  readonly renames: readonly Rename[];
  /** What is done in the namespaces that are declared and there, by their names; its steps are among those above. */
  readonly namespaces: ReadonlyMap<string, Plan>;
}

/** Plans one namespace. */
type PlanOne = (host: Host, wanted: ReadDeclaration, beside: Beside) => Promise<Plan>;

/** The id that a host's namespace has for another's; undefined where it has none. */
async function idOf(host: Host, other: Host): Promise<number | undefined> {
  await using namespace = await other.namespaceDescriptor();
  const [reply] = await host.request("RTM_GETNSID", { attributes: { fd: namespace.fd } });
  const { nsid = -1 } = reply?.attributes ?? {};
  return nsid < 0 ? undefined : nsid;
}

/** The links of namespaces that there are, by the ids that a host has for them. */
export async function farFrom(host: Host, names: readonly string[]): Promise<Beside["far"]> {
  const far = new Map<number, { namespace: string; names: Picture["names"] }>();
  for (const namespace of names.filter(isThere)) {
    await using there = await Host.open({ namespace: { name: namespace } });
    const id = await idOf(host, there);
    const links = id === undefined ? [] : await there.links({ only: ["name"] });
    if (id !== undefined) far.set(id, { namespace, names: new Map(links.map(({ index, name }) => [index, name])) });
  }
  return far;
}

/** Opens a namespace that is declared; where there is none yet, a new one, which is as that will be. */
function openDeclared(name: string): Promise<Host> {
  return Host.open({ namespace: isThere(name) ? { name } : "new" });
}

/** The other ends of pairs that are to be in each namespace. Throws InputError for one that is not there, and not declared. */
export function endsIn({ links, namespaces = {} }: ReadDeclaration): ReadonlyMap<string, ReadonlySet<string>> {
  const ends = new Map<string, Set<string>>();
  for (const [link, { peer }] of Object.entries(links)) {
    if (typeof peer !== "object" || peer === null) continue;
    const { name, namespace } = peer as { readonly name: string; readonly namespace: string };
    const isToBe = namespaces[namespace] === undefined ? isThere(namespace) : namespaces[namespace].absent !== true;
    if (!isToBe) throw new InputError(`there is no namespace ${namespace}`, `links.${link}.peer.namespace`);
    ends.set(namespace, (ends.get(namespace) ?? new Set()).add(name));
  }
  return ends;
}

/** Steps in a namespace, said to be there. */
function within(name: string, groups: Plan["groups"]): Plan["groups"] {
  return groups.map((group) => group.map((step) => ({ ...step, namespace: name })));
}

/** What cannot be taken back in a namespace: files of devices are those of the namespace that mounted /sys. */
function lossesIn(name: string, { steps, losses }: Plan): string[] {
  const counted = steps.filter(({ undo }) => undo.some(({ call }) => call === "virtualFunctions.setCount"));
  return [...losses, ...counted.map((each) => `${each.name}: how many virtual functions it has`)].map(
    (each) => `${name}: ${each}`,
  );
}

function groupOf(steps: readonly Step[]): Plan["groups"] {
  return steps.length === 0 ? [] : [steps];
}

/** The ends in other namespaces that go with links of the host's own. */
async function endsGoing(host: Host, { steps }: Plan, far: Beside["far"]): Promise<Step[]> {
  const removed = steps.filter(({ subject, action }) => subject === "link" && action === "remove");
  if (removed.length === 0 || far.size === 0) return [];
  const { links } = await observe(host, undefined, { ...ALONE, far });
  const going: Step[] = [];
  for (const { name } of removed) {
    const end = farEnd(links.get(name)!, { far });
    if (end === undefined) continue;
    await using there = await Host.open({ namespace: { name: end.namespace } });
    const picture = await withDefaults(await observe(there));
    going.push({ ...goingEnd(end.name, name, picture), namespace: end.namespace });
  }
  return going;
}

/**
 * The plan of a host and of the namespaces that are declared in it. These are made first; then comes what is done in the host's own,
 * from where the ends of pairs come, then what is done in each of them; those that are to go do so last.
 */
export async function planWhole(host: Host, wanted: ReadDeclaration, planOne: PlanOne): Promise<Plan> {
  const { namespaces } = wanted;
  const ends = endsIn(wanted);
  if (namespaces === undefined) return planOne(host, wanted, ALONE);
  const said = Object.entries(namespaces);
  const far = await farFrom(host, Object.keys(namespaces));
  const own = await planOne(host, wanted, { ...ALONE, far });
  const added = said.filter(([name, { absent }]) => absent !== true && !isThere(name)).map(([name]) => addition(name));
  const gone = said.filter(([name, { absent }]) => absent === true && isThere(name)).map(([name]) => removal(name));
  for (const { name } of gone) checkAside(name);
  const inner = new Map<string, Plan>();
  for (const [name, declaration] of said) {
    if (declaration.absent === true) continue;
    await using there = await openDeclared(name);
    try {
      inner.set(name, await planOne(there, declaration, { ...ALONE, arriving: ends.get(name) ?? ALONE.arriving }));
    } catch (error) {
      throw error instanceof InputError ? error.under(`namespaces.${name}`) : error;
    }
  }
  const groups = [
    ...groupOf(added),
    ...(await endsGoing(host, own, far)).map((each) => [each]),
    ...own.groups,
    ...[...inner].flatMap(([name, each]) => within(name, each.groups)),
    ...groupOf(gone),
  ];
  const spelledOut = said.map(([name, each]): [string, ReadNamespace] => [name, inner.get(name)?.wanted ?? each]);
  return {
    ...own,
    steps: groups.flat(),
    groups,
    losses: [...own.losses, ...[...inner].flatMap(([name, each]) => lossesIn(name, each))],
    wanted: { ...own.wanted, namespaces: Object.fromEntries(spelledOut) },
    namespaces: inner,
  };
}
