import { channel } from "node:diagnostics_channel";
import type { Pending } from "./pending.js";

/** What "linkwright:request" tells of each request to the kernel that is over. */
export interface RequestReport {
  /** The message's name, such as "RTM_NEWLINK". */
  readonly name: string;
  /** Such as a link's name. */
  readonly subject: string | undefined;
  /** From its writing to its answer. */
  readonly milliseconds: number;
  /** An errno's name; undefined when it was done. */
  readonly code: string | undefined;
}

/** The channel of node:diagnostics_channel that requests are told on. */
export const requestChannel = channel("linkwright:request");

/** A request's end that is told to those who want to know, after whoever made it. */
export function observed(
  settled: Pending["settled"],
  observers: ReadonlySet<(request: Pending) => void>,
): Pending["settled"] {
  const started = performance.now();
  return (request) => {
    settled(request);
    for (const tell of observers) tell(request);
    if (!requestChannel.hasSubscribers) return;
    const report: RequestReport = {
      name: request.messageType.name,
      subject: request.about.subject,
      milliseconds: performance.now() - started,
      code: (request.error as { code?: string } | undefined)?.code,
    };
    requestChannel.publish(report);
  };
}
