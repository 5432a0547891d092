import { checkSwitch } from "../../base/input.js";
import type { LinkHeader } from "./link.js";

type Flag = LinkHeader["flags"][number];

/** The flags of a link that can be set, each on or off (IFF_*, linux/if.h). */
export interface LinkSwitches {
  /** Administratively up. */
  up?: boolean | undefined;
  /** It asks for link-layer addresses: IFF_NOARP is off. */
  arp?: boolean | undefined;
  /** It takes part in multicast. */
  multicast?: boolean | undefined;
  /** It receives all multicast. */
  allmulticast?: boolean | undefined;
  /** It receives all frames. */
  promisc?: boolean | undefined;
  /** Its addresses go when it goes down. */
  dynamic?: boolean | undefined;
}

/** The flag of each, and whether it is set where the switch is on. */
const FLAGS: Readonly<Record<keyof LinkSwitches, readonly [flag: Flag, on: boolean]>> = {
  up: ["up", true],
  arp: ["noarp", false],
  multicast: ["multicast", true],
  allmulticast: ["allmulti", true],
  promisc: ["promisc", true],
  dynamic: ["dynamic", true],
};
const NAMES = Object.keys(FLAGS) as (keyof LinkSwitches)[];

/** Flags in a message's header, and which of them are meant. */
type Change = Pick<Partial<LinkHeader>, "flags" | "change">;

/** Parts the switches that are given, as a message's header says them, from the rest. Throws InputError. */
export function splitSwitches<T extends LinkSwitches>(
  settings: T,
): { header: Change; rest: Omit<T, keyof LinkSwitches> } {
  const rest: Record<string, unknown> = {};
  let change: Flag[] | undefined;
  const flags: Flag[] = [];
  for (const [name, value] of Object.entries(settings)) {
    if (!Object.hasOwn(FLAGS, name)) rest[name] = value;
    else if (value !== undefined) {
      checkSwitch(value, name);
      const [flag, on] = FLAGS[name as keyof LinkSwitches];
      (change ??= []).push(flag);
      if (value === on) flags.push(flag);
    }
  }
  return { header: change === undefined ? {} : { flags, change }, rest: rest as Omit<T, keyof LinkSwitches> };
}

/** The switches as a link's flags have them. */
export function switchesOf(flags: readonly Flag[]): LinkSwitches {
  return Object.fromEntries(NAMES.map((name) => [name, flags.includes(FLAGS[name][0]) === FLAGS[name][1]]));
}
