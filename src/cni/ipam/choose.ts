import { InputError, quoted } from "../../base/errors.js";
import { type Call, part } from "../call.js";
import { delegated } from "./delegated.js";
import { hostLocal } from "./host-local.js";
import type { Ipam } from "./ipam.js";
import { fixed } from "./static.js";

const own: Readonly<Record<string, Ipam>> = { "host-local": hostLocal, static: fixed };

/** The IPAM of a configuration: one of linkwright's own, or another plugin; undefined where it has none. Throws InputError. */
export function ipamOf({ configuration }: Call): Ipam | undefined {
  const { type } = part(configuration, "ipam");
  if (type === undefined || type === null || type === "") return undefined;
  if (typeof type !== "string" || type.includes("/"))
    throw new InputError(`${quoted(type)} is no plugin's name`, "ipam.type");
  return Object.hasOwn(own, type) ? own[type] : delegated(type);
}
