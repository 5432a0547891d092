import type { Program } from "./contender.mjs";

export interface Peer extends Program {
  readonly title: string;
  readonly version?: string | undefined;
}

export interface MissingPeer {
  readonly name: string;
  readonly reason: string;
}

export function provideProgramTools(): { musl: boolean; folder?: string; missing?: string };

export function findPeers(options?: { readonly names?: readonly string[]; readonly build?: boolean }): {
  found: Peer[];
  missing: MissingPeer[];
};
