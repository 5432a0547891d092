import type { Host } from "../../host/host.js";
import { type ManagedLink, managedLinks } from "./managed.js";
import type { Around } from "../observation/around.js";
import type { HostDeclaration, ReadDeclaration } from "../declaration/declaration.js";
import { compare, named } from "./compare.js";
import { describeOperation } from "../steps/operation.js";
import { linksOfSwitches, observeSwitches } from "../steps/open-vswitch.js";
import { renaming } from "../steps/renames.js";
import { type LeasedLink, leasedLinks, withLeases } from "../observation/leases.js";
import {
  type Beside,
  completed,
  type List,
  listsFor,
  observe,
  type Picture,
  settingIfThere,
  withDefaults,
} from "../observation/observe.js";
import { checkDeclaration, isChecked } from "../declaration/schema.js";
import { describeDifference, groupsOf, type Step } from "../steps/step.js";
import { type Plan, planWhole } from "./namespaces.js";
import { spelledOut } from "./take-over.js";

export type { Plan };

/** A declaration as it was read from a file, or as code has it. */
export type Declared = HostDeclaration | ReadDeclaration;

/** The declaration as it is read and checked. Throws InputError. */
export function read(declared: Declared): ReadDeclaration {
  return isChecked(declared) ? declared : checkDeclaration(declared, "code");
}

function planOf(
  found: readonly Step[],
  wanted: ReadDeclaration,
  picture: Picture,
  managed: readonly ManagedLink[] = [],
  leased: readonly LeasedLink[] = [],
): Plan {
  const groups = groupsOf([...renaming(picture), ...found]);
  const ordered = groups.flat();
  return {
    steps: ordered,
    groups,
    losses: ordered.flatMap(({ loss }) => (loss === undefined ? [] : [loss])),
    wanted,
    managed,
    leased,
    renames: picture.renames,
    namespaces: new Map(),
  };
}

/** Compares with what tells whether there is anything to do; when there is, with all. */
async function compared(
  host: Host,
  wanted: ReadDeclaration,
  picture: Picture,
  looked: readonly List[],
): Promise<{ readonly steps: readonly Step[]; readonly picture: Picture }> {
  const steps = compare(wanted, picture);
  if (steps.length === 0) return { steps, picture };
  const whole = await completed(host, picture, looked);
  // What is removed has to be made anew to take that back.
  const removes = steps.some(({ action, subject }) => action === "remove" && subject === "link");
  const known = removes ? await withDefaults(whole) : whole;
  return { steps: compare(wanted, known), picture: known };
}

async function look(host: Host, wanted: ReadDeclaration, around: Around, beside: Beside): Promise<Picture> {
  const switches = await observeSwitches(wanted.openvswitch);
  const arriving = new Set([...beside.arriving, ...linksOfSwitches(wanted.openvswitch)]);
  const picture = await observe(host, wanted, { ...beside, arriving }, listsFor(wanted));
  return withLeases(host, wanted, { ...picture, switches }, around);
}

/** What is left to be done of what is spelled out, and is only compared. */
export async function remaining(host: Host, wanted: ReadDeclaration, around: Around): Promise<Plan> {
  return planWhole(host, wanted, async (each, own, beside) => {
    const { steps, picture } = await compared(each, own, await look(each, own, around, beside), listsFor(own));
    return planOf(steps, own, picture);
  });
}

/**
 * Looks at a host, compares, and says what would be done, in which order, why, and how each step is taken back. Nothing is
 * changed. Throws InputError for what cannot be.
 */
export async function plan(host: Host, declared: Declared, around: Around = {}): Promise<Plan> {
  return planWhole(host, read(declared), (each, wanted, beside) => planOne(each, wanted, around, beside));
}

/** The plan of one namespace. */
async function planOne(host: Host, declaration: ReadDeclaration, around: Around, beside: Beside): Promise<Plan> {
  const first = await look(host, declaration, around, beside);
  const links = named(declaration.links, first);
  const { wanted, steps: helping } = await spelledOut(host, { ...declaration, links }, first);
  // What is taken over brings settings with it that were not looked at yet.
  const sysctls = new Map(first.sysctls);
  for (const name of Object.keys(wanted.sysctls))
    if (!sysctls.has(name)) {
      const value = await settingIfThere(host, name, first);
      if (value !== undefined) sysctls.set(name, value);
    }
  const { steps, picture } = await compared(host, wanted, { ...first, sysctls }, listsFor(declaration));
  const all = [...steps, ...helping];
  if (all.length === 0) return planOf(all, wanted, picture);
  const managed = await managedLinks(host, wanted, picture, around);
  return planOf(all, wanted, picture, managed, await leasedLinks(host, wanted, picture, around));
}

const SIGNS = { add: "+", change: "~", remove: "-" } as const;

/** One step as a line: what, and why. */
export function describeStep({ action, subject, name, namespace, reason, differences }: Step): string {
  const changed = action === "change" ? differences.map(describeDifference).join(", ") : "";
  const where = namespace === undefined ? "" : ` in ${namespace}`;
  return `${SIGNS[action]} ${subject} ${name}${where}: ${changed === "" ? reason : changed}`;
}

/** A plan as words, a line for each step; with `calls`, what of the library is called, and what takes it back. */
export function describePlan({ steps, losses, managed, leased }: Plan, { calls = false } = {}): string {
  if (steps.length === 0) return "nothing to do\n";
  const lines = steps.flatMap((step) => [
    describeStep(step),
    ...(calls
      ? [
          ...step.do.map((each) => `    ${describeOperation(each)}`),
          ...step.undo.map((each) => `    back: ${describeOperation(each)}`),
        ]
      : []),
  ]);
  const lost = losses.map((loss) => `! cannot be taken back: ${loss}`);
  const others = managed.map(
    ({ link, program, file, remedy }) =>
      `! ${program} manages ${link}, too (${file}): apply with unmanage, or ${remedy}`,
  );
  const clients = leased.map(
    ({ link, by, client, pids, file, address }) =>
      `! ${client} (process ${pids.join(", ")}) keeps the lease of ${link}, ${address} (${file}): end it, and "dhcp: true" of ${by} goes on with it`,
  );
  return `${[...lines, ...lost, ...others, ...clients].join("\n")}\n`;
}
