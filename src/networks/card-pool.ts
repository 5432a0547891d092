import { builtin } from "../base/builtin.js";
import { InputError } from "../base/errors.js";
import type { ResolvedNetwork } from "./definition.js";

/** Whether a process is there. */
export function processExists(pid: number): boolean {
  return builtin("node:fs").existsSync(`/proc/${pid}`);
}

/** The network card of a pool on which the fewest guests are, by those that they are on. Throws InputError where each has its only one. */
export function cardFor({ name, interfaces = [], macvtapMode }: ResolvedNetwork, taken: readonly string[]): string {
  const guestsOn = (card: string): number => taken.filter((each) => each === card).length;
  const [card] = [...interfaces].sort((one, other) => guestsOn(one) - guestsOn(other));
  if (card === undefined || (macvtapMode === "passthru" && guestsOn(card) > 0))
    throw new InputError(
      `each network card of the network ${name} has its guest: ${interfaces.join(", ")}`,
      "interfaces",
    );
  return card;
}
