import type { Codec } from "../../netlink/codecs/codec.js";
import { InputError } from "../../base/errors.js";
import { isReported } from "../../host/links/verify.js";
import { nearest } from "../../base/nearest.js";
import type { Link } from "../../rtnetlink/link/link.js";
import { switchesOf } from "../../rtnetlink/link/link-flags.js";
import { REFERENCES } from "../../rtnetlink/link/link-references.js";
import { captureAddresses, lastingAddresses, puttingBack } from "./addresses.js";
import type { AddressEntry, PeerElsewhere, ReadLink } from "../declaration/declaration.js";
import { fieldsOfKind, kindFields, linkFields } from "../declaration/fields.js";
import { call, type Operation } from "./operation.js";
import type { Picture } from "../observation/observe.js";
import { difference, type Difference, type Step, step } from "./step.js";
import { except } from "../../base/except.js";
import { type Fields, isAsWanted } from "../declaration/value.js";

type Values = Readonly<Record<string, unknown>>;

/** What a TAP has been created with, by the words that it is created with. */
function tapValues(data: Values): Values {
  const { owner, group, type, pi, vnetHdr, multiQueue } = data;
  return { owner, group, mode: type, packetInformation: pi, vnetHdr, multiQueue };
}

const PAIRS: readonly unknown[] = ["veth", "vxcan", "netkit"];

/** Whether a link is one end of a pair whose other end is in another namespace. */
export function isPairedElsewhere({ kind, linkNetnsid }: Link): boolean {
  return PAIRS.includes(kind) && linkNetnsid !== undefined;
}

/** Whether links of a kind take all frames of the link below, which then can be nobody's port. */
export function takesFrames(kind: string | undefined): boolean {
  return kind !== undefined && ["macvlan", "macvtap", "ipvlan", "ipvtap"].includes(kind);
}

/** By the names that a picture has: what was made of its links once. */
const reports = new WeakMap<Picture["names"], WeakMap<Link, Values>>();

/** What the kernel reports of a link, by the words of a declaration: any link's settings, and its kind's options. */
export function reportedOf(link: Link, picture: Picture): Values {
  let known = reports.get(picture.names);
  if (known === undefined) reports.set(picture.names, (known = new WeakMap<Link, Values>()));
  let values = known.get(link);
  if (values === undefined) known.set(link, (values = valuesOf(link, picture)));
  return values;
}

/** The other end of a pair, in a namespace whose links are known. */
export function farEnd(link: Link, { far }: Pick<Picture, "far">): PeerElsewhere | undefined {
  const there = isPairedElsewhere(link) ? far.get(link.linkNetnsid!) : undefined;
  const name = there?.names.get(link.link ?? 0);
  return name === undefined ? undefined : { name, namespace: there!.namespace };
}

function valuesOf(link: Link, { names, far }: Picture): Values {
  const { kind, linkInfo, flags } = link;
  const data = (linkInfo?.data ?? {}) as Values;
  const options = kind === "tun" ? tapValues(data) : data;
  const named = Object.entries(options).map(([name, value]) => [
    name,
    REFERENCES.has(name) && typeof value === "number" ? names.get(value) : value,
  ]);
  const isHere = link.linkNetnsid === undefined;
  const below = isHere && link.link !== undefined ? names.get(link.link) : undefined;
  return {
    ...link,
    ...switchesOf(flags),
    alias: link.alias ?? "",
    altnames: link.altnames ?? [],
    ...(Object.fromEntries(named) as Values),
    link: kind === "vxlan" ? (names.get(Number(data["link"] ?? 0)) ?? below) : below,
    ...(PAIRS.includes(kind) ? { peer: below ?? farEnd(link, { far }), link: undefined } : {}),
  };
}

function sameNames(one: unknown, other: unknown): boolean {
  return JSON.stringify([...(one as string[])].sort()) === JSON.stringify([...(other as string[])].sort());
}

/** Whether a property is as it is wanted. What the kernel never reports is taken for so. */
function holds(name: string, codec: Codec<unknown>, wanted: unknown, reported: Values): boolean {
  const found = reported[name];
  if (name === "altnames") return sameNames(wanted, found ?? []);
  if (name === "peer") return true;
  if (REFERENCES.has(name)) return !isReported(codec, name, wanted) || wanted === found;
  return found === undefined ? !isReported(codec, name, wanted) : isAsWanted(codec, wanted, found);
}

function differencesIn(fields: Fields, wanted: Values, reported: Values): Difference[] {
  return Object.entries(wanted)
    .filter(([name, value]) => {
      const field = value === undefined || !Object.hasOwn(fields, name) ? undefined : fields[name];
      return field !== undefined && !holds(name, field[0], value, reported);
    })
    .map(([property, value]) => difference(property, fields[property]![0], value, reported[property]));
}

/** The properties that only a new link can be given. */
function isFixed(kind: string | undefined, name: string): boolean {
  if (name === "link") return true;
  if (kind === "tun") return !["owner", "group"].includes(name) && Object.hasOwn(kindFields("tun"), name);
  if (name === "numTxQueues" || name === "numRxQueues" || (name === "mode" && kind === "bond")) return true;
  return kindFields(kind)[name]?.[0].atCreation === true;
}

/** Why a link has to be made anew to be as it is wanted; undefined when it has not. */
export function replacementOf(wanted: ReadLink, link: Link, picture: Picture): Difference | undefined {
  if (wanted.kind !== undefined && wanted.kind !== link.kind)
    return { property: "kind", wanted: wanted.kind, found: link.linkInfo?.kind ?? "hardware" };
  if (wanted.kind === undefined) return undefined;
  const reported = reportedOf(link, picture);
  const fields = fieldsOfKind(wanted.kind);
  const differences = differencesIn(fields, wanted, reported);
  if (wanted.link !== undefined && wanted.link !== reported["link"])
    differences.push({ property: "link", wanted: wanted.link, found: reported["link"] });
  return differences.find(({ property }) => isFixed(wanted.kind, property));
}

/** What a TAP is created with; the rest of a link's settings it gets when it is there. */
const TAP: readonly string[] = [...Object.keys(kindFields("tun")), "address", "mtu"];

function pick(values: Values, names: readonly string[]): Values {
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name)));
}

/** The other end of a pair as the library takes it. A namespace may be called "new", which is a word of its own there. */
function endOf(peer: unknown): object {
  if (typeof peer !== "object") return { name: peer };
  const { name, namespace } = peer as PeerElsewhere;
  return { name, namespace: { name: namespace } };
}

/** What a link is created with. It comes up later. */
function creation(name: string, wanted: ReadLink): Operation {
  const { kind } = wanted;
  if (kind === undefined)
    throw new InputError(`there is no link ${name}, and none is created without its kind`, "kind");
  const known = fieldsOfKind(kind);
  const given = Object.entries(wanted).filter(
    ([property, value]) => (property === "link" || Object.hasOwn(known, property)) && value !== undefined,
  );
  const { peer, ...settings } = Object.fromEntries(given.filter(([property]) => property !== "up")) as Values;
  if (kind === "tun") return call("addTap", name, pick(settings, TAP));
  if (PAIRS.includes(kind)) return call("addPair", kind, name, { ...settings, peer: endOf(peer) });
  return call("addLink", name, kind, settings);
}

/** How many links below a link are to be created before it. */
function depthOf(
  name: string,
  links: Readonly<Record<string, ReadLink>>,
  picture: Picture,
  seen: string[] = [],
): number {
  if (picture.links.has(name)) return 0;
  if (seen.includes(name))
    throw new InputError(`it is on itself: ${[...seen, name].join(" on ")}`, `links.${name}.link`);
  const below = links[name]?.link;
  return below === undefined || links[below] === undefined ? 1 : 1 + depthOf(below, links, picture, [...seen, name]);
}

/** How many links are below a link. */
function heightOf(name: string, links: Readonly<Record<string, ReadLink>>, picture: Picture, most = 16): number {
  const found = picture.links.get(name);
  const below = links[name]?.link ?? (found === undefined ? undefined : (reportedOf(found, picture)["link"] as string));
  return below === undefined || most === 0 ? 0 : 1 + heightOf(below, links, picture, most - 1);
}

/** New links that come with another, whose other end they are. */
function otherEnds(links: Readonly<Record<string, ReadLink>>, picture: Picture): Set<string> {
  const ends = new Set(picture.arriving);
  for (const [name, { peer }] of Object.entries(links))
    if (typeof peer === "string" && !picture.links.has(name) && !ends.has(name)) ends.add(peer);
  return ends;
}

/** Links that are wanted and not there. */
function additions(links: Readonly<Record<string, ReadLink>>, picture: Picture, ends: ReadonlySet<string>): Step[] {
  const steps: Step[] = [];
  for (const [name, wanted] of Object.entries(links)) {
    if (wanted.absent === true || picture.links.has(name) || ends.has(name)) continue;
    const others = [wanted.link, wanted.master === "" ? undefined : wanted.master];
    for (const other of others)
      if (other !== undefined && !picture.links.has(other) && links[other] === undefined)
        throw new InputError(
          `there is no link ${other}${meant(other, [...picture.links.keys(), ...Object.keys(links)])}`,
          `links.${name}.${other === wanted.link ? "link" : "master"}`,
        );
    if (wanted.kind === undefined)
      throw new InputError(
        `there is no link ${name}${meant(name, picture.links.keys())}, and none is created without its kind`,
        `links.${name}`,
      );
    steps.push(
      step("create", {
        order: depthOf(name, links, picture),
        action: "add",
        subject: "link",
        name,
        reason: `a ${wanted.kind} of this name is declared, and there is none`,
        do: [creation(name, wanted)],
        undo: [call("remove", name)],
      }),
    );
  }
  return steps;
}

function meant(name: string, names: Iterable<string>): string {
  const found = nearest(name, names);
  return found === undefined ? "" : `; did you mean ${found}?`;
}

/** A new link's state as it was created, where what is declared is done later. */
const NEW: Values = { up: false };

function valuesFor(differences: readonly Difference[], side: "wanted" | "found"): Values {
  return Object.fromEntries(
    differences.map(({ property, [side]: value }) => [
      property,
      side === "found" ? formerValue(property, value) : value,
    ]),
  );
}

/** What says again what was found: nothing, where nothing is reported. */
function formerValue(property: string, found: unknown): unknown {
  if (found !== undefined) return found;
  return property === "altnames" ? [] : REFERENCES.has(property) ? 0 : undefined;
}

/** Sets some properties of a link that is there. */
function setting(name: string, kind: string | undefined, values: Values, reported: Values): Operation[] {
  if (Object.values(values).every((value) => value === undefined)) return [];
  if (kind === "tun") {
    const own = Object.keys(kindFields("tun"));
    const [control, rest] = [true, false].map((isOwn) =>
      Object.fromEntries(Object.entries(values).filter(([property]) => own.includes(property) === isOwn)),
    ) as [Values, Values];
    // Whoever opens a TAP says anew how its packets start.
    const { mode, packetInformation, vnetHdr, multiQueue } = reported;
    const whole = { mode, packetInformation, vnetHdr, multiQueue, ...control };
    const opened = Object.keys(control).length > 0 ? [call("openTap", name, whole)] : [];
    return [...opened, ...(Object.keys(rest).length > 0 ? [call("setLink", name, rest)] : [])];
  }
  const ofKind = Object.keys(values).some((property) => Object.hasOwn(kindFields(kind), property));
  return [ofKind ? call("setKind", name, kind, values) : call("setLink", name, values)];
}

function listed(properties: readonly Difference[]): string {
  return properties.map(({ property }) => property).join(", ");
}

/** What a new link is given when it is there: the other end of a pair all, a TAP what it is not created with. */
function lateFields({ kind }: ReadLink, isEnd: boolean): Fields {
  if (!isEnd && kind !== "tun") return {};
  const given = isEnd ? ["up"] : [...TAP, "up"];
  return Object.fromEntries(Object.entries(linkFields).filter(([name]) => !given.includes(name)));
}

function isIPv6({ address }: AddressEntry): boolean {
  return address.includes(":");
}

/** Puts back the IPv6 addresses of a link that was down: they go when it goes down again. */
export function addressesBack(link: Link | undefined, picture: Picture): Operation[] {
  return link === undefined ? [] : puttingBack(link.name, captureAddresses(link.index, picture).filter(isIPv6));
}

const UP: Fields = { up: linkFields["up"]! };

/** Changes of links that are there, and bringing links up. */
function changes(
  links: Readonly<Record<string, ReadLink>>,
  picture: Picture,
  ends: ReadonlySet<string>,
  back: (name: string) => Operation[],
  acquainted: (name: string) => Operation[],
): Step[] {
  return Object.entries(links).flatMap(([name, wanted]) => {
    if (wanted.absent === true) return [];
    const link = picture.links.get(name);
    const reported = link === undefined ? NEW : reportedOf(link, picture);
    const said = except(wanted as Values, "up");
    const fields = fieldsOfKind(wanted.kind);
    const isEnd = link === undefined && ends.has(name);
    const differences = differencesIn(link === undefined ? lateFields(wanted, isEnd) : fields, said, reported);
    const kind = link?.kind === "other" ? undefined : (link?.kind ?? wanted.kind);
    const steps: Step[] = [];
    if (differences.length > 0)
      steps.push(
        step("change", {
          action: "change",
          subject: "link",
          name,
          reason: `${listed(differences)} ${differences.length === 1 ? "is" : "are"} otherwise`,
          differences,
          do: setting(name, kind, valuesFor(differences, "wanted"), reported),
          undo: link === undefined ? [] : setting(name, kind, valuesFor(differences, "found"), reported),
        }),
      );
    const state = differencesIn(UP, wanted, reported);
    const former = link?.master === undefined ? "" : picture.names.get(link.master);
    // What joins comes up with that.
    const joins = wanted.master !== undefined && wanted.master !== "" && wanted.master !== former;
    if (state.length > 0 && !(joins && wanted.up === true)) {
      const goesDown = wanted.up === false;
      steps.push(
        step(goesDown ? "leave" : wanted.takeOver === undefined ? "up" : "takeOver", {
          order: heightOf(name, links, picture),
          action: "change",
          subject: "link",
          name,
          reason: goesDown ? "it is up" : link === undefined ? "it is new, and down" : "it is down",
          differences: state,
          do: [
            call("setLink", name, { up: wanted.up }),
            ...(goesDown
              ? [...puttingBack(name, lastingAddresses(name, wanted, picture).filter(isIPv6)), ...acquainted(name)]
              : []),
          ],
          undo: goesDown
            ? [call("setLink", name, { up: true }), ...back(name)]
            : [call("setLink", name, { up: false }), ...addressesBack(link, picture)],
        }),
      );
    }
    return steps;
  });
}

/**
 * Links that are created, changed and brought up or down. `back`: what puts back what a link loses when it goes down;
 * `acquainted`: the neighbours among that that it is to have while it is down, too.
 */
export function compareLinks(
  links: Readonly<Record<string, ReadLink>>,
  picture: Picture,
  back: (name: string) => Operation[],
  acquainted: (name: string) => Operation[],
): Step[] {
  const ends = otherEnds(links, picture);
  return [...additions(links, picture, ends), ...changes(links, picture, ends, back, acquainted)];
}

/** Properties that are what the kernel or a driver makes of a link, or nobody sets. */
const NOT_CAPTURED: readonly string[] = [
  ...["numTxQueues", "numRxQueues", "gsoMaxSegs", "gsoMaxSize", "groMaxSize", "gsoIpv4MaxSize", "groIpv4MaxSize"],
  ...["broadcast", "protoDown", "map", "dynamic"],
];

/** A link as it can be declared: its kind, its settings, and its options, so far as they can be set. */
export function captureLink(link: Link, picture: Picture): Record<string, unknown> {
  const reported = reportedOf(link, picture);
  const kind = link.kind === "other" ? undefined : link.kind;
  const fields = fieldsOfKind(kind);
  const usual = picture.defaults.links.get(kind ?? "");
  const without: Values = usual === undefined ? {} : reportedOf(usual, picture);
  const values = Object.entries(fields)
    .filter(([name]) => !NOT_CAPTURED.includes(name) && isSaid(name, reported[name]))
    .filter(([name, [codec]]) => ["up", "peer"].includes(name) || !isUsual(codec, reported[name], without[name]))
    .map(([name, [codec]]) => [name, reported[name], codec] as const)
    .filter(([, value, codec]) => codec.settable?.includes(value) ?? true);
  const captured = Object.fromEntries(values.map(([name, value]) => [name, value])) as Record<string, unknown>;
  const master = link.master === undefined ? undefined : picture.names.get(link.master);
  return {
    ...(kind === undefined ? {} : { kind }),
    ...(reported["link"] === undefined ? {} : { link: reported["link"] }),
    ...(master === undefined ? {} : { master }),
    ...captured,
  };
}

/** Whether a new link has the same. */
function isUsual(codec: Codec<unknown>, value: unknown, usual: unknown): boolean {
  if (usual === undefined || codec.mandatory === true) return false;
  return JSON.stringify(value) === JSON.stringify(usual);
}

/** Whether a value says something: what stands for nothing is left out. */
function isSaid(name: string, value: unknown): boolean {
  if (value === undefined || value === "" || (Array.isArray(value) && value.length === 0)) return false;
  if (["promisc", "allmulticast"].includes(name) && value === false) return false;
  return !(name === "owner" || name === "group") || value !== 0xffffffff;
}
