import fc, { type Arbitrary } from "fast-check";
import type { AttributeTable, RawAttribute } from "../../../src/netlink/codecs/attributes.js";
import type { Codec } from "../../../src/netlink/codecs/codec.js";
import type { Headed } from "../../../src/netlink/codecs/nests.js";
import type { Struct } from "../../../src/netlink/codecs/struct.js";
import { objectAttributes, objectKinds } from "../../../src/netfilter/messages/nf-tables.js";
import { encapsulations } from "../../../src/rtnetlink/route/encapsulation/encapsulation.js";
import { linkKinds, portKinds } from "../../../src/rtnetlink/link/kinds/index.js";
import { ifinfomsg, plainLink } from "../../../src/rtnetlink/link/link-attributes.js";
import { linkInfo } from "../../../src/rtnetlink/link/link.js";
import { mdbRouters } from "../../../src/rtnetlink/bridge/mdb.js";
import { nexthopAttributes, nexthopMember } from "../../../src/rtnetlink/nexthop/nexthop.js";
import { pathAttributes, rtnexthop } from "../../../src/rtnetlink/route/path-attributes.js";
import { routeAttributes } from "../../../src/rtnetlink/route/route.js";
import { encapsulatedValues } from "./encapsulated-values.js";
import { CIPHERS } from "../../../src/rtnetlink/link/kinds/macsec.js";
import { expressionValues } from "./expression-values.js";
import { u32Key, u32SelectorHead } from "../../../src/rtnetlink/traffic/filters/u32.js";

type AnyCodec = Codec<unknown>;
type AnyTable = AttributeTable;
type Made = Arbitrary<unknown>;

const TICK = 10;
const INTEGERS: Record<string, readonly [least: number, most: number]> = {
  u8: [0, 0xff],
  u16: [0, 0xffff],
  u32: [0, 0xffffffff],
  s8: [-0x80, 0x7f],
  s16: [-0x8000, 0x7fff],
  s32: [-0x80000000, 0x7fffffff],
  be16: [0, 0xffff],
  be32: [0, 0xffffffff],
  uint: [0, Number.MAX_SAFE_INTEGER],
  u64: [0, Number.MAX_SAFE_INTEGER],
  sbe32: [-0x80000000, 0x7fffffff],
  be64: [0, Number.MAX_SAFE_INTEGER],
};

/** How numbers within limits are spelled: "0-7". */
const RANGE = /^(\d+)-(\d+)$/;

export const byteStrings = fc.uint8Array({ maxLength: 24 });

/** Text of at most `most` bytes, of any script; without what a link's name spells a byte as, which comes back as that byte. */
export function texts(most: number): Arbitrary<string> {
  return fc
    .oneof(fc.string({ maxLength: most }), fc.string({ unit: "grapheme", maxLength: most }))
    .filter((value) => Buffer.byteLength(value) <= most && !value.includes("\0") && !/%[0-9a-f]{2}/i.test(value));
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** Link-layer addresses. */
export function hardwareAddresses(least: number, most: number): Arbitrary<string> {
  return fc.uint8Array({ minLength: least, maxLength: most }).map((bytes) => hex(bytes).match(/../g)!.join(":"));
}

const ipv4Addresses = fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => bytes.join("."));

/** IPv6 addresses with many zeros, spelled as RFC 5952 wants it, which is how a URL spells them, too. */
const ipv6Addresses = fc
  .array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), { minLength: 8, maxLength: 8 })
  .map((groups) => new URL(`http://[${groups.map((group) => group.toString(16)).join(":")}]`).hostname.slice(1, -1));

/** Addresses whose first 64 bits are zero. */
const hostParts = fc
  .array(fc.integer({ min: 1, max: 0xffff }), { minLength: 4, maxLength: 4 })
  .map((groups) => `::${groups.map((group) => group.toString(16)).join(":")}`);

/** Words of an enumeration, and numbers that have no word. */
function enumerated(codec: AnyCodec): Made {
  const known = codec.words
    .replace(/\|N$/, "")
    .split("|")
    .map((word) => codec.parse(word));
  const most = INTEGERS[codec.type]![1];
  const read = (value: number): unknown => codec.read(...wire(codec, value), {});
  return fc.oneof(fc.constantFrom(...known), fc.integer({ min: 0, max: most }).map(read));
}

function wire(codec: AnyCodec, value: number): [bytes: { buffer: Buffer; view: DataView }, at: number, size: number] {
  const buffer = Buffer.alloc(codec.size!);
  if (/^s?be/.test(codec.type)) buffer.writeUIntBE(value, 0, codec.size!);
  else buffer.writeUIntLE(value, 0, codec.size!);
  return [{ buffer, view: new DataView(buffer.buffer, buffer.byteOffset, buffer.length) }, 0, codec.size!];
}

/** Any set of bits, with and without words, lowest bit first. */
function bitSets(codec: AnyCodec): Made {
  const size = codec.size! * 8;
  const names = codec.words.replace(/,…$/, "").split("|");
  const given = names.map((name): [number, string] => {
    const [word] = codec.parse(name) as [string];
    return [maskOf(codec, word), word];
  });
  // Of bits that cannot be given the words are what is read.
  const read = (place: number): string => (codec.read(...wire(codec, 2 ** place), {}) as [string])[0];
  const others =
    codec.offered === undefined
      ? []
      : Array.from({ length: size }, (_, place): [number, string] => [2 ** place, read(place)]);
  const wordOf = new Map([...others, ...given]);
  return fc
    .uniqueArray(fc.integer({ min: 0, max: size - 1 }), { maxLength: size })
    .map((places) => places.sort((one, other) => one - other).map((place) => wordOf.get(2 ** place) ?? `bit${place}`));
}

function maskOf(codec: AnyCodec, word: string): number {
  for (let place = 0; place < codec.size! * 8; place++)
    if ((codec.read(...wire(codec, 2 ** place), {}) as string[])[0] === word) return 2 ** place;
  throw new Error(`no bit is called ${word}`);
}

function durations(codec: AnyCodec): Made {
  if (codec.words.includes("forever"))
    return fc.oneof(
      fc.constant("forever"),
      fc.integer({ min: 0, max: 0xfffffffe }).map((seconds) => seconds * 1000),
    );
  if (codec.type === "u64")
    return fc.integer({ min: 0, max: Math.floor(Number.MAX_SAFE_INTEGER / TICK) - 1 }).map((ticks) => ticks * TICK);
  return fc
    .integer({ min: 0, max: INTEGERS[codec.type]![1] })
    .map((units) => codec.read(...wire(codec, units), {}))
    .filter((value) => value !== undefined);
}

function numbers(codec: AnyCodec): Made {
  const [, from, to] = RANGE.exec(codec.words) ?? [];
  if (from !== undefined) return fc.integer({ min: Number(from), max: Number(to) });
  const [least, most] = INTEGERS[codec.type]!;
  if (typeof codec.parse("1") === "bigint") return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  return fc.integer({ min: least, max: most });
}

function structs(codec: Struct<unknown>): Made {
  return fc.record(Object.fromEntries(Object.entries(codec.fields).map(([name, field]) => [name, valuesOf(field)])));
}

/** The fields of a veth's peer are those of a link, its index, and whether it is up. */
function peers(): Made {
  return fc
    .tuple(
      valuesOfTable(plainLink as unknown as AnyTable),
      fc.record({ index: fc.integer({ min: 1, max: 0x7fffffff }), up: fc.boolean() }, { requiredKeys: [] }),
    )
    .map(([attributes, header]) => ({ ...attributes, ...header }));
}

/** The ways of a route: a struct, and attributes of it. */
function routePaths(): Made {
  const { index, flags, hops } = rtnexthop.fields;
  const header = fc.record({ index: valuesOf(index), flags: valuesOf(flags as AnyCodec), hops: valuesOf(hops) });
  const path = fc.tuple(valuesOfTable(pathAttributes as unknown as AnyTable), header);
  return fc.array(
    path.map(([attributes, fields]) => ({ ...attributes, ...fields })),
    { maxLength: 3 },
  );
}

/** A struct's fields, and attributes beside them. */
function headedValues(codec: AnyCodec): Made {
  const { header, table } = codec as Headed<unknown>;
  return fc
    .tuple(valuesOfTable(table), structs(header))
    .map(([attributes, fields]) => ({ ...attributes, ...(fields as object) }));
}

function lists(codec: AnyCodec): Made {
  return fc.array(valuesOf(codec.element!), { maxLength: 5 });
}

function switchSets(codec: AnyCodec): Made {
  const names = Object.keys(codec.parse(codec.words.replaceAll("on|off", "on")) as object);
  return fc.record(Object.fromEntries(names.map((name) => [name, fc.boolean()])), { requiredKeys: [] });
}

/** Selectors of u32 filters. */
function selectors(): Made {
  const { flags, offshift, offmask, off, offoff, hoff, hmask } = u32SelectorHead.fields;
  const head = { flags, offshift, offmask, off, offoff, hoff, hmask };
  return fc.record({
    ...Object.fromEntries(Object.entries(head).map(([name, codec]) => [name, valuesOf(codec as AnyCodec)])),
    keys: fc.array(structs(u32Key as Struct<unknown>), { maxLength: 4 }),
  });
}

/** Actions as a user gives them; their options have tests of their own. */
function actionLists(): Made {
  const action = fc.record({ kind: fc.constantFrom("bpf", "ct"), options: byteStrings, cookie: byteStrings });
  return fc.array(
    action.map((each) => ({ ...each, statistics: undefined })),
    { maxLength: 3 },
  );
}

const SPECIAL: Record<string, (codec: AnyCodec) => Made> = {
  flag: () => fc.constant(true),
  raw: ({ size }) => (size === undefined ? byteStrings : fc.uint8Array({ minLength: size, maxLength: size })),
  identifier: () => byteStrings.map(hex),
  string: () => texts(15),
  mac: (codec) => (codec.size === undefined ? hardwareAddresses(1, 32) : hardwareAddresses(6, 6)),
  sci: () => fc.uint8Array({ minLength: 8, maxLength: 8 }).map(hex),
  "u64 of a cipher suite": () =>
    fc.oneof(fc.constantFrom(...Object.keys(CIPHERS)), fc.bigInt({ min: 2n ** 60n, max: 2n ** 64n - 1n })),
  "u32 of Mbit/s": () => fc.integer({ min: 0, max: 0xffffffff }).map((megabits) => megabits * 1e6),
  ipv4: () => ipv4Addresses,
  ipv6: () => ipv6Addresses,
  "host part of ipv6": () => hostParts,
  ip: () => fc.oneof(ipv4Addresses, ipv6Addresses),
  nest: (codec) => valuesOfTable(codec.nested!({}) as AnyTable),
  "nest of repeated": lists,
  "indexed array": lists,
  "ifinfomsg and nest": peers,
  "mdb address": () => fc.oneof(ipv4Addresses, ipv6Addresses, hardwareAddresses(6, 6)),
  "struct br_mdb_entry and nest": headedValues,
  "struct mdb router port and nest": headedValues,
  "nest of routers": () => valuesOf(mdbRouters.entries.port[1]),
  "list of struct rtnexthop": routePaths,
  "list of struct nexthop_grp": () => fc.array(structs(nexthopMember as Struct<unknown>), { maxLength: 4 }),
  ...encapsulatedValues,
  ...expressionValues,
  handle: (codec) => fc.integer({ min: 0, max: 0xffffffff }).map((value) => codec.read(...wire(codec, value), {})),
  "u32 of µs": () => fc.integer({ min: 0, max: 0xffffffff }).map((microseconds) => microseconds / 1000),
  "struct tc_u32_sel": selectors,
  "nest of actions": actionLists,
  "struct ifla_bridge_id": () =>
    fc.uint8Array({ minLength: 8, maxLength: 8 }).map((id) => hex(id).replace(/^..../, "$&.")),
  "struct br_boolopt_multi": switchSets,
  "struct ifla_vlan_flags": switchSets,
};

/** Values that a codec takes and gives back the same. */
export function valuesOf(codec: AnyCodec): Made {
  if (codec.several !== undefined) return fc.array(valuesOf(codec.several), { minLength: 1, maxLength: 4 });
  const special = SPECIAL[codec.type];
  if (special !== undefined) return special(codec);
  if ("fields" in codec) return structs(codec as Struct<unknown>);
  if (!(codec.type in INTEGERS)) throw new Error(`no values are known for the type ${codec.type}`);
  if (codec.words === "on|off") return fc.boolean();
  if (codec.words === "N" || codec.words === "SIZE" || RANGE.test(codec.words)) return numbers(codec);
  if (codec.words === "RATE") return fc.integer({ min: 1, max: 2 ** 49 }).map((bytes) => bytes * 8);
  if (codec.words.includes("DURATION")) return durations(codec);
  return codec.words.endsWith(",…") ? bitSets(codec) : enumerated(codec);
}

/** Attributes whose numbers the table does not have. */
export function unknownAttributes({ entries }: AnyTable): Arbitrary<RawAttribute[]> {
  const taken = Object.values(entries).map(([number]) => number);
  const number = fc.integer({ min: 0, max: 0x3fff }).filter((each) => !taken.includes(each));
  return fc.array(
    fc
      .record({ number, nested: fc.boolean(), bytes: byteStrings })
      .map(({ number, nested, bytes }) => (nested ? { number, nested, bytes } : { number, bytes })),
    { minLength: 1, maxLength: 4 },
  );
}

/** Nests that are read by the word in an attribute beside them. */
interface Dependence {
  readonly selector: string;
  readonly property: string;
  readonly kinds: Readonly<Record<string, unknown>>;
  /** Of the selector, where no table is known. */
  readonly others: Made;
}

const tunnels: Dependence = {
  selector: "encapType",
  property: "encap",
  kinds: encapsulations,
  others: fc.constantFrom("none", 77),
};

function ofLinks(selector: string, property: string, kinds: Readonly<Record<string, unknown>>): Dependence {
  return { selector, property, kinds, others: texts(15).filter((kind) => !Object.hasOwn(kinds, kind)) };
}

const DEPENDENCES = new Map<unknown, readonly Dependence[]>([
  [linkInfo, [ofLinks("kind", "data", linkKinds), ofLinks("slaveKind", "slaveData", portKinds)]],
  [routeAttributes, [tunnels]],
  [pathAttributes, [tunnels]],
  [nexthopAttributes, [tunnels]],
  [objectAttributes, [{ ...ofLinks("type", "data", objectKinds), others: fc.constantFrom("ctHelper", 77) }]],
]);

/** A kind and its options; raw bytes for one that no table is known for. */
function kindValues({ selector, property, kinds, others }: Dependence): Arbitrary<Record<string, unknown>> {
  const known = Object.entries(kinds).map(([kind, table]) =>
    valuesOfTable(table as AnyTable).map((values) => ({ [selector]: kind, [property]: values })),
  );
  const raws = fc.tuple(others, byteStrings).map(([kind, bytes]) => ({ [selector]: kind, [property]: bytes }));
  return fc.oneof(...known, raws, fc.constant({}));
}

/** Values of a whole table, any of its attributes left out. */
export function valuesOfTable(table: AnyTable): Arbitrary<Record<string, unknown>> {
  const dependences = DEPENDENCES.get(table) ?? [];
  const dependent = dependences.flatMap(({ selector, property }) => [selector, property]);
  const entries = Object.entries(table.entries).filter(
    ([property, [, codec]]) => !codec.silent && codec.type !== "nest by kind" && !dependent.includes(property),
  );
  const plain = fc.record(
    Object.fromEntries([
      ...entries.map(([property, [, codec]]) => [property, valuesOf(codec as AnyCodec)] as const),
      ["unknown", unknownAttributes(table)] as const,
    ]),
    { requiredKeys: [] },
  );
  return fc
    .tuple(plain, ...dependences.map(kindValues))
    .map((parts) => Object.assign({}, ...parts) as Record<string, unknown>);
}

/** Values of struct ifinfomsg. */
export const linkHeaders = structs(ifinfomsg as Struct<unknown>);
