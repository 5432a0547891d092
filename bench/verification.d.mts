import type { Peer } from "./peers.mjs";

export interface Tried extends Peer {
  /** Milliseconds that a command may take. */
  readonly limit?: number;
}

/** Why there is no time for a command or a way to attach, by its name. */
export type Lacks = Readonly<Record<string, string>>;

export function verify<T extends Tried>(
  contenders: readonly T[],
  progress: (part: number, text: string) => void,
): Promise<{ sound: (T & { lacks: Lacks })[]; failed: { name: string; reason: string }[] }>;
