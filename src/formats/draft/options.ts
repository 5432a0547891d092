import type { Draft } from "./draft.js";
import type { Entry } from "./entry.js";
import type { Reader } from "../syntax/values.js";

/** Words of a file, each with the property that it sets and how its value is read. */
export type Options = Readonly<Record<string, readonly [property: string, read: Reader]>>;

/** Sets what a table has words for, and gives the other entries. */
export function setOptions(
  draft: Draft,
  entries: readonly Entry[],
  path: readonly string[],
  options: Options,
  name: (entry: Entry) => string = ({ key }) => key,
): Entry[] {
  return entries.filter((entry) => {
    const word = name(entry);
    if (!Object.hasOwn(options, word)) return true;
    const [property, read] = options[word]!;
    draft.reading(entry, () => {
      draft.set(entry, [...path, property], read(entry.value));
    });
    return false;
  });
}

/** Reports each entry that a table has a reason for, and gives the others. */
export function refuseEach(
  draft: Draft,
  entries: readonly Entry[],
  reasons: readonly (readonly [pattern: RegExp, why: string])[],
): Entry[] {
  return entries.filter((entry) => {
    const [, why] = reasons.find(([pattern]) => pattern.test(entry.key)) ?? [];
    if (why === undefined) return true;
    draft.refuse(entry, why);
    return false;
  });
}

/** Why a declaration does not say some things, whatever the format. */
export const why = {
  applied: "linkwright applies the declaration, and nothing else",
  identity: "a declaration knows links by their names",
  lease: "a declaration asks for no lease; docs/dhcp.md has the client",
  router: "what routers advertise is left to the kernel, and to its setting accept_ra",
  resolver: "name servers are the resolver's",
  hostName: "a host's name is no part of its wiring",
  firewall: "firewall zones are the firewall's",
  hardware: "how hardware works, ethtool says",
  ready: "who waits for a link is not said in a declaration",
  commands: "a declaration runs no commands",
  preferred: "an IPv4 address that is valid for ever is preferred for ever",
  rename: "a declaration renames no links",
  openvswitch: "bridges of Open vSwitch keep themselves; linkwright ovs changes them",
} as const;
