import { InputError, under } from "../base/errors.js";
import { checkList, checkObject } from "../base/input.js";
import type { Connection } from "../netlink/connection.js";
import { decodeRequest, sendRecorded } from "../netlink/recording.js";
import { messageTypes } from "../rtnetlink/messages.js";
import { journalOf, type Operation } from "./work/journal.js";
import type { WrittenOperation } from "./work/written-operation.js";

/** Throws InputError for what was not written down by a journal, and for what is no request to this kernel. */
function checkWritten(operations: readonly WrittenOperation[]): void {
  checkList(operations, "operations");
  for (const [place, operation] of operations.entries())
    under(`operations.${place}`, () => {
      checkObject(operation, "an operation");
      if (operation.calls !== undefined)
        throw new InputError(`it is no request to the kernel: ${JSON.stringify(operation.calls)}`, "calls");
      checkList(operation.requests, "requests");
      for (const [number, request] of operation.requests.entries())
        under(`requests.${number}`, () => {
          decodeRequest(request, messageTypes);
          checkList(request.unless, "unless");
        });
    });
}

/**
 * Takes back what a journal wrote down, the last operation first. One that cannot be taken back does not keep the others from
 * it: what the first was refused with is thrown, and says all that stands.
 */
export async function replay(connection: Connection, operations: readonly WrittenOperation[]): Promise<void> {
  checkWritten(operations);
  const journal = journalOf(connection);
  journal.add(
    ...operations.map(({ done, undo, requests }): Operation => ({
      done,
      undo,
      async requests(to) {
        for (const request of requests) await sendRecorded(to, request, messageTypes);
      },
    })),
  );
  const failure = await journal.undo(undefined);
  if (failure !== undefined) throw failure as Error;
}
