import { quoted } from "../base/errors.js";
import { CniError } from "./error.js";

/** The versions of the specification that are spoken, the oldest first. */
export const versions = ["0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"] as const;
export type Version = (typeof versions)[number];

/** The version of a configuration. Throws CniError for one that is not spoken; one that is not said is 0.1.0. */
export function versionOf(said: unknown = "0.1.0"): Version {
  if (!(versions as readonly unknown[]).includes(said))
    throw new CniError("incompatibleVersion", `cniVersion ${quoted(said)} is none of ${versions.join(", ")}`);
  return said as Version;
}

export function isAtLeast(version: Version, other: Version): boolean {
  return versions.indexOf(version) >= versions.indexOf(other);
}

/** What VERSION answers. */
export function versionResult(): object {
  return { cniVersion: versions.at(-1), supportedVersions: versions };
}
