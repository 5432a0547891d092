import type { Connection } from "../../../netlink/connection.js";
import { checkObject } from "../../../base/input.js";
import { type Encapsulated, encapsulated, type Encapsulation } from "./encapsulation.js";
import { indexOf, type LinkReference } from "../../link/link-requests.js";

/** What names a link in an encapsulation, by its type. */
const LINKS: Readonly<Partial<Record<Encapsulation["type"], readonly string[]>>> = {
  seg6Local: ["iif", "oif"],
  xfrm: ["link"],
};

type Linked<E> = E extends unknown
  ? { [K in keyof E]: K extends "iif" | "oif" | "link" ? LinkReference | undefined : E[K] }
  : never;

/** How packets are to be wrapped: as an encapsulation is reported, or with links given by name. */
export type EncapsulationSettings = Linked<Encapsulation>;

/** Whether a property of such an encapsulation names a link. */
export function namesLink(type: Encapsulation["type"], property: string): boolean {
  return LINKS[type]?.includes(property) === true;
}

/** The encapsulation as attributes. Links are asked for by their names. */
export async function encapsulatedBy(
  connection: Connection,
  encapsulation: EncapsulationSettings | undefined,
): Promise<Encapsulated> {
  if (encapsulation === undefined) return {};
  checkObject(encapsulation, "encapsulation");
  const values = await Promise.all(
    Object.entries(encapsulation).map(async ([property, value]) => {
      const isLink = value !== undefined && namesLink(encapsulation.type, property);
      return [property, isLink ? await indexOf(connection, value as LinkReference) : value] as const;
    }),
  );
  return encapsulated(Object.fromEntries(values) as Encapsulation);
}
