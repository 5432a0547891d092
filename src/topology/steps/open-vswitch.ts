import { InputError } from "../../base/errors.js";
import { defaultSocket, openvswitch } from "../../openvswitch/open-vswitch.js";
import type { BridgeSettings } from "../../openvswitch/bridges.js";
import type { PortSettings } from "../../openvswitch/port-columns.js";
import type { ShownBridge, ShownPort } from "../../openvswitch/show.js";
import { formerColumns } from "../../openvswitch/switch-port.js";
import type { OpenVswitchDeclaration, SwitchDeclaration, SwitchPortDeclaration } from "../declaration/open-vswitch.js";
import { except } from "../../base/except.js";
import { call, type Operation } from "./operation.js";
import { type Difference, type Step, step } from "./step.js";

/** Open vSwitch as it was seen, where something is declared of it. */
export type Switches = readonly ShownBridge[];

/** Looks at Open vSwitch. Rejects with OvsdbError where it does not answer. */
export async function observeSwitches(declared: OpenVswitchDeclaration | undefined): Promise<Switches> {
  if (declared === undefined) return [];
  await using open = await openvswitch({ socket: declared.socket });
  return await open.show();
}

const isThere = ([, { absent }]: readonly [string, { readonly absent?: true | undefined }]): boolean => absent !== true;

/** The links that Open vSwitch is to make: a bridge's own, and internal ports. */
export function linksOfSwitches({ bridges = {} }: OpenVswitchDeclaration = {}): string[] {
  return Object.entries(bridges)
    .filter(isThere)
    .flatMap(([name, { ports = {} }]) => [
      name,
      ...Object.entries(ports).flatMap(([port, { type }]) => (type === "internal" ? [port] : [])),
    ]);
}

/** A port as it can be made again. */
function formerPort(port: ShownPort): PortSettings {
  const [{ type, options, externalIds } = { type: "system", options: {}, externalIds: {} }] = port.interfaces;
  return {
    ...formerColumns(port),
    ...(type === "system" ? {} : { type }),
    ...(Object.keys(options).length === 0 ? {} : { options }),
    ...(Object.keys(externalIds).length === 0 ? {} : { externalIds }),
  };
}

function formerBridge({ datapathType, failMode, controllers, stp, rstp }: ShownBridge): BridgeSettings {
  return {
    ...(datapathType === "system" ? {} : { datapathType }),
    failMode: (failMode as BridgeSettings["failMode"]) ?? null,
    controllers: controllers.map(({ target }) => target),
    stp,
    rstp,
  };
}

/** What of a declaration is changed in place, and how it is found. */
const IN_PLACE = {
  bridge: ["failMode", "controllers", "stp", "rstp"],
  port: ["tag", "trunks", "vlanMode", "isolated"],
} as const;

/** What is wanted otherwise than it is found: lists in no order, null for nothing. */
function differences(names: readonly string[], wanted: object, found: object): Difference[] {
  const spelled = (value: unknown): string =>
    JSON.stringify(Array.isArray(value) ? [...(value as unknown[])].map(String).sort() : (value ?? null));
  return names.flatMap((property) => {
    const [want, has] = [wanted, found].map((each) => (each as Readonly<Record<string, unknown>>)[property]);
    if (want === undefined || spelled(want) === spelled(has)) return [];
    return [{ property, wanted: want ?? undefined, found: has ?? undefined }];
  });
}

/** What of a port is told by its interface: where that is otherwise, it is made anew. */
function madeOf({ interfaces: [first] }: ShownPort): object {
  const { type = "system", options = {}, externalIds = {} } = first ?? {};
  const { peer, remote_ip: remote, local_ip: local, key, dst_port: destinationPort } = options;
  return { type, peer, remote, local, key, destinationPort, externalIds };
}

function madeOtherwise({ type, externalIds, ...options }: SwitchPortDeclaration, port: ShownPort): Difference[] {
  const found = madeOf(port) as { externalIds: Record<string, string> };
  // Others may have said more of it.
  const ids = Object.fromEntries(Object.keys(externalIds ?? {}).map((name) => [name, found.externalIds[name]]));
  const texts = Object.entries(options).map(([name, value]) => [name, value === undefined ? value : String(value)]);
  const wanted = { ...(Object.fromEntries(texts) as object), type, externalIds };
  const names = ["type", "peer", "remote", "local", "key", "destinationPort", "externalIds"];
  return differences(names, wanted, { ...found, externalIds: ids });
}

interface Place {
  readonly socket: string;
  readonly bridge: string;
}

const join = ({ socket, bridge }: Place, port: string, settings: PortSettings): Operation =>
  call("openvswitch.join", socket, bridge, port, settings);
const leave = ({ socket, bridge }: Place, port: string): Operation => call("openvswitch.leave", socket, bridge, port);

/** An internal port is a link that others name: it is made before them. */
const phaseOf = ({ type }: SwitchPortDeclaration): "switches" | "join" => (type === "internal" ? "switches" : "join");

function portSteps(place: Place, name: string, wanted: SwitchPortDeclaration, found: ShownPort | undefined): Step[] {
  const { absent, ...settings } = wanted;
  const about = { subject: "switchPort" as const, name: `${name} of ${place.bridge}` };
  if (absent === true) return found === undefined ? [] : [taking(place, found, "it is not to be there")];
  const added = join(place, name, settings);
  if (found === undefined) {
    const [action, reason] = ["add" as const, "there is no such port"];
    // A bridge that is made in the same phase comes before.
    return [step(phaseOf(wanted), { ...about, action, reason, order: 1, do: [added], undo: [leave(place, name)] })];
  }
  const anew = madeOtherwise(settings, found);
  const own = differences(IN_PLACE.port, settings, found);
  if (anew.length === 0 && own.length === 0) return [];
  const former = formerPort(found);
  const [action, reason] = ["change" as const, "it is otherwise"];
  const changes = { ...about, action, reason, order: 1, differences: [...anew, ...own] };
  return anew.length > 0
    ? [
        step(phaseOf(wanted), {
          ...changes,
          do: [leave(place, name), join(place, name, { ...formerColumns(found), ...settings })],
          undo: [leave(place, name), join(place, name, former)],
        }),
      ]
    : [step(phaseOf(wanted), { ...changes, do: [added], undo: [join(place, name, formerColumns(found))] })];
}

function taking(place: Place, port: ShownPort, reason: string): Step {
  return step("leave", {
    action: "remove",
    subject: "switchPort",
    name: `${port.name} of ${place.bridge}`,
    reason,
    do: [leave(place, port.name)],
    undo: port.bond === undefined ? [join(place, port.name, formerPort(port))] : [],
    ...(port.bond === undefined ? {} : { loss: `${port.name}: a bond of Open vSwitch` }),
  });
}

function bridgeSteps(socket: string, name: string, wanted: SwitchDeclaration, found: ShownBridge | undefined): Step[] {
  const { absent, only, ports = {}, ...settings } = wanted;
  const place = { socket, bridge: name };
  const about = { subject: "switch" as const, name };
  const add = (given: BridgeSettings): Operation => call("openvswitch.addBridge", socket, name, given);
  const remove = call("openvswitch.removeBridge", socket, name);
  if (absent === true) {
    if (found === undefined) return [];
    const others = found.ports.filter((port) => port.name !== name);
    const lost = [...others.filter(({ bond }) => bond !== undefined).map((port) => port.name), ...found.mirrors];
    const back = others
      .filter(({ bond }) => bond === undefined)
      .map((port) => join(place, port.name, formerPort(port)));
    return [
      step("remove", {
        ...about,
        action: "remove",
        reason: "it is not to be there",
        do: [remove],
        undo: [add(formerBridge(found)), ...back],
        ...(lost.length === 0 ? {} : { loss: `${name}: its bonds and mirrors ${lost.join(", ")}` }),
      }),
    ];
  }
  const said = Object.entries(ports);
  const portsThere = new Map(found?.ports.map((port) => [port.name, port]));
  const ofPorts = said.flatMap(([port, each]) => portSteps(place, port, each, portsThere.get(port)));
  if (found === undefined) {
    const [action, reason] = ["add" as const, "there is no such bridge"];
    return [step("switches", { ...about, action, reason, do: [add(settings)], undo: [remove] }), ...ofPorts];
  }
  const { datapathType = found.datapathType } = settings;
  if (datapathType !== found.datapathType)
    throw new InputError(
      `it switches in ${found.datapathType}: remove it first, or leave that out`,
      `openvswitch.bridges.${name}.datapathType`,
    );
  const targets = found.controllers.map(({ target }) => target);
  const changes = differences(IN_PLACE.bridge, settings, { ...found, controllers: targets });
  const set = (given: BridgeSettings): Operation => call("openvswitch.setBridge", socket, name, given);
  const others = found.ports.filter((port) => port.name !== name && ports[port.name] === undefined);
  return [
    ...(changes.length === 0
      ? []
      : [
          step("switches", {
            ...about,
            action: "change",
            reason: "it is otherwise",
            differences: changes,
            do: [set(except(settings, "datapathType"))],
            undo: [set(except(formerBridge(found), "datapathType"))],
          }),
        ]),
    ...ofPorts,
    ...(only === true ? others.map((port) => taking(place, port, "only other ports are declared")) : []),
  ];
}

/** Bridges and ports of Open vSwitch. Throws InputError for what cannot be. */
export function compareSwitches(declared: OpenVswitchDeclaration | undefined, switches: Switches = []): Step[] {
  const { socket = defaultSocket(), bridges = {} } = declared ?? {};
  const byName = new Map(switches.map((bridge) => [bridge.name, bridge]));
  return Object.entries(bridges).flatMap(([name, wanted]) => bridgeSteps(socket, name, wanted, byName.get(name)));
}

/** What of Open vSwitch is declared as it is now: the way back from what is declared. */
export function formerSwitches(declared: OpenVswitchDeclaration, switches: Switches): OpenVswitchDeclaration {
  const byName = new Map(switches.map((bridge) => [bridge.name, bridge]));
  const declaredOf = (port: ShownPort): SwitchPortDeclaration => {
    const { externalIds, key, destinationPort, type, ...rest } = madeOf(port) as Record<string, string | undefined> & {
      externalIds: Record<string, string>;
    };
    const made = {
      ...rest,
      key: key === undefined ? undefined : Number(key),
      destinationPort: destinationPort === undefined ? undefined : Number(destinationPort),
      type: type === "system" ? undefined : type,
      externalIds: Object.keys(externalIds).length === 0 ? undefined : externalIds,
    };
    const given = Object.entries({ ...formerColumns(port), ...made }).filter(([, value]) => value !== undefined);
    return Object.fromEntries(given);
  };
  const bridges = Object.entries(declared.bridges ?? {}).map(([name, wanted]): [string, SwitchDeclaration] => {
    const found = byName.get(name);
    if (found === undefined) return [name, { absent: true }];
    const there = new Map(found.ports.map((port) => [port.name, declaredOf(port)]));
    const isWhole = wanted.absent === true || wanted.only === true;
    const names = isWhole ? [...there.keys()].filter((port) => port !== name) : Object.keys(wanted.ports ?? {});
    const ports = [...names, ...Object.keys(wanted.ports ?? {})].map(
      (port) => [port, there.get(port) ?? { absent: true }] as const,
    );
    return [name, { ...formerBridge(found), ports: Object.fromEntries(ports) }];
  });
  return { ...declared, bridges: Object.fromEntries(bridges) };
}
