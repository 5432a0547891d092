import { InputError } from "../../base/errors.js";

/** Throws InputError for what is no VLAN's number (IEEE 802.1Q). */
export function checkVlan(vlan: number | undefined): void {
  if (vlan !== undefined && !(Number.isInteger(vlan) && vlan >= 1 && vlan <= 4094))
    throw new InputError(`${String(vlan)} is not a VLAN from 1 to 4094`, "vlan");
}
