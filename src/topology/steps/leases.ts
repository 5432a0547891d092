import type { ReadLink } from "../declaration/declaration.js";
import type { Picture } from "../observation/observe.js";
import { call } from "./operation.js";
import { type Step, step } from "./step.js";

/** Links whose addresses the service is to get by DHCP, or is not. */
export function compareLeases(links: Readonly<Record<string, ReadLink>>, { leases }: Picture): Step[] {
  return Object.entries(links).flatMap(([name, { dhcp }]) => {
    const { kept, left, service = "" } = leases.get(name) ?? {};
    if (dhcp === undefined || dhcp === (kept !== undefined)) return [];
    const settings = kept ?? (left === undefined ? {} : { lease: left });
    const [keep, leave] = [call("leases.keep", name, service, settings), call("leases.leave", name, service)];
    return [
      step("leases", {
        action: dhcp ? "add" : "remove",
        subject: "lease",
        name,
        reason: dhcp
          ? left === undefined
            ? "nobody keeps one"
            : `it goes on with ${left.address}, which another client has left`
          : "linkwright serve keeps one",
        do: [dhcp ? keep : leave],
        undo: [dhcp ? leave : keep],
        loss: `${name}: its lease, which linkwright serve keeps${dhcp ? "" : " no more"}`,
      }),
    ];
  });
}
