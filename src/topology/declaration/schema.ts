import { InputError, quoted, under } from "../../base/errors.js";
import { suggestion } from "../../base/nearest.js";
import {
  choice,
  either,
  entriesOf,
  integer,
  listOf,
  objectOf,
  type Shape,
  textLike,
} from "../../netlink/codecs/shape.js";
import { checkVlans } from "../../rtnetlink/bridge/bridge-vlan-requests.js";
import { linkKinds } from "../../rtnetlink/link/kinds/index.js";
import { requirementsOf } from "../../rtnetlink/link/kinds/requirements.js";
import { isLinkKind } from "../../rtnetlink/link/link-kind.js";
import { checkLinkName } from "../../rtnetlink/link/link-requests.js";
import { checkNexthop } from "../../rtnetlink/nexthop/nexthop-requests.js";
import { pathOfName } from "../../kernel/namespace-names.js";
import { type Family, parsePrefix, parseNetwork } from "../../rtnetlink/protocol/network.js";
import type { HostDeclaration, ReadDeclaration, ReadLink, ReadNamespace, Some } from "./declaration.js";
import {
  addressFields,
  encapsulationFields,
  fdbFields,
  kindFields,
  linkFields,
  linkReferences,
  matchFields,
  memberFields,
  metricFields,
  neighbourFields,
  nexthopFields,
  pathFields,
  portFields,
  rateFields,
  resilientFields,
  routeFields,
  ruleFields,
  virtualFunctionFields,
  vlanFields,
} from "./fields.js";
import { openVswitchShape } from "./open-vswitch.js";
import { except } from "../../base/except.js";
import { type Fields, shapesOf, type Source, valueOf } from "./value.js";

const TEXT = /^\P{Cc}+$/u;
const NONE = { only: false, entries: [] } as const;
const absent = choice([true], "it is not to be there");

/** What shapes are made with: where a declaration comes from, and the schemas that stand once and are referred to. */
interface Making {
  readonly source: Source;
  readonly definitions: Map<string, object>;
}

/** A shape whose schema stands once, under $defs. */
function defined<T>({ definitions }: Making, name: string, shape: Shape<T>): Shape<T> {
  definitions.set(name, shape.schema);
  return { ...shape, schema: { $ref: `#/$defs/${name}` } };
}

/** A list, or a list that is all. */
function entriesShape<T>(shape: Shape<T>, description: string): Shape<Some<T>> {
  const list = listOf(shape, description);
  const whole = objectOf({ only: choice([true], "nothing else may be there"), entries: list }, description, [
    "only",
    "entries",
  ]);
  return {
    schema: { anyOf: [list.schema, whole.schema], description },
    read(value) {
      if (Array.isArray(value)) return { only: false, entries: list.read(value) };
      const { entries = [] } = whole.read(value);
      return { only: true, entries };
    },
  };
}

/** An object of fields, some of which must be given, with further ones. */
function entryShape(
  fields: Fields,
  { source }: Making,
  description: string,
  needed: readonly string[] = [],
  more: Readonly<Record<string, Shape<unknown>>> = {},
): Shape<Readonly<Record<string, unknown>>> {
  return objectOf({ ...shapesOf(fields, source), ...more }, description, needed);
}

/** Checks what a shape has read. */
function checking<T>(shape: Shape<T>, check: (value: T) => void): Shape<T> {
  return {
    ...shape,
    read(value) {
      const read = shape.read(value);
      check(read);
      return read;
    },
  };
}

function mapOf<T>(shape: Shape<T>, check: (name: string) => void, description: string): Shape<Record<string, T>> {
  return {
    schema: { type: "object", additionalProperties: shape.schema, description },
    read(value) {
      const read = entriesOf(value).map(([name, each]) =>
        under(name, () => {
          check(name);
          return [name, shape.read(each)] as const;
        }),
      );
      return Object.fromEntries(read);
    },
  };
}

function addressShape(making: Making): Shape<Readonly<Record<string, unknown>>> {
  const whole = entryShape(addressFields, making, "an address, with what is said of it", ["address"], { absent });
  const checked = checking(whole, ({ address }) => under("address", () => parsePrefix(address as string)));
  const short: Shape<Readonly<Record<string, unknown>>> = {
    schema: { type: "string", description: "an address with its prefix length, such as 10.0.0.1/24" },
    read: (value) => {
      parsePrefix(value as string);
      return { address: value };
    },
  };
  return {
    schema: { anyOf: [short.schema, whole.schema] },
    read: (value) => (typeof value === "string" ? short : checked).read(value),
  };
}

function rateShape({ source }: Making): Shape<unknown> {
  const unlimited = choice(["unlimited"], "no limit");
  const speed = (name: string): Shape<unknown> => {
    const [codec, description] = rateFields[name]!;
    return either(unlimited, valueOf(codec, description, source), description);
  };
  const burst = shapesOf({ burst: rateFields["burst"]! }, source);
  return objectOf({ ingress: speed("ingress"), egress: speed("egress"), ...burst }, "limits of the port");
}

function virtualFunctionsShape(making: Making): Shape<unknown> {
  const entry = entryShape(virtualFunctionFields, making, "what is set of one", ["index"]);
  const count = integer(0, 0xffff, "how many there are");
  return objectOf({ count, entries: listOf(entry, "what is set of them") }, "virtual functions of a network card");
}

function vlansShape(making: Making): Shape<readonly unknown[]> {
  const list = listOf(entryShape(vlanFields, making, "a VLAN, or a range of them", ["id"]), "the VLANs, and no others");
  return checking(list, (vlans) => {
    // Each has its fields, checked: an id among them.
    checkVlans(vlans as never);
  });
}

/** The words of a link that are no settings of its own. */
function commonShapes(making: Making): Record<string, Shape<unknown>> {
  const port = entryShape(portFields, making, "its options as a port", [], { vlans: vlansShape(making) });
  const neighbour = entryShape(neighbourFields, making, "a neighbour", ["address"], { absent });
  const forwarding = entryShape(fdbFields, making, "an entry of its forwarding table", ["address"], { absent });
  return {
    absent,
    match: entryShape(matchFields, making, "what it is known by instead of its name, which it gets"),
    ...shapesOf(linkFields, making.source),
    link: textLike("a link's name", TEXT, linkReferences["link"]![1]),
    master: either(
      choice([0], "none"),
      textLike("a link's name, or 0", TEXT, "its name"),
      linkReferences["master"]![1],
    ),
    asPort: defined(making, "port", port),
    vlans: defined(making, "vlans", vlansShape(making)),
    rate: defined(making, "rate", rateShape(making)),
    virtualFunctions: defined(making, "virtualFunctions", virtualFunctionsShape(making)),
    addresses: entriesShape(defined(making, "address", addressShape(making)), "addresses"),
    neighbours: entriesShape(defined(making, "neighbour", neighbour), "neighbours"),
    fdb: entriesShape(defined(making, "forwarding", forwarding), "entries of its forwarding table"),
    dhcp: choice([true, false], "linkwright serve gets its address by DHCP, and keeps the lease"),
    takeOver: textLike("a link's name", TEXT, "the link whose place it takes, with all that it has"),
    release: textLike("a link's name", TEXT, "the port that gets back all that was taken over, and leaves"),
  };
}

function checkKind(kind: unknown): void {
  if (kind === undefined || isLinkKind(kind)) return;
  throw new InputError(
    `${quoted(kind)} is no kind of link${suggestion(typeof kind === "string" ? kind : "", Object.keys(linkKinds))}`,
    "kind",
  );
}

/** Options that another kind has, or this one if it were said. */
function strayOption(name: string, kind: string | undefined): InputError | undefined {
  const kinds = Object.keys(linkKinds).filter((each) => Object.hasOwn(kindFields(each), name));
  if (kinds.length === 0) return undefined;
  const has = kinds.slice(0, 3).join(", ");
  return new InputError(
    kind === undefined
      ? `it is an option of kind ${has}: say the link's kind`
      : `a ${kind} has no such option; ${has} has`,
    name,
  );
}

const peerShape: Shape<unknown> = (() => {
  const name = textLike("a link's name", TEXT, "the other end's name");
  const namespace = textLike("a namespace's name", TEXT, "the name of the namespace that it is in");
  const elsewhere = objectOf({ name, namespace }, "the other end, in a namespace", ["name", "namespace"]);
  const schema = { anyOf: [name.schema, elsewhere.schema], description: "the other end" };
  return { schema, read: (value) => (typeof value === "string" ? name : elsewhere).read(value) };
})();

/** The options of a kind. */
function kindShapes(kind: string | undefined, source: Source): Record<string, Shape<unknown>> {
  const own = shapesOf(kindFields(kind), source);
  return "peer" in own ? { ...own, peer: peerShape } : own;
}

function linkShape(making: Making): Shape<ReadLink> {
  const { source, definitions } = making;
  const common = commonShapes(making);
  const byKind = new Map<string | undefined, Shape<Readonly<Record<string, unknown>>>>();
  const kindWord = choice(
    Object.keys(linkKinds),
    "the kind of link; where it is to be created, or has options of its kind",
  );
  const shapeOf = (kind: string | undefined): Shape<Readonly<Record<string, unknown>>> => {
    let shape = byKind.get(kind);
    if (shape === undefined) {
      const own = kindShapes(kind, source);
      byKind.set(kind, (shape = objectOf({ kind: kindWord, ...common, ...own }, "a link")));
    }
    return shape;
  };
  const schemas = Object.fromEntries(Object.entries(common).map(([name, { schema }]) => [name, schema]));
  const conditions = Object.keys(linkKinds)
    .filter((kind) => Object.keys(kindFields(kind)).length > 0)
    .map((kind) => ({
      if: { properties: { kind: { const: kind } }, required: ["kind"] },
      then: { $ref: `#/$defs/${kind}` },
    }));
  for (const kind of Object.keys(linkKinds)) {
    const own = Object.entries(kindShapes(kind, source)).map(([name, { schema }]) => [name, schema]);
    if (own.length > 0) definitions.set(kind, { properties: Object.fromEntries(own) as object });
  }
  return {
    schema: {
      type: "object",
      properties: { kind: kindWord.schema, ...schemas },
      allOf: conditions,
      unevaluatedProperties: false,
      description: "a link",
    },
    read(value) {
      const given = Object.fromEntries(entriesOf(value)) as { kind?: unknown };
      checkKind(given.kind);
      const shape = shapeOf(given.kind as string | undefined);
      const own = kindFields(given.kind as string | undefined);
      for (const name of Object.keys(given)) {
        const stray =
          name === "kind" || Object.hasOwn(common, name) || Object.hasOwn(own, name)
            ? undefined
            : strayOption(name, given.kind as string);
        if (stray !== undefined) throw stray;
      }
      const read = shape.read(value) as ReadLink;
      return read.master === undefined
        ? read
        : { ...read, master: (read.master as string | 0) === 0 ? "" : read.master };
    },
  };
}

/** Whether a name stands for several links. */
export function isPattern(name: string): boolean {
  return /[*?]/.test(name);
}

function checkName(name: string): void {
  checkLinkName(name.replace(/[*?]/g, "x"));
}

/** How packets are wrapped: a type, and what that has. */
function encapsulationShape(making: Making): Shape<unknown> {
  const types = Object.entries(encapsulationFields).map(([type, fields]) => {
    const own = { type: choice([type], "how packets are wrapped") };
    return [type, entryShape(fields, making, `packets are wrapped by ${type}`, ["type"], own)] as const;
  });
  const byType = new Map<unknown, Shape<unknown>>(types);
  const word = choice([...byType.keys()] as string[], "how packets are wrapped");
  const schema = { oneOf: types.map(([, shape]) => shape.schema), description: "how packets are wrapped" };
  const shape = defined(making, "encapsulation", { schema, read: (value: unknown) => value });
  return {
    schema: shape.schema,
    read(value) {
      const { type } = Object.fromEntries(entriesOf(value)) as { type?: unknown };
      return byType.get(under("type", () => word.read(type)))!.read(value);
    },
  };
}

function nexthopShape(making: Making, encapsulation: Shape<unknown>): Shape<Readonly<Record<string, unknown>>> {
  const group = listOf(entryShape(memberFields, making, "a member", ["id"]), "the members of a group, and no others");
  const resGroup = entryShape(resilientFields, making, "how a resilient group behaves");
  const whole = { group, resGroup, encapsulation, absent };
  return checking(entryShape(nexthopFields, making, "a next hop", ["id"], whole), (nexthop) => {
    if (nexthop["absent"] !== true) checkNexthop(nexthop);
  });
}

function routeShape(making: Making, encapsulation: Shape<unknown>): Shape<Readonly<Record<string, unknown>>> {
  const metrics = entryShape(metricFields, making, "what TCP and others are told of it");
  const path = entryShape(pathFields, making, "a way", [], { encapsulation });
  const nexthops = listOf(path, "several ways, in place of a gateway and a link");
  const more = { metrics, nexthops, encapsulation, absent };
  const route = entryShape(routeFields, making, "a route", ["destination"], more);
  return checking(route, ({ destination, family }) => {
    under("destination", () => parseNetwork(destination as string, family as Family | undefined));
  });
}

/** The words of a namespace's wiring. */
function wiringShapes(making: Making): Record<keyof ReadNamespace, Shape<unknown>> {
  const links = mapOf(
    defined(making, "link", linkShape(making)),
    checkName,
    "links by name, or by a pattern such as vnet*",
  );
  const sysctl: Shape<string> = {
    schema: { type: ["string", "integer"] },
    read(value) {
      if (typeof value !== "string" && typeof value !== "number")
        throw new InputError(`${quoted(value)} is neither text nor a number`);
      return String(value);
    },
  };
  const encapsulation = encapsulationShape(making);
  const nexthop = defined(making, "nexthop", nexthopShape(making, encapsulation));
  const route = defined(making, "route", routeShape(making, encapsulation));
  const rule = defined(making, "rule", entryShape(ruleFields, making, "a rule", [], { absent }));
  return {
    absent,
    links,
    nexthops: entriesShape(nexthop, "next hops that routes name by their ids"),
    routes: entriesShape(route, "routes, of whatever table"),
    rules: entriesShape(rule, "rules that choose a routing table"),
    sysctls: mapOf(sysctl, checkSetting, "settings such as net.ipv4.ip_forward"),
  };
}

/** What was read of a namespace's wiring, with nothing where nothing was said. */
function wholeWiring(read: Partial<ReadNamespace>): ReadNamespace {
  return { links: {}, nexthops: NONE, routes: NONE, rules: NONE, sysctls: {}, ...read };
}

/** The shape of a declaration. */
function hostShape(making: Making): Shape<ReadDeclaration> {
  const { absent: absence, ...wiring } = wiringShapes(making);
  const inside = objectOf({ absent: absence, ...wiring }, "a network namespace: how it shall be wired");
  const namespace: Shape<ReadNamespace> = {
    schema: inside.schema,
    read: (value) => wholeWiring(inside.read(value) as Partial<ReadNamespace>),
  };
  const namespaces = mapOf(
    defined(making, "namespace", namespace),
    (name) => void pathOfName(name),
    "network namespaces by their names under /run/netns",
  );
  const shape = objectOf(
    {
      $schema: textLike("an address", TEXT, "where this schema is"),
      ...wiring,
      namespaces,
      openvswitch: openVswitchShape,
    },
    "how a host shall be wired: what is not named is left alone, what is named is exactly so",
  );
  return {
    schema: shape.schema,
    read(value) {
      const { namespaces: others, openvswitch, ...said } = shape.read(value);
      const own = except(said, "$schema");
      const declaration = {
        ...(wholeWiring(own as Partial<ReadNamespace>) as ReadDeclaration),
        ...(others === undefined ? {} : { namespaces: others }),
        ...(openvswitch === undefined ? {} : { openvswitch }),
      };
      checkTogether(declaration);
      return declaration;
    },
  };
}

function checkSetting(name: string): void {
  if (!/^net[./][^./]/.test(name)) throw new InputError("it is no setting of the network, such as net.ipv4.ip_forward");
}

/** Throws InputError for what excludes other things that are declared. */
function checkTogether({ links, namespaces = {} }: ReadDeclaration): void {
  for (const [name, namespace] of Object.entries(namespaces))
    under(`namespaces.${name}`, () => {
      const [other] = (Object.entries(namespace) as Said[]).filter(
        ([word, said]) => word !== "absent" && !isEmpty(said),
      );
      if (namespace.absent === true && other !== undefined)
        throw new InputError("what is absent has nothing else", other[0]);
      for (const [link, { dhcp }] of Object.entries(namespace.links))
        if (dhcp !== undefined)
          throw new InputError("linkwright serve keeps leases of the host's own namespace", `links.${link}.dhcp`);
      checkTogether(namespace);
    });
  for (const [name, link] of Object.entries(links))
    under(`links.${name}`, () => {
      const others = Object.keys(link).filter((each) => each !== "absent" && each !== "kind");
      if (link.absent === true && others.length > 0) throw new InputError("what is absent has nothing else", others[0]);
      if (isPattern(name) && link.kind !== undefined) throw new InputError("a pattern creates no link", "kind");
      if (isPattern(name) && link.virtualFunctions !== undefined)
        throw new InputError("say it of each card", "virtualFunctions");
      if (isPattern(name) && link.dhcp !== undefined) throw new InputError("say it of each link", "dhcp");
      if (isPattern(name) && link.match !== undefined) throw new InputError("one link has a name, no pattern", "match");
      if (link.match !== undefined && Object.keys(link.match).length === 0)
        throw new InputError("it says nothing: an address, a permAddress or an altname", "match");
      if (isPattern(name) && link.takeOver !== undefined)
        throw new InputError("one link takes over, no pattern", "takeOver");
      if (link.master === name) throw new InputError("a link cannot be its own port", "master");
      if (link.link === name) throw new InputError("a link cannot be on itself", "link");
      if (link.takeOver === name) throw new InputError("a link cannot take over itself", "takeOver");
      if (
        link.kind !== undefined &&
        requirementsOf(link.kind).needsLink === true &&
        link.absent !== true &&
        (link.link ?? link.takeOver) === undefined
      )
        throw new InputError(`a link of kind ${link.kind} needs the link below`, "link");
      const { peer } = link as { peer?: unknown };
      if (["veth", "vxcan", "netkit"].includes(link.kind ?? "") && link.absent !== true && peer === undefined)
        throw new InputError("it needs the other end's name", "peer");
    });
}

/** A word of a namespace's wiring, and what was read of it. */
type Said = readonly [string, ReadNamespace[keyof ReadNamespace]];

/** Whether nothing is said by a word. */
function isEmpty(said: Said[1]): boolean {
  if (said === undefined || said === true) return said === undefined;
  const { entries, only } = said as Partial<Some<unknown>>;
  return Array.isArray(entries) ? entries.length === 0 && only !== true : Object.keys(said).length === 0;
}

const shapes = new Map<Source, Shape<ReadDeclaration>>();
const checked = new WeakSet<object>();

/**
 * Checks a declaration. Throws InputError, with the path of what is wrong. From a file, durations, rates and sizes are words
 * with their unit.
 */
export function checkDeclaration(value: unknown, source: Source): ReadDeclaration {
  let shape = shapes.get(source);
  if (shape === undefined) shapes.set(source, (shape = hostShape({ source, definitions: new Map() })));
  const read = shape.read(value);
  checked.add(read);
  return read;
}

/** A declaration that was made of checked ones, such as a part of one. Throws InputError for what cannot be together. */
export function sealDeclaration(declaration: ReadDeclaration): ReadDeclaration {
  checkTogether(declaration);
  checked.add(declaration);
  return declaration;
}

/** Whether something is a declaration that was read and checked. */
export function isChecked(value: object): value is ReadDeclaration {
  return checked.has(value);
}

/**
 * A declaration that is written as code: checked, and given back as it is. Durations are milliseconds, rates bits per second,
 * sizes bytes. Throws InputError, with the path of what is wrong.
 */
export function defineHost(declaration: HostDeclaration): HostDeclaration {
  checkDeclaration(declaration, "code");
  return declaration;
}

/** The JSON Schema of a declaration's file. */
export function declarationSchema(): object {
  const definitions = new Map<string, object>();
  const { schema } = hostShape({ source: "file", definitions });
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "the wiring of a host, for linkwright",
    ...schema,
    $defs: Object.fromEntries(definitions),
  };
}
