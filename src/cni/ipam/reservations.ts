import { builtin } from "../../base/builtin.js";
import { lockedBy } from "../../kernel/file-lock.js";
import type { Attached } from "../call.js";

/** The folder of a network's reservations, as the reference plugin host-local has it: a file for each address, named by it. */
export interface Reservations {
  /** Whether somebody has an address. */
  has(address: string): boolean;
  /** The addresses of an attachment. */
  of(attached: Attached): string[];
  /** Reserves an address for an attachment; false when somebody has it. `set`: the place of the set of ranges that it is of. */
  reserve(address: string, attached: Attached, set: number): boolean;
  /** The last address that was reserved of a set; undefined where none is known. */
  last(set: number): string | undefined;
  release(address: string): void;
  /** Every address with its holder. */
  all(): [address: string, holder: string][];
}

const LAST = "last_reserved_ip.";
const BREAK = "\r\n";

/** How a file says who has an address. */
export function holderOf({ container, ifname }: Attached): string {
  return `${container}${BREAK}${ifname}`;
}

/** Whether what a file says means an attachment: old files have the container alone. */
export function isHeldBy(holder: string, attached: Attached): boolean {
  return holder === holderOf(attached) || holder === attached.container;
}

/** What is known of a folder, and the mark that it had then. */
interface Known {
  mark: string;
  readonly holders: Map<string, string>;
}

const known = new Map<string, Known>();

function isAddress(name: string): boolean {
  return builtin("node:net").isIP(name) !== 0;
}

function markOf(folder: string): string {
  const { ino, mtimeNs } = builtin("node:fs").statSync(folder, { bigint: true });
  return `${ino} ${mtimeNs}`;
}

/** Gives a folder a time that no change can give it, one that has been: whoever changes it next, and be it at once, takes it away. */
function mark(folder: string): string {
  builtin("node:fs").utimesSync(folder, Date.now() / 1000, Date.now() / 1000 - 1 - Math.random());
  return markOf(folder);
}

/** What is in the folder: read anew only when somebody else has changed it. */
function knownOf(folder: string): Known {
  const fs = builtin("node:fs");
  const { join } = builtin("node:path");
  const before = known.get(folder);
  if (before?.mark === markOf(folder)) return before;
  const names = fs.readdirSync(folder).filter(isAddress);
  const holders = names.map((name): [string, string] => [name, fs.readFileSync(join(folder, name), "utf8").trim()]);
  const fresh = { mark: mark(folder), holders: new Map(holders) };
  known.set(folder, fresh);
  return fresh;
}

function reservationsIn(folder: string): Reservations {
  const fs = builtin("node:fs");
  const { join } = builtin("node:path");
  const { holders } = knownOf(folder);
  const changed = (): void => {
    known.get(folder)!.mark = mark(folder);
  };
  return {
    has: (address) => holders.has(address),
    of: (attached) => [...holders].filter(([, holder]) => isHeldBy(holder, attached)).map(([address]) => address),
    all: () => [...holders],
    last(set) {
      try {
        const address = fs.readFileSync(join(folder, `${LAST}${set}`), "utf8").trim();
        return isAddress(address) ? address : undefined;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      }
    },
    reserve(address, attached, set) {
      try {
        fs.writeFileSync(join(folder, address), holderOf(attached), { flag: "wx", mode: 0o600 });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
        throw error;
      }
      fs.writeFileSync(join(folder, `${LAST}${set}`), address, { mode: 0o600 });
      holders.set(address, holderOf(attached));
      changed();
      return true;
    },
    release(address) {
      fs.rmSync(join(folder, address), { force: true });
      holders.delete(address);
      changed();
    },
  };
}

/** Works on a network's reservations while nobody else does: under the lock that the reference plugin takes, too. */
export async function withReservations<T>(folder: string, work: (reservations: Reservations) => T): Promise<T> {
  builtin("node:fs").mkdirSync(folder, { recursive: true, mode: 0o755 });
  return lockedBy(builtin("node:path").join(folder, "lock"), () => Promise.resolve(work(reservationsIn(folder))));
}
