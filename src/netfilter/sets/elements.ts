import { InputError, quoted, under } from "../../base/errors.js";
import { checkEach, checkList } from "../../base/input.js";
import { type Verdict, verdictData, verdictOf } from "../values/data.js";
import { lengthOf, listOf, type MapData, padded, type SetElement, type SetShape, shapeOf, typesOf } from "./sets.js";
import type { DataValues, ElementValues, SetValues } from "../messages/nf-tables.js";
import { type DataType, type DataTypeName, type Span, spanOf, spanText } from "../values/types.js";
import { commentEntry, commentIn, commentType, writeUserdata } from "../messages/userdata.js";

/** Values behind one another, each at a multiple of four bytes. */
function spanOfAll(types: readonly DataType[], value: unknown): Span {
  if (types.length === 1) return spanOf(types[0]!, Array.isArray(value) && value.length === 1 ? value[0] : value);
  checkList(value);
  if (value.length !== types.length)
    throw new InputError(`${value.length} values where ${types.length} belong together`);
  const from = new Uint8Array(lengthOf(types));
  const to = new Uint8Array(from.length);
  let offset = 0;
  for (const [place, type] of types.entries()) {
    const span = under(String(place), () => spanOf(type, value[place]));
    from.set(span.from, offset);
    to.set(span.to, offset);
    offset += padded(type.codec.size!);
  }
  return { from, to };
}

/** The number behind one of any size; undefined behind the largest. */
function after(bytes: Uint8Array): Uint8Array | undefined {
  const next = Uint8Array.from(bytes);
  for (let place = next.length - 1; place >= 0; place--) {
    next[place] = (next[place]! + 1) & 0xff;
    if (next[place] !== 0) return next;
  }
  return undefined;
}

function before(bytes: Uint8Array): Uint8Array {
  const previous = Uint8Array.from(bytes);
  for (let place = previous.length - 1; place >= 0; place--) {
    previous[place] = (previous[place]! - 1) & 0xff;
    if (previous[place] !== 0xff) break;
  }
  return previous;
}

/** Elements as attributes: an interval is two, its start and what is behind its end. Throws InputError. */
export function elementContents(shape: SetShape, elements: readonly SetElement[]): ElementValues[] {
  checkEach(elements, ["key", "catchall", "data", "timeout", "expires", "comment", "state"], "elements");
  const types = typesOf(listOf(shape.key));
  const isInterval = shape.flags?.includes("interval") === true;
  return elements.flatMap((element, place) =>
    under(`elements.${place}`, (): ElementValues[] => {
      const values = elementContent(shape.data, element);
      if (element.catchall) return [{ ...values, flags: ["catchall"] }];
      const span = under("key", () => spanOfAll(types, element.key));
      if (!isInterval) {
        if (Buffer.compare(span.from, span.to) !== 0)
          throw new InputError("the set has no ranges: it lacks interval", "key");
        return [{ key: { value: span.from }, ...values }];
      }
      if (types.length > 1) return [{ key: { value: span.from }, keyEnd: { value: span.to }, ...values }];
      const end = after(span.to);
      const start = { key: { value: span.from }, ...values };
      return end === undefined ? [start] : [start, { key: { value: end }, flags: ["intervalEnd"] }];
    }),
  );
}

function elementContent(data: MapData | undefined, { data: value, timeout, comment }: SetElement): ElementValues {
  const userdata =
    comment === undefined ? undefined : writeUserdata(new Map([[commentType.other, commentEntry(comment)]]));
  return { timeout, userdata, ...(data === undefined ? {} : under("data", () => elementData(data, value))) };
}

function elementData(data: MapData, value: unknown): ElementValues {
  if (value === undefined) throw new InputError("a map's element needs it");
  if (data === "verdict") return { data: verdictData(value as Verdict) };
  if (typeof data === "object" && "object" in data) {
    if (typeof value !== "string") throw new InputError(`${quoted(value)} is not an object's name`);
    return { objref: value };
  }
  const { from, to } = spanOfAll(typesOf(listOf(data)), value);
  if (Buffer.compare(from, to) !== 0) throw new InputError(`${quoted(value)} is a range`);
  return { data: { value: from } };
}

function valuesIn(names: readonly DataTypeName[] | undefined, from: Uint8Array, to: Uint8Array): unknown {
  if (names === undefined) return from;
  const types = typesOf(names);
  if (lengthOf(types) !== from.length || to.length !== from.length) return from;
  let offset = 0;
  const values = types.map((type) => {
    const end = offset + type.codec.size!;
    const text = spanText(type, { from: from.subarray(offset, end), to: to.subarray(offset, end) });
    offset += padded(type.codec.size!);
    return text;
  });
  if (values.includes(undefined)) return from;
  return values.length === 1 ? values[0] : values;
}

/** The verdict that a map has, or a value. */
function dataOf(names: DataTypeName[] | "verdict" | undefined, data: DataValues): unknown {
  if (data.verdict !== undefined) return verdictOf(data.verdict) ?? data;
  if (data.value === undefined) return data;
  return valuesIn(names === "verdict" ? undefined : names, data.value, data.value);
}

/** The elements that a set's attributes say, in the order of their keys. Keys of a type that is not known here are bytes. */
export function elementsOf(set: SetValues, elements: readonly ElementValues[]): SetElement[] {
  const names = shapeOf(set);
  const isSimpleInterval =
    set.flags?.includes("interval") === true && (names.key === undefined || names.key.length === 1);
  const sorted = [...elements].sort(
    (one, other) =>
      Buffer.compare(one.key?.value ?? new Uint8Array(), other.key?.value ?? new Uint8Array()) ||
      Number(isEnd(other)) - Number(isEnd(one)),
  );
  return sorted.flatMap((element, place) => {
    if (isEnd(element)) return [];
    const from = element.key?.value ?? new Uint8Array();
    const next = isSimpleInterval ? sorted[place + 1]?.key?.value : undefined;
    const open = isSimpleInterval ? new Uint8Array(from.length).fill(0xff) : from;
    const to = element.keyEnd?.value ?? (next === undefined ? open : before(next));
    return [elementOf(element, names, from, to)];
  });
}

function isEnd({ flags = [] }: ElementValues): boolean {
  return flags.includes("intervalEnd");
}

function elementOf(
  { data, flags = [], timeout, expiration, userdata, expr, expressions, objref }: ElementValues,
  names: ReturnType<typeof shapeOf>,
  from: Uint8Array,
  to: Uint8Array,
): SetElement {
  const comment = commentIn(userdata);
  const state = expressions ?? (expr === undefined ? undefined : [expr]);
  const value = objref ?? (data === undefined ? undefined : dataOf(names.data, data));
  return {
    ...(flags.includes("catchall") ? { catchall: true as const } : { key: valuesIn(names.key, from, to) }),
    ...(value === undefined ? {} : { data: value }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(expiration === undefined ? {} : { expires: expiration }),
    ...(comment === undefined ? {} : { comment }),
    ...(state === undefined ? {} : { state }),
  };
}
