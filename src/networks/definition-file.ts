import { stringify } from "yaml";
import { InputError, under } from "../base/errors.js";
import { parseJsonc } from "../base/jsonc.js";
import { readYaml } from "../base/yaml.js";
import type { NetworkDefinition } from "./definition.js";
import { definitionOf } from "./definition-schema.js";

/**
 * Reads a network's file: YAML, whose durations have their unit, or JSON, whose durations are milliseconds and which may have
 * comments. Throws InputError, which says where in the file what is wrong.
 *
 * @param file What the text is called in errors.
 */
export function readNetwork(text: string, file = "network"): NetworkDefinition {
  if (/^\s*(\{|\/[/*])/.test(text)) return under(file, () => parseJsonc(text)) as NetworkDefinition;
  return readYaml(
    text,
    definitionOf,
    ({ line, column }, problem, path) =>
      new InputError(path === "" ? problem : `${path}: ${problem}`, `${file}:${line}:${column}`),
  );
}

/** A duration in the largest unit in which it is whole. */
function spelled(milliseconds: number): string {
  return milliseconds % 1000 === 0 ? `${milliseconds / 1000}s` : `${milliseconds}ms`;
}

/** A network's definition as YAML. */
export function writeNetwork(definition: NetworkDefinition): string {
  const { dhcp } = definition;
  const leaseTime = dhcp === undefined || dhcp === false ? undefined : dhcp.leaseTime;
  const whole =
    leaseTime === undefined ? definition : { ...definition, dhcp: { ...dhcp, leaseTime: spelled(leaseTime) } };
  return stringify(whole, { lineWidth: 120 });
}
