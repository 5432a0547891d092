import type { Encapsulation } from "../../rtnetlink/route/encapsulation/encapsulation.js";
import { type EncapsulationSettings, namesLink } from "../../rtnetlink/route/encapsulation/encapsulation-links.js";
import { encapsulationFields } from "../declaration/fields.js";
import { isAsWanted } from "../declaration/value.js";
import type { Picture } from "../observation/observe.js";

type Values = Readonly<Record<string, unknown>>;

/** How packets are wrapped as it can be given again, links by their names. */
export function wrappedBy(
  { encapsulation }: { readonly encapsulation?: Encapsulation | undefined },
  names: Picture["names"],
): { readonly encapsulation?: EncapsulationSettings } {
  if (encapsulation === undefined) return {};
  const named = Object.entries(encapsulation as Values).map(([property, value]) => [
    property,
    namesLink(encapsulation.type, property) && typeof value === "number" ? names.get(value) : value,
  ]);
  return { encapsulation: Object.fromEntries(named) as EncapsulationSettings };
}

/** Whether packets are wrapped as is wanted, and not at all where nothing is said. What is not said of it may be anyhow. */
export function isWrapped(
  wanted: EncapsulationSettings | undefined,
  found: EncapsulationSettings | undefined,
): boolean {
  if (wanted === undefined || found === undefined) return wanted === found;
  if (wanted.type !== found.type) return false;
  const fields = encapsulationFields[wanted.type as keyof typeof encapsulationFields] ?? {};
  const has = found as Values;
  return Object.entries(wanted as Values).every(([property, value]) => {
    const field = fields[property];
    if (field === undefined || value === undefined) return true;
    return typeof value === "string" ? value === has[property] : isAsWanted(field[0], value, has[property]);
  });
}
