import type { LinkKinds } from "./index.js";
import { checkOtherEnd } from "./pairs/pair.js";
import { checkRapidDeployment } from "./tunnels/rapid-deployment.js";
import { checkEnds, checkOneFamily } from "./tunnels/tunnel-ends.js";

type Options = Readonly<Record<string, unknown>>;

/** What the kernel expects of those who create or change a link of a kind. */
export interface Requirements {
  /** It cannot be without a link below. */
  readonly needsLink?: true;
  /** Options that a change leaves out go back to their defaults. */
  readonly forgets?: true;
  /** What must be said, too, when these options are wanted of a link that has those `before`. */
  readonly alsoSay?: (wanted: Options, before: Options) => Options;
  /** Throws InputError for options that cannot be together; all that are said are given. */
  readonly check?: (said: Options) => void;
}

/** A key is looked at only where the flags say that there is one. */
function keyFlags(wanted: Options, before: Options): Options {
  const flags = ([key, name]: readonly [string, string]): [string, unknown][] => {
    if (wanted[key] === undefined || wanted[name] !== undefined) return [];
    const present = (before[name] ?? []) as readonly string[];
    return [[name, present.includes("key") ? present : [...present, "key"]]];
  };
  return Object.fromEntries([["ikey", "iflags"] as const, ["okey", "oflags"] as const].flatMap(flags));
}

/** The list of source MACs comes with what is done to it. */
function sourceList({ macaddrMode, macaddrData }: Options): Options {
  return macaddrData !== undefined && macaddrMode === undefined ? { macaddrMode: "set" } : {};
}

const macvlan = { needsLink: true, alsoSay: sourceList } as const satisfies Requirements;
const tunnel: Requirements = { forgets: true, check: checkEnds("IPv4") };
const tunnel6: Requirements = { forgets: true, check: checkEnds("IPv6") };
const gre: Requirements = { ...tunnel, alsoSay: keyFlags };
const gre6: Requirements = { ...tunnel6, alsoSay: keyFlags };

function checkSit(said: Options): void {
  tunnel.check?.(said);
  checkRapidDeployment(said);
}

/** The kinds that want more than their options. */
const requirements = {
  erspan: gre,
  gre,
  gretap: gre,
  ip6erspan: gre6,
  ip6gre: gre6,
  ip6gretap: gre6,
  ip6tnl: tunnel6,
  ipip: tunnel,
  ipvlan: { needsLink: true },
  ipvtap: { needsLink: true },
  macsec: { needsLink: true },
  macvlan,
  macvtap: macvlan,
  netkit: { check: checkOtherEnd("peerInfo") },
  sit: { ...tunnel, check: checkSit },
  veth: { check: checkOtherEnd("peer") },
  vlan: { needsLink: true },
  vti: tunnel,
  vti6: tunnel6,
  vxcan: { check: checkOtherEnd("peer") },
  vxlan: { check: checkOneFamily },
} as const satisfies { readonly [K in keyof LinkKinds]?: Requirements };

/** The kinds that cannot be without a link below. */
export type KindOnLink = {
  [K in keyof typeof requirements]: (typeof requirements)[K] extends { readonly needsLink: true } ? K : never;
}[keyof typeof requirements];

const NONE: Requirements = {};

/** What a kind wants more than its options. */
export function requirementsOf(kind: string): Requirements {
  return Object.hasOwn(requirements, kind) ? requirements[kind as keyof typeof requirements] : NONE;
}
