import { InputError } from "../../base/errors.js";
import type { Nexthop } from "../../rtnetlink/nexthop/nexthop-requests.js";
import { nexthopFields, resilientFields } from "../declaration/fields.js";
import type { NexthopEntry, Some } from "../declaration/declaration.js";
import { except } from "../../base/except.js";
import { isAsWanted } from "../declaration/value.js";
import type { Picture } from "../observation/observe.js";
import { isWrapped, wrappedBy } from "./encapsulation.js";
import { call, type Operation } from "./operation.js";
import { type Difference, type Step, step } from "./step.js";

type Values = Readonly<Record<string, unknown>>;

/** A next hop as it can be given again, its link by its name. */
export function nexthopSettings(found: Nexthop, { names }: Pick<Picture, "names">): Omit<NexthopEntry, "id"> {
  const { family, gateway, link, blackhole, group, groupType, resGroup, fdb, protocol, flags, hwStatsEnable } = found;
  const name = link === undefined ? undefined : names.get(link);
  return {
    ...(group !== undefined || gateway !== undefined ? {} : { family }),
    ...(gateway === undefined ? {} : { gateway }),
    ...(name === undefined ? {} : { link: name }),
    ...(flags.includes("onlink") ? { onlink: true } : {}),
    ...(blackhole === true ? { blackhole } : {}),
    ...(group === undefined ? {} : { group }),
    ...(groupType === undefined || groupType === "mpath" ? {} : { groupType }),
    ...(resGroup === undefined ? {} : { resGroup: except(resGroup, "unbalancedTime") }),
    ...(fdb === true ? { fdb } : {}),
    ...(protocol === "static" ? {} : { protocol }),
    ...(hwStatsEnable === true ? { hwStatsEnable } : {}),
    ...wrappedBy(found, names),
  };
}

/** What a next hop is where nothing is said. */
const USUAL: Values = { onlink: false, blackhole: false, fdb: false, groupType: "mpath", protocol: "static" };

/** What says where packets go: one that leads by a gateway leads by nothing else. */
const WAY = ["gateway", "link", "blackhole", "group"] as const;

function sameMembers(wanted: NexthopEntry["group"], found: NexthopEntry["group"]): boolean {
  const spell = (group: NexthopEntry["group"] = []): string =>
    JSON.stringify(group.map(({ id, weight = 1 }) => [id, weight] as const).sort(([one], [other]) => one - other));
  return spell(wanted) === spell(found);
}

function differencesOf(wanted: NexthopEntry, present: Nexthop, picture: Picture): Difference[] {
  const found = nexthopSettings(present, picture) as Values & Omit<NexthopEntry, "id">;
  const { group, resGroup, encapsulation, ...said } = wanted;
  const differences: Difference[] = [];
  const differ = (property: string, value: unknown, has = found[property]): void => {
    differences.push({ property, wanted: value, found: has });
  };
  for (const [property, value] of Object.entries({ ...said, family: undefined, id: undefined, absent: undefined })) {
    if (value === undefined) continue;
    const has = found[property] ?? USUAL[property];
    if (property === "link" ? value !== has : !isAsWanted(nexthopFields[property]![0], value, has))
      differ(property, value);
  }
  for (const property of WAY)
    if (wanted[property] === undefined && found[property] !== undefined) differ(property, undefined);
  if (group !== undefined && !sameMembers(group, found.group)) differ("group", group);
  for (const [property, value] of Object.entries(resGroup ?? {}))
    if (
      value !== undefined &&
      !isAsWanted(resilientFields[property]![0], value, (present.resGroup as Values | undefined)?.[property])
    )
      differ(`resGroup.${property}`, value, (present.resGroup as Values | undefined)?.[property]);
  if (group === undefined && !isWrapped(encapsulation, found.encapsulation)) differ("encapsulation", encapsulation);
  return differences;
}

/** The next hops of a link, and the groups that they are in. */
export function nexthopsOver(index: number, { nexthops }: Picture): Set<number> {
  const own = new Set(nexthops.filter(({ link }) => link === index).map(({ id }) => id));
  return withGroups(own, nexthops);
}

/** Next hops by their ids, and the groups that they are in. */
export function withGroups(ids: Set<number>, nexthops: readonly Nexthop[]): Set<number> {
  const groups = nexthops.filter(({ group }) => group?.some(({ id }) => ids.has(id)));
  return new Set([...ids, ...groups.map(({ id }) => id)]);
}

/** What puts next hops there again, groups after their members. */
export function nexthopsBack(ids: ReadonlySet<number>, picture: Picture): Operation[] {
  const own = picture.nexthops.filter(({ id }) => ids.has(id));
  const sorted = [...own.filter(({ group }) => group === undefined), ...own.filter(({ group }) => group !== undefined)];
  return sorted.map((each) => call("nexthops.replace", each.id, nexthopSettings(each, picture)));
}

/** Next hops. `routesBack`: what puts back the routes by some, which go with them. */
export function compareNexthops(
  { entries, only }: Some<NexthopEntry>,
  picture: Picture,
  routesBack: (ids: ReadonlySet<number>) => Operation[],
): Step[] {
  const byId = new Map(picture.nexthops.map((each) => [each.id, each]));
  const meant = new Set(entries.map(({ id }) => id));
  const steps: Step[] = [];
  const retire = (found: Nexthop, reason: string): void => {
    const ids = withGroups(new Set([found.id]), picture.nexthops);
    const routes = routesBack(ids);
    steps.push(
      step("retire", {
        order: found.group === undefined ? 1 : 0,
        action: "remove",
        subject: "nexthop",
        name: String(found.id),
        reason,
        do: [call("nexthops.remove", found.id)],
        undo: [...nexthopsBack(ids, picture), ...routes],
      }),
    );
  };
  for (const [place, entry] of entries.entries()) {
    const { id, absent, ...settings } = entry;
    const found = byId.get(id);
    const about = { subject: "nexthop", name: String(id), order: settings.group === undefined ? 0 : 1 } as const;
    if (absent === true) {
      if (found !== undefined) retire(found, "it is not to be there");
    } else if (found === undefined)
      steps.push(
        step("nexthops", {
          ...about,
          action: "add",
          reason: "there is no next hop of this id",
          do: [call("nexthops.replace", id, settings)],
          undo: [call("nexthops.remove", id)],
        }),
      );
    else {
      const differences = differencesOf(entry, found, picture);
      if (differences.length === 0) continue;
      if ((settings.group === undefined) !== (found.group === undefined))
        throw new InputError(
          `next hop ${id} is ${found.group === undefined ? "none" : "a group"}, and the kernel makes none of the other: give it another id`,
          `nexthops.${place}.group`,
        );
      steps.push(
        step("nexthops", {
          ...about,
          action: "change",
          reason: `${differences.map(({ property }) => property).join(", ")} differ`,
          differences,
          do: [call("nexthops.replace", id, settings)],
          undo: [call("nexthops.replace", id, nexthopSettings(found, picture))],
        }),
      );
    }
  }
  if (only)
    for (const each of picture.nexthops) if (!meant.has(each.id)) retire(each, "only other next hops are declared");
  return steps;
}

/** The next hops as they can be declared, of a link and their groups, or all. */
export function captureNexthops(picture: Picture, ids?: ReadonlySet<number>): NexthopEntry[] {
  const own = picture.nexthops.filter(({ id }) => ids === undefined || ids.has(id));
  return own.map((each) => ({ id: each.id, ...nexthopSettings(each, picture) }));
}
