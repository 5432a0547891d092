import type { Connection } from "../../netlink/connection.js";
import { InputError } from "../../base/errors.js";
import { checkEach, checkSwitch } from "../../base/input.js";
import { type Encapsulation, encapsulationIn } from "./encapsulation/encapsulation.js";
import { encapsulatedBy, type EncapsulationSettings } from "./encapsulation/encapsulation-links.js";
import { indexOf, type LinkReference } from "../link/link-requests.js";
import { type Family, familyOfAddress } from "../protocol/network.js";
import type { PathValues } from "./path-attributes.js";

type PathFlag = PathValues["flags"][number];

/** Where packets go: by a gateway, a link, or both. */
export interface PathSettings {
  /** The gateway's address; for a route of IPv4 it may be one of IPv6. */
  gateway?: string | undefined;
  link?: LinkReference | undefined;
  /** The gateway is taken to be on the link, whatever addresses that has. */
  onlink?: boolean | undefined;
  /** Its share of the packets, 1 to 256. */
  weight?: number | undefined;
  /** Realms, for classification; IPv4 only. */
  flow?: number | undefined;
  encapsulation?: EncapsulationSettings | undefined;
}

/** One way of a route with several. */
export interface RoutePath extends PathSettings {
  /** The link's index. */
  link: number;
  weight: number;
  encapsulation?: Encapsulation | undefined;
  flags: readonly PathFlag[];
}

const MOST_WEIGHT = 256;

/** The attribute that a gateway stands in: one of the other family than the route's has its own. Throws InputError. */
export function gatewayValues(gateway: string | undefined, family: Family): { gateway?: string; via?: string } {
  if (gateway === undefined) return {};
  const own = familyOfAddress(gateway);
  if (own === family) return { gateway };
  if (family === "inet") return { via: gateway };
  throw new InputError(`${gateway} is an IPv4 address: a route of IPv6 has a gateway of IPv6`, "gateway");
}

/** Checks one way and makes it a message's. Throws InputError. */
async function pathValues(connection: Connection, settings: PathSettings, family: Family): Promise<PathValues> {
  const { gateway, link, onlink, weight = 1, flow, encapsulation } = settings;
  if (!Number.isInteger(weight) || weight < 1 || weight > MOST_WEIGHT)
    throw new InputError(`${String(weight)} is not a weight from 1 to ${MOST_WEIGHT}`, "weight");
  if (gateway === undefined && link === undefined) throw new InputError("neither a gateway nor a link");
  return {
    index: link === undefined ? 0 : await indexOf(connection, link),
    flags: onlink === true ? ["onlink"] : [],
    hops: weight - 1,
    flow,
    ...gatewayValues(gateway, family),
    ...(await encapsulatedBy(connection, encapsulation)),
  };
}

/** What was listed can be given again: what was only reported is not looked at. */
const PATH: readonly (keyof RoutePath)[] = ["gateway", "link", "onlink", "weight", "flow", "encapsulation", "flags"];

/** Throws InputError for what is no list of ways. */
export function checkPaths(settings: readonly PathSettings[]): void {
  checkEach(settings, PATH, "nexthops");
  for (const [place, { onlink }] of settings.entries()) checkSwitch(onlink, `nexthops.${place}.onlink`);
}

/** The ways of a route as its message has them. Throws InputError. */
export function pathsValues(
  connection: Connection,
  settings: readonly PathSettings[],
  family: Family,
): Promise<PathValues[]> {
  if (settings.length === 0) throw new InputError("a route needs one way at least", "nexthops");
  return Promise.all(
    settings.map(async (each, place) => {
      try {
        return await pathValues(connection, each, family);
      } catch (error) {
        throw error instanceof InputError ? error.under(`nexthops.${place}`) : error;
      }
    }),
  );
}

/** The way that a message's part reports. */
export function pathOf(values: PathValues): RoutePath {
  const { index, flags, hops, gateway, via, flow } = values;
  return {
    gateway: gateway ?? via,
    link: index,
    weight: hops + 1,
    flags,
    ...(flow === undefined ? {} : { flow }),
    ...(values.encap === undefined ? {} : { encapsulation: encapsulationIn(values) }),
  };
}
