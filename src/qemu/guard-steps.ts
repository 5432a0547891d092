import { under } from "../base/errors.js";
import { checkGuarded, emptyGuard, guardAdditions, guardRemovals, PROGRAMS_TABLE } from "../networks/anti-spoofing.js";
import { ANSWER_FIELDS } from "./answer-fields.js";
import type { Insertion, PlanStep } from "./plan.js";
import type { PolicyRule } from "./policy.js";
import { batch, skipping } from "./steps.js";

type Guest = NonNullable<PolicyRule["antiSpoof"]>;

/** No link's index: it stands where the TAP's is filled in. */
const LATER_INDEX = 0x7f6c7769;

/** Everywhere that the TAP's index belongs. */
function indexPlaces(message: Uint8Array): Insertion[] {
  const numbers = new Uint32Array(Uint8Array.from(message).buffer, 0, message.length >> 2);
  return [...numbers.keys()]
    .filter((place) => numbers[place] === LATER_INDEX)
    .map((place) => ({ to: 4 * place, field: ANSWER_FIELDS.tapIndex }));
}

function filledIn(step: PlanStep): PlanStep {
  return { ...step, places: indexPlaces(step.message) };
}

function guardedPort({ mac = "", addresses = [] }: Guest) {
  const port = { index: LATER_INDEX, mac, addresses };
  under("antiSpoof", () => {
    checkGuarded(port);
  });
  return port;
}

/** The steps by which a TAP's guest can be nobody but itself; throws InputError. The table is made where it is not yet. */
export function guardSteps(guest: Guest, bridge: string): PlanStep[] {
  const text = `keeping a guest of ${bridge} from lying`;
  return [
    ...skipping(["mayBeSo"], [batch(text, emptyGuard(PROGRAMS_TABLE))]),
    filledIn(batch(text, guardAdditions(PROGRAMS_TABLE, guardedPort(guest)))),
  ];
}

/** The steps that let it say what it will. */
export function releaseSteps(guest: Guest, bridge: string): PlanStep[] {
  const changes = guardRemovals(PROGRAMS_TABLE, guardedPort(guest));
  return skipping(["mayBeSo"], [filledIn(batch(`forgetting a guest of ${bridge}`, changes))]);
}
