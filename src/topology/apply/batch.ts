import type { Host } from "../../host/host.js";
import type { Connection } from "../../netlink/connection.js";
import type { RecordedRequest } from "../../netlink/recording.js";
import { addAddress } from "../../rtnetlink/address/address-requests.js";
import { changeLink, indexOf } from "../../rtnetlink/link/link-requests.js";
import { replaceNeighbour } from "../../rtnetlink/neighbour/neighbour-requests.js";
import { replaceNexthop } from "../../rtnetlink/nexthop/nexthop-requests.js";
import { replaceRoute } from "../../rtnetlink/route/route-requests.js";
import type { Operation } from "../steps/operation.js";
import type { Phase, Step } from "../steps/step.js";
import { requestsOf } from "./requests.js";

/** What leaves together when a link takes another's place, from when it comes up until all leads over it. */
const PHASES: readonly Phase[] = [
  "takeOver",
  "vlans",
  "addresses",
  "join",
  "up",
  "neighbours",
  "routes",
  "nexthops",
  "gateways",
];

type Write = (connection: Connection, ...given: never[]) => Promise<unknown>;

/** Each call as the one request that it comes to where nothing is to be asked. */
const WRITES: Partial<Record<Operation["call"], Write>> = {
  setLink: async (to, link: string, { master, up }: { master?: string; up?: boolean }) =>
    changeLink(to, await indexOf(to, link), {
      ...(master === undefined ? {} : { master: await indexOf(to, master) }),
      ...(up === undefined ? {} : { up }),
    }),
  addAddress,
  "neighbours.replace": replaceNeighbour,
  "nexthops.replace": replaceNexthop,
  "routes.replace": replaceRoute,
};

function canBeWritten({ call: name, with: given }: Operation): boolean {
  if (WRITES[name] === undefined) return false;
  return name !== "setLink" || Object.keys(given[1] as object).every((each) => each === "master" || each === "up");
}

/** How many groups of steps, from the first of some on, can leave together because a link takes another's place in them; 0 for none. */
export function leavingTogether(groups: readonly (readonly Step[])[]): number {
  const place = groups[0]?.[0]?.namespace;
  const end = groups.findIndex(([first]) => first?.namespace !== place || !PHASES.includes(first!.phase));
  const span = groups.slice(0, end < 0 ? groups.length : end);
  const steps = span.flat();
  const takes = steps.some(({ phase, do: [each] }) => phase === "join" && each?.call === "setLink");
  return takes && steps.every(({ do: operations }) => operations.every(canBeWritten)) ? span.length : 0;
}

/** A step that was refused, and why. */
export interface Refused {
  readonly step: Step;
  readonly reason: unknown;
}

/**
 * Takes steps in one go: their messages are written first, and leave together, so that nothing waits between them. The kernel goes
 * on behind one that it refuses: nothing among them takes away what another is to replace.
 */
export async function takeAtOnce(host: Host, steps: readonly Step[]): Promise<Refused | undefined> {
  const written: (readonly [Step, RecordedRequest])[] = [];
  for (const step of steps)
    for (const { call: name, with: given } of step.do) {
      // An operation has the arguments of its own call.
      const requests = await requestsOf(host, ({ connection }) => WRITES[name]!(connection, ...(given as never[])));
      written.push(...requests.map((each) => [step, each] as const));
    }
  const results = await host.sendRecorded(written.map(([, request]) => request));
  const place = results.findIndex(({ status }) => status === "rejected");
  return place < 0 ? undefined : { step: written[place]![0], reason: (results[place] as PromiseRejectedResult).reason };
}
