import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeTables } from "../../src/rtnetlink/tables.js";

const INCLUDE = "/usr/include/linux";

/** Major and minor of a version as one number that orders them. */
function ordinal(version: string): number {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major * 1000 + minor;
}

const isThere = existsSync(join(INCLUDE, "version.h"));
if (!isThere) console.log(`skipped: there are no headers of the kernel in ${INCLUDE}`);

test.runIf(isThere)(
  "the kernel's headers have what is there since their version or an older one, and hardly anything newer",
  () => {
    const headers = readdirSync(INCLUDE, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".h"));
    const words = new Set(
      headers.flatMap((name) => readFileSync(join(INCLUDE, name), "utf8").match(/\b[A-Z]\w+\b/g) ?? []),
    );
    const code = Number(/LINUX_VERSION_CODE (\d+)/.exec(readFileSync(join(INCLUDE, "version.h"), "utf8"))?.[1]);
    const version = (code >> 16) * 1000 + ((code >> 8) & 0xff);
    const dated = describeTables().flatMap(({ attributes }) => attributes.filter(({ since }) => since !== undefined));
    expect(dated.length).toBeGreaterThan(700);
    const isOld = ({ since = "" }: { readonly since?: string }): boolean => ordinal(since) <= version;
    const missing = dated.filter((attribute) => isOld(attribute) && !words.has(attribute.name));
    expect(missing.map(({ name, since }) => `${name} since ${String(since)}`)).toEqual([]);
    // Distributors take over some of what is newer.
    const newer = dated.filter((attribute) => !isOld(attribute));
    expect(newer.filter(({ name }) => words.has(name)).length).toBeLessThanOrEqual(newer.length / 10);
  },
);
