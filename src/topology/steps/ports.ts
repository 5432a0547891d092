import { InputError } from "../../base/errors.js";
import type { PortSettings } from "../../host/ports/port-settings.js";
import { joinsDown } from "../../host/ports/port.js";
import { bondPort } from "../../rtnetlink/link/kinds/bond-port.js";
import { bridgePort } from "../../rtnetlink/link/kinds/bridge-port.js";
import type { BridgeVlan } from "../../rtnetlink/bridge/bridge-vlan-requests.js";
import { compressVlans, expandVlans } from "../../rtnetlink/bridge/vlan-ranges.js";
import type { Link } from "../../rtnetlink/link/link.js";
import { REFERENCES } from "../../rtnetlink/link/link-references.js";
import type { ReadLink } from "../declaration/declaration.js";
import { addressesBack, takesFrames } from "./links.js";
import { portFields } from "../declaration/fields.js";
import { call, type Operation } from "./operation.js";
import type { Picture } from "../observation/observe.js";
import { difference, type Difference, type Step, step } from "./step.js";
import { except } from "../../base/except.js";
import { isAsWanted } from "../declaration/value.js";

type Values = Readonly<Record<string, unknown>>;

/** What the kernel reports of a port, by the words of a declaration. */
function reportedPort(link: Link | undefined, { names }: Picture): Values {
  const options = (link?.linkInfo?.slaveData ?? {}) as Values;
  const named = Object.entries(options).map(([name, value]) => [
    name,
    REFERENCES.has(name) && typeof value === "number" ? (value === 0 ? undefined : names.get(value)) : value,
  ]);
  return Object.fromEntries(named) as Values;
}

/** The VLANs of a port, or of a bridge itself. */
export function vlansOf(link: Link | undefined, { vlans }: Picture): BridgeVlan[] {
  if (link === undefined) return [];
  const own = vlans.filter(({ index }) => index === link.index);
  return own.map((vlan) => except(vlan, "index", "stats", "mcastNGroups"));
}

/** Whether VLANs are as they are wanted: the same, with all that is said of them. */
function sameVlans(wanted: readonly BridgeVlan[], found: readonly BridgeVlan[]): boolean {
  const has = new Map(expandVlans(found).map((vlan) => [vlan.id, vlan]));
  const all = expandVlans(wanted);
  return (
    all.length === has.size &&
    all.every((vlan) => {
      const other = has.get(vlan.id) as Values | undefined;
      const said = Object.entries({ pvid: false, untagged: false, ...vlan });
      return (
        other !== undefined && said.every(([name, value]) => value === undefined || value === (other[name] ?? false))
      );
    })
  );
}

/** What of a port is not as it is wanted. */
function differencesOf(wanted: Values, link: Link | undefined, picture: Picture): Difference[] {
  const reported = reportedPort(link, picture);
  const { vlans, ...options } = wanted as { vlans?: readonly BridgeVlan[] };
  const differences: Difference[] = Object.entries(options as Values)
    .filter(([name, value]) => value !== undefined && portFields[name] !== undefined)
    .filter(([name, value]) =>
      REFERENCES.has(name) ? value !== reported[name] : !isAsWanted(portFields[name]![0], value, reported[name]),
    )
    .map(([property, value]) => difference(property, portFields[property]![0], value, reported[property]));
  if (vlans !== undefined) {
    const found = vlansOf(link, picture);
    if (!sameVlans(vlans, found)) differences.push({ property: "vlans", wanted: vlans, found: compressVlans(found) });
  }
  return differences;
}

/** A port's options as they can be set again. */
export function formerPort(link: Link, picture: Picture): PortSettings {
  const { slaveKind } = link.linkInfo ?? {};
  const table = slaveKind === "bridge" ? bridgePort.entries : slaveKind === "bond" ? bondPort.entries : {};
  const reported = reportedPort(link, picture);
  const options = Object.entries(table as Readonly<Record<string, readonly [number, { readOnly?: boolean }]>>)
    .filter(([name, [, { readOnly }]]) => readOnly !== true && name !== "state" && reported[name] !== undefined)
    .map(([name]) => [name, reported[name]]);
  const vlans = vlansOf(link, picture);
  return { ...Object.fromEntries(options), ...(vlans.length > 0 ? { vlans } : {}) } as PortSettings;
}

/** Puts a port back where it was. */
function rejoin(name: string, link: Link | undefined, picture: Picture): Operation[] {
  if (link === undefined) return [];
  const former = link.master === undefined ? undefined : picture.names.get(link.master);
  const settings = { ...(link.mtu === undefined ? {} : { mtu: link.mtu }), up: link.up };
  const lost = link.up ? [] : addressesBack(link, picture);
  if (former === undefined) return [call("detach", name), call("setLink", name, settings), ...lost];
  const options = { ...formerPort(link, picture), move: true, withoutFiltering: true };
  return [call("attach", name, former, options), call("setLink", name, settings), ...lost];
}

/** How a link joins: one whose place is taken does so in one message, and stays up where its master lets it. */
interface Joining {
  readonly takenOver: boolean;
  readonly joinsDown: boolean;
  /** What puts back what it loses when it goes down. */
  readonly back: Operation[];
}

function joining(name: string, wanted: ReadLink, link: Link | undefined, picture: Picture, how: Joining): Step {
  const { takenOver, joinsDown, back } = how;
  const master = wanted.master!;
  const former = link?.master === undefined ? undefined : picture.names.get(link.master);
  const port = wanted.asPort ?? {};
  const given = Object.keys(port).length > 0;
  return step("join", {
    // Ports of one bond join in the order in which they are named: it takes on the first one's MAC.
    action: former === undefined ? "add" : "change",
    subject: "port",
    name: `${name} of ${master}`,
    reason: former === undefined ? `it is no port of ${master}` : `it is a port of ${former}`,
    differences: [{ property: "master", wanted: master, found: former }],
    // What is in use stays up on the way: it would lose its routes.
    do: takenOver
      ? [
          ...(joinsDown ? [call("setLink", name, { up: false })] : []),
          call("setLink", name, { master }),
          ...(given ? [call("setPort", name, port)] : []),
        ]
      : [
          call("attach", name, master, { ...port, move: true }),
          // A TAP takes on a bridge's MTU.
          ...(wanted["mtu"] === undefined ? [] : [call("setLink", name, { mtu: wanted["mtu"] })]),
          ...(wanted.up === false ? [call("setLink", name, { up: false })] : []),
        ],
    undo: [...rejoin(name, link, picture), ...(takenOver && joinsDown ? back : [])],
  });
}

/** Ports: where they belong, their options and VLANs. `taken`: links whose place another takes. */
export function comparePorts(
  links: Readonly<Record<string, ReadLink>>,
  picture: Picture,
  taken: ReadonlySet<string>,
  back: (name: string) => Operation[],
): Step[] {
  // What new links are on that take its frames leaves before they come.
  const awaited = new Set(
    Object.entries(links)
      .filter(([name, { kind }]) => !picture.links.has(name) && takesFrames(kind))
      .map(([, { link }]) => link),
  );
  return Object.entries(links).flatMap(([name, wanted]) => {
    if (wanted.absent === true) return [];
    const link = picture.links.get(name);
    const former = link?.master === undefined ? "" : (picture.names.get(link.master) ?? "");
    const steps: Step[] = [];
    const { vlans } = wanted;
    if (vlans !== undefined && !sameVlans(vlans, vlansOf(link, picture))) {
      const found = compressVlans(vlansOf(link, picture));
      steps.push(
        step("vlans", {
          action: "change",
          subject: "link",
          name,
          reason: "its own VLANs are others",
          differences: [{ property: "vlans", wanted: vlans, found }],
          do: [call("bridgeVlans.set", name, vlans)],
          undo: link === undefined ? [] : [call("bridgeVlans.set", name, found)],
        }),
      );
    }
    // A bond takes down what leaves it: what is given back comes when it is up again.
    const fallsDown = links[former]?.release === name && joinsDown(picture.links.get(former)?.kind);
    if (wanted.master === "" && former !== "")
      steps.push(
        step(awaited.has(name) || fallsDown ? "clear" : "leave", {
          action: "remove",
          subject: "port",
          name: `${name} of ${former}`,
          reason: `it is to be no port, and is one of ${former}`,
          differences: [{ property: "master", wanted: 0, found: former }],
          do: [call("detach", name), ...(fallsDown ? [call("setLink", name, { up: wanted.up ?? link!.up })] : [])],
          undo: [...rejoin(name, link, picture), ...back(name)],
        }),
      );
    else if (wanted.master !== undefined && wanted.master !== "" && wanted.master !== former)
      steps.push(
        joining(name, wanted, link, picture, {
          takenOver: taken.has(name),
          joinsDown: joinsDown(links[wanted.master]?.kind ?? picture.links.get(wanted.master)?.kind),
          back: back(name),
        }),
      );
    else if (wanted.asPort !== undefined) {
      if (former === "") throw new InputError("it is no port, and its master is not declared", `links.${name}.asPort`);
      const differences = differencesOf(wanted.asPort, link, picture);
      const side = (which: "wanted" | "found"): Values =>
        Object.fromEntries(differences.map(({ property, [which]: value }) => [property, value ?? 0]));
      if (differences.length > 0)
        steps.push(
          step("join", {
            order: 1,
            action: "change",
            subject: "port",
            name: `${name} of ${former}`,
            reason: `${differences.map(({ property }) => property).join(", ")} of the port ${differences.length === 1 ? "is" : "are"} otherwise`,
            differences,
            do: [call("setPort", name, side("wanted"))],
            undo: [call("setPort", name, side("found"))],
          }),
        );
    }
    return steps;
  });
}

/** A port as it can be declared: what is not as a new port has it. */
export function capturePort(link: Link, picture: Picture): PortSettings | undefined {
  const usual = picture.defaults.ports.get(link.linkInfo?.slaveKind ?? "") ?? {};
  const options = Object.entries(formerPort(link, picture));
  const port = Object.fromEntries(options.filter(([name, value]) => value !== usual[name])) as PortSettings;
  return Object.keys(port).length === 0 ? undefined : port;
}
