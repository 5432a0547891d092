import { InputError, quoted, under } from "../../base/errors.js";
import { checkList } from "../../base/input.js";
import { parsePrefix } from "../../rtnetlink/protocol/network.js";
import { type Call, part } from "../call.js";
import { valueOf } from "../options.js";
import type { ResultRoute } from "../result.js";

/** A list of a configuration, an empty one where it is not there, each of it read by `read`. Throws InputError. */
export function listIn<T>(from: Readonly<Record<string, unknown>>, key: string, read: (each: unknown) => T): T[] {
  const value = valueOf(from, key);
  if (value === undefined) return [];
  return under(key, () => {
    checkList(value);
    return value.map((each, place) => under(String(place), () => read(each)));
  });
}

/** An address, with the length of its prefix or without. Throws InputError. */
export function addressIn(value: unknown): string {
  if (typeof value !== "string") throw new InputError(`${quoted(value)} is no address`);
  parsePrefix(value);
  return value;
}

function routeIn(value: unknown): ResultRoute {
  const { dst, gw } = (value ?? {}) as Record<string, unknown>;
  under("dst", () => addressIn(dst));
  if (gw !== undefined && gw !== null) under("gw", () => addressIn(gw));
  return value as ResultRoute;
}

/** The routes that a configuration wants; undefined where it says nothing of them. */
export function routesIn(ipam: Readonly<Record<string, unknown>>): ResultRoute[] | undefined {
  return valueOf(ipam, "routes") === undefined ? undefined : listIn(ipam, "routes", routeIn);
}

/** The addresses that are asked for by CNI_ARGS, by `args` and by the runtime, in this order. */
export function askedAddresses({ arguments: given, configuration }: Call): {
  readonly byArguments: string[];
  readonly byConfiguration: string[];
  readonly byRuntime: string[];
} {
  return {
    byArguments: (given.ip ?? "")
      .split(",")
      .map((each) => each.trim())
      .filter((each) => each !== ""),
    byConfiguration: listIn(part(configuration, "args", "cni"), "ips", addressIn),
    byRuntime: listIn(part(configuration, "runtimeConfig"), "ips", addressIn),
  };
}
