import { InputError } from "../../base/errors.js";
import { eitherOf } from "../../base/signal.js";
import { takeDescriptors } from "../../kernel/unix-socket.js";
import type { Answer, Call } from "./answer.js";

/** Does what ends with the service, or when the caller hangs up: who has asked says nothing more. */
async function whileCalling<T>(
  { caller, thread, signal }: Pick<Call, "caller" | "thread" | "signal">,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const [hungUp, done] = [new AbortController(), new AbortController()];
  const hangUp = (): void => {
    hungUp.abort(new InputError("the caller has hung up"));
  };
  const watching = takeDescriptors(thread, caller.socket, 1, done.signal).then(hangUp, hangUp);
  try {
    return await work(eitherOf(signal, hungUp.signal));
  } finally {
    done.abort();
    await watching;
  }
}

export const keepLease: Answer<"keepLease"> = {
  async answer(settings, call) {
    const { leases } = await call.namespace();
    await call.reply(await whileCalling(call, (signal) => leases.keep(settings, signal)));
  },
};

export const releaseLease: Answer<"releaseLease"> = {
  async answer({ link }, { namespace, reply }) {
    const { leases } = await namespace();
    await leases.end(link, "release");
    await reply({});
  },
};

export const leaveLease: Answer<"leaveLease"> = {
  async answer({ link }, { namespace, reply }) {
    const { leases } = await namespace();
    await leases.end(link, "close");
    await reply({});
  },
};

export const leases: Answer<"leases"> = {
  async answer(_, { namespace, reply }) {
    const { leases } = await namespace();
    await reply(leases.list());
  },
};
