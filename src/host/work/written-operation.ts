import type { RecordedRequest } from "../../netlink/recording.js";

/** What was done, and how it is taken back, in words. */
export interface OperationWords {
  /** What was done, as in "tap0 was created": what stands, when it cannot be taken back. */
  readonly done: string;
  /** How it is taken back, as in "delete tap0". */
  readonly undo: string;
}

/** An operation as data: JSON holds it, `host.replay` takes it back. */
export interface WrittenOperation extends OperationWords {
  /** In the order in which they are sent. */
  readonly requests: readonly RecordedRequest[];
  /** What is no request to this namespace's kernel, where it is none. */
  readonly calls?: Readonly<Record<string, string | number>> | undefined;
}

/** A journal in words, a line for each operation and one for each request that takes it back. */
export function describeOperations(operations: readonly WrittenOperation[]): string[] {
  return operations.flatMap(({ done, undo, requests, calls }) => [
    `${done}; to take it back: ${undo}`,
    ...requests.map(({ message, subject }) => `  ${message}${subject === undefined ? "" : ` ${subject}`}`),
    ...(calls === undefined ? [] : [`  ${Object.entries(calls).flat().join(" ")}`]),
  ]);
}
