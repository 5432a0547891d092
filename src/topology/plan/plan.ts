import type { Host } from "../../host/host.js";
import { type Around, type ManagedLink, managedLinks } from "./managed.js";
import type { HostDeclaration, ReadDeclaration } from "../declaration/declaration.js";
import { compare, named } from "./compare.js";
import { describeOperation } from "../steps/operation.js";
import type { Rename } from "../observation/renames.js";
import { renaming } from "../steps/renames.js";
import { observe, type Picture, settingIfThere, withDefaults } from "../observation/observe.js";
import { checkDeclaration, isChecked } from "../declaration/schema.js";
import { type Difference, groupsOf, type Step } from "../steps/step.js";
import { spelledOut } from "./take-over.js";

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
  /** Links that get other names, in this order. */
  readonly renames: readonly Rename[];
}

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
): Plan {
  const groups = groupsOf([...renaming(picture), ...found]);
  const ordered = groups.flat();
  return {
    steps: ordered,
    groups,
    losses: ordered.flatMap(({ loss }) => (loss === undefined ? [] : [loss])),
    wanted,
    managed,
    renames: picture.renames,
  };
}

/** The plan from a picture; what is spelled out already is only compared. */
export function planFrom(wanted: ReadDeclaration, picture: Picture): Plan {
  return planOf(compare(wanted, picture), wanted, picture);
}

/**
 * Looks at a host, compares, and says what would be done, in which order, why, and how each step is taken back. Nothing is
 * changed. Throws InputError for what cannot be.
 */
export async function plan(host: Host, declared: Declared, around: Around = {}): Promise<Plan> {
  const declaration = read(declared);
  const picture = await observe(host, declaration);
  const links = named(declaration.links, picture);
  const { wanted, steps } = await spelledOut(host, { ...declaration, links }, picture);
  // What is taken over brings settings with it that were not looked at yet.
  const sysctls = new Map(picture.sysctls);
  for (const name of Object.keys(wanted.sysctls))
    if (!sysctls.has(name)) {
      const value = await settingIfThere(host, name, picture);
      if (value !== undefined) sysctls.set(name, value);
    }
  const found = { ...picture, sysctls };
  const compared = compare(wanted, found);
  // What is removed has to be made anew to take that back.
  const removes = compared.some(({ action, subject }) => action === "remove" && subject === "link");
  const all = [...(removes ? compare(wanted, await withDefaults(found)) : compared), ...steps];
  return planOf(all, wanted, picture, all.length === 0 ? [] : await managedLinks(host, wanted, picture, around));
}

const SIGNS = { add: "+", change: "~", remove: "-" } as const;

/** A value as a plan shows it. */
function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  return typeof value === "string"
    ? value
    : JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? String(each) : each));
}

/** "mtu 1500 → 9000". */
export function describeDifference({ property, wanted, found }: Difference): string {
  return `${property} ${shown(found)} → ${shown(wanted)}`;
}

/** One step as a line: what, and why. */
export function describeStep({ action, subject, name, reason, differences }: Step): string {
  const changed = action === "change" ? differences.map(describeDifference).join(", ") : "";
  return `${SIGNS[action]} ${subject} ${name}: ${changed === "" ? reason : changed}`;
}

/** A plan as words, a line for each step; with `calls`, what of the library is called, and what takes it back. */
export function describePlan({ steps, losses, managed }: Plan, { calls = false } = {}): string {
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
  return `${[...lines, ...lost, ...others].join("\n")}\n`;
}
