import type { AttributeTable } from "../../../netlink/codecs/attributes.js";
import type { Codec } from "../../../netlink/codecs/codec.js";
import { InputError } from "../../../base/errors.js";
import { tableOf } from "../../../netlink/codecs/nests.js";
import { kebab } from "../../../netlink/codecs/words.js";
import {
  type Encapsulation,
  encapsulations,
  encapsulationType,
} from "../../../rtnetlink/route/encapsulation/encapsulation.js";
import { type EncapsulationSettings, namesLink } from "../../../rtnetlink/route/encapsulation/encapsulation-links.js";
import { suggestion } from "../../../base/nearest.js";
import { wordOf } from "../../parsing/option.js";

/** A value inside an encapsulation: how it is spelled, and where it stands. */
export interface EncapsulationWord {
  readonly path: readonly string[];
  readonly codec: Codec<unknown>;
}

type Inside = Readonly<Record<string, Codec<unknown>>>;

/** What is inside a nest or a struct. */
function insideOf(codec: Codec<unknown>): Inside | undefined {
  if (codec.several !== undefined) return undefined;
  const table = codec.nested?.({});
  if (table !== undefined && "entries" in table) return codecsOf(table as AttributeTable);
  return "fields" in codec ? (codec.fields as Inside) : undefined;
}

function codecsOf({ entries }: AttributeTable): Inside {
  return Object.fromEntries(Object.entries(entries).map(([property, [, codec]]) => [property, codec]));
}

function wordsIn(codecs: Inside, before: readonly string[] = []): [word: string, EncapsulationWord][] {
  return Object.entries(codecs).flatMap(([property, codec]): [string, EncapsulationWord][] => {
    const path = [...before, property];
    const inside = insideOf(codec);
    if (inside !== undefined) return wordsIn(inside, path);
    return codec.silent === true || codec.words === "" ? [] : [[path.map(kebab).join("."), { path, codec }]];
  });
}

/** The words of a type of encapsulation, such as "dst" or "trace.size"; undefined where no table is known. */
export function encapsulationWords(type: Encapsulation["type"]): ReadonlyMap<string, EncapsulationWord> | undefined {
  const table = tableOf(encapsulations, type);
  return table === undefined ? undefined : new Map(wordsIn(codecsOf(table)));
}

function put(values: Record<string, unknown>, [name = "", ...inside]: readonly string[], value: unknown): void {
  if (inside.length === 0) values[name] = value;
  else put((values[name] ??= {}) as Record<string, unknown>, inside, value);
}

/** "mpls,dst=100,200,ttl=5": a type, and words of its own. */
function parseEncapsulation(word: string): EncapsulationSettings {
  const [kind = "", ...parts] = word.split(/,(?=[a-z][a-z0-9.-]*=)/);
  const type = encapsulationType.parse(kind);
  const known = encapsulationWords(type);
  if (known === undefined) throw new InputError(`${JSON.stringify(kind)} wraps packets in nothing that is known here`);
  const values: Record<string, unknown> = { type };
  for (const part of parts) {
    const [name, value] = [part.slice(0, part.indexOf("=")), part.slice(part.indexOf("=") + 1)];
    const found = known.get(name);
    if (found === undefined) {
      const names = [...known.keys()];
      throw new InputError(
        `${kind} has no ${JSON.stringify(name)}${suggestion(name, names, `; it has ${names.join(", ")}`)}`,
      );
    }
    const isNamed = namesLink(type, name) && !/^\d+$/.test(value);
    put(values, found.path, isNamed ? value : found.codec.parse(value));
  }
  return values as EncapsulationSettings;
}

/** How packets are wrapped, in one word. */
export const encap = wordOf(
  "encapsulation",
  { words: "TYPE,WORD=VALUE,…", parse: parseEncapsulation },
  "what packets are wrapped in, such as mpls,dst=100,200 or ip,id=7,dst=192.0.2.7",
  "encap",
);
