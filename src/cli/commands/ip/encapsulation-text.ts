import type { Encapsulation } from "../../../rtnetlink/route/encapsulation/encapsulation.js";
import { kebab } from "../../../netlink/codecs/words.js";
import { encapsulationWords } from "./encapsulation-words.js";
import { formatValue, unknownOptions } from "../../printing/value-text.js";

function at(values: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], values);
}

/** What packets are wrapped in, as it is typed: "mpls,dst=100,200". */
export function encapsulationText(encapsulation: Encapsulation | undefined): string {
  if (encapsulation === undefined) return "-";
  const { type } = encapsulation;
  if ("raw" in encapsulation) return `${kebab(String(type))} ${unknownOptions(kebab(String(type)), encapsulation.raw)}`;
  const words = [...(encapsulationWords(type) ?? [])].flatMap(([word, { path, codec }]) => {
    const value = at(encapsulation, path);
    return value === undefined ? [] : [`${word}=${codec.format?.(value) ?? formatValue(value, codec.words)}`];
  });
  return [kebab(String(type)), ...words].join(",");
}
