import { InputError } from "../../base/errors.js";
import type { VirtualFunctionEntry, ReadLink } from "../declaration/declaration.js";
import { virtualFunctionFields } from "../declaration/fields.js";
import { except } from "../../base/except.js";
import { isAsWanted } from "../declaration/value.js";
import type { Functions, Picture } from "../observation/observe.js";
import { call, type Operation } from "./operation.js";
import { type Difference, type Step, step } from "./step.js";

type Values = Readonly<Record<string, unknown>>;

/** What a virtual function has, as it can be set again: all, or some of it. */
function settingsOf(found: Values, names = Object.keys(virtualFunctionFields)): Values {
  // Without a VLAN there is no more to say of its tag.
  const isTagless = (name: string): boolean => (found["vlan"] ?? 0) === 0 && ["qos", "protocol"].includes(name);
  const own = names.filter((name) => name !== "index" && found[name] !== undefined && !isTagless(name));
  return Object.fromEntries(own.map((name) => [name, found[name]]));
}

/** What puts the settings of all of a link's functions back, which go with them when their number changes. */
function functionsBack(name: string, { functions }: Functions): Operation[] {
  return functions.map((found) => call("virtualFunctions.set", name, found.index, settingsOf({ ...found })));
}

function counting(name: string, wanted: number, found: Functions): Step {
  const { count } = found;
  return step("functions", {
    action: "change",
    subject: "virtualFunction",
    name: `of ${name}`,
    reason: `there are ${count}`,
    differences: [{ property: "count", wanted, found: count }],
    do: [call("virtualFunctions.setCount", name, wanted)],
    undo: [call("virtualFunctions.setCount", name, count), ...functionsBack(name, found)],
    // From one number to another, all go.
    ...(count === 0 ? {} : { loss: `${name}: whoever uses its ${count} virtual functions loses them` }),
  });
}

function differencesOf(wanted: VirtualFunctionEntry, found: Values): Difference[] {
  return Object.entries(except(wanted, "index"))
    .filter(([property, value]) => {
      if (value === undefined) return false;
      return !isAsWanted(virtualFunctionFields[property]![0], value, found[property]);
    })
    .map(([property, value]) => ({ property, wanted: value, found: found[property] }));
}

/** The virtual functions of network cards: how many there are, and what is set of them. */
export function compareVirtualFunctions(links: Readonly<Record<string, ReadLink>>, picture: Picture): Step[] {
  return Object.entries(links).flatMap(([name, { virtualFunctions: wanted }]) => {
    if (wanted === undefined) return [];
    const found = picture.functions.get(name);
    if (found === undefined) throw new InputError("it can have none", `links.${name}.virtualFunctions`);
    const { count = found.count, entries = [] } = wanted;
    const isAnew = count !== found.count;
    const steps = isAnew ? [counting(name, count, found)] : [];
    for (const [place, entry] of entries.entries()) {
      const { index, ...settings } = entry;
      if (index >= count)
        throw new InputError(
          count === 0 ? "there are none" : `they are 0 to ${count - 1}`,
          `links.${name}.virtualFunctions.entries.${place}.index`,
        );
      const present = isAnew ? {} : (found.functions.find((each) => each.index === index) ?? {});
      const differences = differencesOf(entry, present);
      if (differences.length === 0) continue;
      steps.push(
        step("functions", {
          order: 1,
          action: "change",
          subject: "virtualFunction",
          name: `${index} of ${name}`,
          reason: isAnew ? "it is new" : `${differences.map(({ property }) => property).join(", ")} differ`,
          differences,
          do: [call("virtualFunctions.set", name, index, settings)],
          // What is new goes with their number.
          undo: isAnew
            ? []
            : [
                call(
                  "virtualFunctions.set",
                  name,
                  index,
                  settingsOf(
                    present,
                    differences.map(({ property }) => property),
                  ),
                ),
              ],
        }),
      );
    }
    return steps;
  });
}

/** A card's virtual functions as they can be declared; undefined where there are none. */
export function captureVirtualFunctions(name: string, { functions: all }: Picture): ReadLink["virtualFunctions"] {
  const found = all.get(name);
  if (found === undefined || found.count === 0) return undefined;
  const entries = found.functions.map((each) => ({ index: each.index, ...settingsOf({ ...each }) }));
  return { count: found.count, entries };
}
