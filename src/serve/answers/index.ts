import { InputError, quoted } from "../../base/errors.js";
import { type Asked, type Method, questions } from "../messages/questions.js";
import type { Answer, Call } from "./answer.js";
import { cni } from "./cni.js";
import { history } from "./history.js";
import { keepLease, leases, leaveLease, releaseLease } from "./leases.js";
import { release, serve } from "./networks.js";
import { ruleset } from "./ruleset.js";
import { status } from "./status.js";

/** How each question is answered. */
const answers: { readonly [M in Method]: Answer<M> } = {
  status,
  serve,
  release,
  keepLease,
  releaseLease,
  leaveLease,
  leases,
  ruleset,
  history,
  cni,
};

/** Who may change something: the superuser of this service's user namespace. Others whom the socket's file lets in may look. */
function mayChange(uid: number): boolean {
  return uid === 0 || uid === process.getuid?.();
}

async function answerAs<M extends Method>(method: M, said: object, call: Call): Promise<void> {
  const { onlyLooks = false, answer }: Answer<M> = answers[method];
  if (!onlyLooks && !mayChange(call.caller.uid))
    throw new InputError(`user ${call.caller.uid} may look, and change nothing`);
  await answer(questions[method].read(said) as Asked<M>, call);
}

/** Answers the question of a line. Throws InputError for what is none, and for who may not ask it. */
export async function answerLine(line: string, call: Call): Promise<void> {
  const { method, ...said } = JSON.parse(line) as { method?: unknown };
  if (typeof method !== "string" || !Object.hasOwn(answers, method))
    throw new InputError(`${quoted(method)} is no question`, "method");
  await answerAs(method as Method, said, call);
}
