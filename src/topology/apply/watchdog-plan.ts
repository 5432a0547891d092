import { randomInt } from "node:crypto";
import { Host } from "../../host/host.js";
import { pathOfName } from "../../kernel/namespace-names.js";
import { Writer } from "../../netlink/codecs/bytes.js";
import type { Codec } from "../../netlink/codecs/codec.js";
import { linkKinds } from "../../rtnetlink/link/kinds/index.js";
import { isLinkKind } from "../../rtnetlink/link/link-kind.js";
import {
  linkAttributes,
  linkInfo,
  RTM_DELLINK,
  RTM_GETLINK,
  RTM_NEWLINK,
  RTM_SETLINK,
} from "../../rtnetlink/link/link.js";
import { REFERENCES } from "../../rtnetlink/link/link-references.js";
import {
  ask,
  encodeInverses,
  enter,
  fieldOf,
  giveName,
  INDEX_IN_MESSAGE,
  type Inverse,
  onlyIf,
  readSetting,
  send,
  type Step as RunnerStep,
  takeName,
  unlessSettled,
  whenSo,
  writeSetting,
} from "../../runner/steps.js";
import { type Before, indexOf, performed, stepsOf, u32 } from "./requests.js";
import { ALONE, observe, type Picture, withDefaults } from "../observation/observe.js";
import { endsIn, type Plan } from "../plan/namespaces.js";
import { asideOf, isThere } from "../steps/names.js";
import { call, type Operation } from "../steps/operation.js";
import type { Step } from "../steps/step.js";

type Values = Readonly<Record<string, unknown>>;

type Entry = readonly [number, Codec<unknown>?, ...unknown[]];

const HEADER = RTM_NEWLINK.header.size;
const link = linkAttributes.entries;
const info = linkInfo.entries;
const KIND = [link.linkInfo[0], info.kind[0]] as const;
const DATA = [link.linkInfo[0], info.data[0]] as const;
const MASTER = [link.master[0]] as const;
const CREATES: readonly string[] = ["addLink", "addPair", "addTap"];

function bytesFor(codec: Codec<unknown>, value: unknown): Buffer {
  const writer = new Writer();
  codec.write(writer, value, {});
  return writer.take();
}

const aboutLink = (name: string): RunnerStep => ask("subject", RTM_GETLINK, { attributes: { name } });
const aboutIndex = (index: number): RunnerStep => ask("subject", RTM_GETLINK, { header: { index } });

/** A link that was created goes when it is still of its kind. */
function removal(name: string, kind: string, group: number | undefined): Inverse {
  const index = { to: INDEX_IN_MESSAGE, field: fieldOf("subject", 0, [], 4, 4) };
  return {
    subject: name,
    steps: [
      aboutLink(name),
      unlessSettled(fieldOf("subject", HEADER)),
      onlyIf(`it is no ${kind} any more, and stays`, fieldOf("subject", HEADER, KIND), Buffer.from(`${kind}\0`)),
      group === undefined
        ? send("it cannot be removed", RTM_DELLINK, {}, [index])
        : send("it cannot be removed", RTM_SETLINK, { attributes: { group } }, [index]),
    ],
  };
}

/** What is taken back of a link's property only where that is as it was set. */
function guardOf(
  name: string,
  kind: string | undefined,
  property: string,
  wanted: unknown,
  found: unknown,
): RunnerStep[] {
  const options = isLinkKind(kind) ? (linkKinds[kind].entries as Readonly<Record<string, Entry>>) : {};
  const common = link as Readonly<Record<string, Entry>>;
  const [number, codec] = options[property] ?? common[property] ?? [0];
  if (codec === undefined || codec.undo !== undefined || REFERENCES.has(property) || wanted === undefined) return [];
  const path = options[property] === undefined ? [number] : [...DATA, number];
  const field = fieldOf("subject", HEADER, path);
  // The kernel does not report an empty text.
  const isSettled =
    found === undefined ? [] : [unlessSettled(field, found === "" ? undefined : bytesFor(codec, found))];
  if (wanted === "") return [...isSettled, whenSo(field)];
  return [
    ...isSettled,
    onlyIf(`its ${property} is not what was set any more, and stays`, field, bytesFor(codec, wanted)),
  ];
}

async function propertiesBack(before: Before, step: Step, operation: Operation): Promise<Inverse[]> {
  const [name, ...rest] = operation.with as readonly [string, ...unknown[]];
  const kind = operation.call === "setKind" ? (rest[0] as string) : undefined;
  const values = (operation.call === "setKind" ? rest[1] : rest[0]) as Values;
  const inverses: Inverse[] = [];
  for (const [property, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const difference = step.differences.find((each) => each.property === property);
    // A TAP takes on the MTU of a bridge that it joins.
    const isFollowed = property === "mtu" && before.moved.has(name);
    const guards =
      difference === undefined || isFollowed ? [] : guardOf(name, kind, property, difference.wanted, difference.found);
    const back = call(operation.call, name, ...(kind === undefined ? [] : [kind]), { [property]: value });
    const steps = property === "altnames" ? [] : await performed(before, back);
    inverses.push({ subject: name, steps: [aboutIndex(indexOf(before, name)), ...guards, ...steps] });
  }
  return inverses;
}

/** The port is put back when it is still where it was put. */
function guardOfPort(before: Before, step: Step): RunnerStep[] {
  const [difference] = step.differences.filter(({ property }) => property === "master");
  const [{ with: given } = { with: [] }] = step.do;
  const name = given[0] as string;
  const start = [aboutIndex(indexOf(before, name))];
  if (difference === undefined) return start;
  const { wanted, found } = difference as { wanted: string | 0; found?: string };
  const field = fieldOf("subject", HEADER, MASTER);
  const settled = unlessSettled(field, found === undefined ? undefined : u32(indexOf(before, found)));
  const text = "it is a port of another by now, and stays";
  if (wanted === 0) return [...start, settled];
  return [
    ...start,
    settled,
    ask("other", RTM_GETLINK, { attributes: { name: wanted } }),
    onlyIf(text, field, u32(0), [{ to: 0, field: fieldOf("other", 0, [], 4, 4) }]),
  ];
}

/** Puts a port back, and, when it is where it was, what it took on elsewhere. */
async function portsBack(before: Before, step: Step, undo: readonly Operation[]): Promise<Inverse[]> {
  const moves = undo.filter(
    ({ call: how }) => how !== "setLink" && how !== "replaceAddress" && how !== "routes.replace",
  );
  const others = undo.filter((each) => !moves.includes(each));
  const collected = async (operations: readonly Operation[]): Promise<RunnerStep[]> => {
    const steps: RunnerStep[] = [];
    for (const each of operations) steps.push(...(await stepsOf(before, step, each)));
    return steps;
  };
  const name = step.do[0]!.with[0] as string;
  const { master } = before.picture.links.get(name)!;
  const isBack = whenSo(fieldOf("subject", HEADER, MASTER), master === undefined ? undefined : u32(master));
  return [
    { subject: step.name, steps: [...guardOfPort(before, step), ...(await collected(moves))] },
    ...(others.length === 0
      ? []
      : [{ subject: step.name, steps: [aboutIndex(indexOf(before, name)), isBack, ...(await collected(others))] }]),
  ];
}

/** A setting of a link that gets another name is looked for by that: only where the link has it. */
function onceNamed(name: string, { picture: { renames } }: Before): RunnerStep[] {
  const called = /\/conf\/([^/]+)\//.exec(name)?.[1];
  const index = renames.find(({ to }) => to === called)?.index;
  if (called === undefined || index === undefined) return [];
  const isCalledSo = whenSo(fieldOf("other", HEADER, [link.name[0]]), Buffer.from(`${called}\0`));
  return [ask("other", RTM_GETLINK, { header: { index } }), isCalledSo];
}

function settingBack(before: Before, step: Step, { with: given }: Operation): Inverse[] {
  const [name, value] = given as readonly [string, string];
  const wanted = step.differences.find(({ property }) => property === name)?.wanted as string | undefined;
  const field = fieldOf("subject", 0);
  const line = (text: string): Buffer => Buffer.from(`${text.trim().split(/\s+/).join("\t")}\n`);
  const guard =
    wanted === undefined
      ? []
      : [unlessSettled(field, line(value)), onlyIf(`it is not ${wanted} any more, and stays`, field, line(wanted))];
  const steps = [readSetting(name), unlessSettled(field), ...guard, writeSetting(name, value)];
  return [{ subject: name, steps: [...onceNamed(name, before), ...steps] }];
}

/** Whether an operation is about a link that the plan creates: it goes with that. */
function goesAlong({ call: how, with: [first, second] }: Operation, { created }: Before): boolean {
  if (how === "routes.replace" || how === "routes.remove" || how === "rules.add" || how === "rules.remove") {
    const { link: over } = (second ?? {}) as { link?: unknown };
    return how === "routes.replace" && typeof over === "string" && created.has(over);
  }
  if (how === "setSysctl")
    return /\/conf\/([^/]+)\//.test(first as string) && created.has(/\/conf\/([^/]+)\//.exec(first as string)![1]!);
  return typeof first === "string" && created.has(first);
}

async function inversesOf(before: Before, step: Step): Promise<Inverse[]> {
  // The service is asked by nobody but Node; whoever loses the lease is told before.
  if (step.subject === "lease") return [];
  const isRestoring = step.action === "remove" && step.subject === "link";
  const undo = isRestoring ? step.undo : step.undo.filter((each) => !goesAlong(each, before));
  if (undo.length === 0) return [];
  if (step.subject === "sysctl") return undo.flatMap((each) => settingBack(before, step, each));
  if (step.subject === "port") return portsBack(before, step, undo);
  const inverses: Inverse[] = [];
  for (const each of undo) {
    const isSetting = !isRestoring && (each.call === "setLink" || each.call === "setKind");
    if (each.call === "rename") {
      const back = call("setLink", step.name, { name: each.with[1] });
      inverses.push(...(await propertiesBack(before, step, back)));
    } else if (isSetting) inverses.push(...(await propertiesBack(before, step, each)));
    else inverses.push({ subject: step.name, steps: await stepsOf(before, step, each) });
  }
  return inverses;
}

/** What a link is created as. */
function kindOf({ do: operations }: Step): string {
  const [{ call: how, with: given } = call("addTap")] = operations;
  return how === "addTap" ? "tun" : how === "addPair" ? (given[0] as string) : (given[1] as string);
}

function createdBy(steps: readonly Step[]): ReadonlySet<string> {
  return new Set(
    steps.flatMap(({ do: operations }) =>
      operations
        .filter(({ call: how }) => CREATES.includes(how))
        .flatMap(({ call: how, with: [first, second, third] }) => {
          if (how !== "addPair") return [first as string];
          const { name, namespace } = (third as { peer: { name: string; namespace?: object } }).peer;
          return namespace === undefined ? [second as string, name] : [second as string];
        }),
    ),
  );
}

/** A group that no link is in. */
function freeGroup({ links }: Picture): number {
  const taken = new Set([...links.values()].map(({ group }) => group));
  let group: number;
  do group = randomInt(0x40000000, 0x7fffffff);
  while (taken.has(group));
  return group;
}

/**
 * What takes a plan of one namespace back: made before the first step, of what there is then. It is what was changed, each only where it is
 * still as it was left; links have the indexes again that they had.
 */
async function inversesIn(host: Host, { groups }: Plan, picture: Picture): Promise<Inverse[]> {
  const steps = groups.flat();
  const ports = steps.filter(({ subject }) => subject === "port");
  const moved = new Set(ports.flatMap(({ do: operations }) => operations.map(({ with: [name] }) => name as string)));
  const created = new Set([...createdBy(steps), ...picture.arriving]);
  const before: Before = { host, picture, created, moved, group: freeGroup(picture) };
  const inverses: Inverse[] = [];
  let removed: (readonly [string, string])[] = [];
  const remove = (): void => {
    const isOne = removed.length === 1;
    for (const [name, kind] of removed) inverses.push(removal(name, kind, isOne ? undefined : before.group));
    const attributes = { group: before.group };
    if (removed.length > 1)
      inverses.push({
        subject: `${removed.length} links`,
        steps: [send("they cannot be removed", RTM_DELLINK, { attributes })],
      });
    removed = [];
  };
  for (const step of steps.reverse()) {
    if (step.action === "add" && step.subject === "link") {
      removed.push([step.name, kindOf(step)]);
      continue;
    }
    const own = await inversesOf(before, step);
    if (own.length > 0) remove();
    inverses.push(...own);
  }
  remove();
  return inverses;
}

/** A namespace has its name no more, or again: with it goes, or comes, what is in it. */
function nameBack({ name, action }: Step): Inverse {
  const path = pathOfName(name);
  const steps = action === "add" ? [takeName(path)] : [giveName(path, asideOf(name)), takeName(asideOf(name))];
  return { subject: `namespace ${name}`, steps };
}

/** What is taken back in a namespace that was there; one that is new goes whole. */
async function inversesInside(name: string, { namespaces, wanted }: Plan): Promise<Inverse[]> {
  if (!isThere(name)) return [];
  await using host = await Host.open({ namespace: { name } });
  const plan = namespaces.get(name)!;
  const arriving = endsIn(wanted).get(name) ?? ALONE.arriving;
  const picture = await observe(host, wanted.namespaces![name], { ...ALONE, arriving });
  const inverses = await inversesIn(host, plan, await withDefaults(picture));
  const there = enter(pathOfName(name));
  return inverses.map(({ subject, steps }) => ({ subject: `${subject} in ${name}`, steps: [there, ...steps] }));
}

/** What takes a plan back, as the bytes that the watchdog takes. */
export async function watchdogPlan(host: Host, made: Plan): Promise<Buffer> {
  const names = made.steps.filter(({ subject }) => subject === "namespace").reverse();
  const own = made.groups.filter(([first]) => first?.namespace === undefined && first?.subject !== "namespace");
  const inside: Inverse[] = [];
  for (const name of [...made.namespaces.keys()].reverse()) inside.push(...(await inversesInside(name, made)));
  const picture = await withDefaults(await observe(host, made.wanted));
  return encodeInverses([
    ...names.filter(({ action }) => action === "remove").map(nameBack),
    ...inside,
    ...(await inversesIn(host, { ...made, groups: own }, picture)),
    ...names.filter(({ action }) => action === "add").map(nameBack),
  ]);
}
