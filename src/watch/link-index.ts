import type { Link } from "../rtnetlink/link/link.js";

/** What links are found by. */
export interface LinkIndex {
  /** Takes in that a link is no longer as it was. */
  change(before: Link | undefined, after: Link | undefined): void;
  /** Those that have a name, an alternative one, a MAC, a master or a kind, by their indexes. */
  named(name: string): ReadonlySet<number>;
  withAddress(mac: string): ReadonlySet<number>;
  portsOf(master: number): ReadonlySet<number>;
  ofKind(kind: string): ReadonlySet<number>;
}

const NONE: ReadonlySet<number> = new Set();

function enter<K>(map: Map<K, Set<number>>, key: K | undefined, index: number): void {
  if (key === undefined) return;
  const found = map.get(key);
  if (found === undefined) map.set(key, new Set([index]));
  else found.add(index);
}

function leave<K>(map: Map<K, Set<number>>, key: K | undefined, index: number): void {
  if (key === undefined) return;
  const found = map.get(key);
  if (found?.delete(index) === true && found.size === 0) map.delete(key);
}

export function linkIndex(): LinkIndex {
  const names = new Map<string, Set<number>>();
  const macs = new Map<string, Set<number>>();
  const masters = new Map<number, Set<number>>();
  const kinds = new Map<string, Set<number>>();

  function each({ index, name, altnames = [], address, master, kind }: Link, act: typeof enter): void {
    for (const one of [name, ...altnames]) act(names, one, index);
    act(macs, address, index);
    act(masters, master, index);
    act(kinds, kind, index);
  }

  return {
    change(before, after) {
      if (before !== undefined) each(before, leave);
      if (after !== undefined) each(after, enter);
    },
    named: (name) => names.get(name) ?? NONE,
    withAddress: (mac) => macs.get(mac.toLowerCase()) ?? NONE,
    portsOf: (master) => masters.get(master) ?? NONE,
    ofKind: (kind) => kinds.get(kind) ?? NONE,
  };
}
