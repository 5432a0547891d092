import { builtin } from "../base/builtin.js";
import { SOCKET } from "../serve/messages/ask.js";
import { lockedBy } from "../kernel/file-lock.js";

/** Where networks are kept. */
export interface NetworkFolders {
  /** Definitions and leases, which stay. Undefined: /var/lib/linkwright/networks. */
  readonly state?: string | undefined;
  /** What is up, until the next boot. Undefined: /run/linkwright/networks. */
  readonly run?: string | undefined;
  /**
   * The socket of the service that keeps them, `linkwright serve`. Undefined: /run/linkwright/socket, or none where `run` is
   * given.
   */
  readonly service?: string | undefined;
}

const STATE = "/var/lib/linkwright/networks";
const RUN = "/run/linkwright/networks";
const SUFFIX = ".json";
const LOCK = "lock";

/** Files of JSON in a folder, by name. Each is there wholly or not at all, whenever the process is killed, or the machine where they last. */
export interface Records<T> {
  read(name: string): Promise<T | undefined>;
  names(): Promise<string[]>;
  write(name: string, value: T): Promise<void>;
  remove(name: string): Promise<void>;
}

function isAbsent(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}

function fileIn(folder: string, name: string): string {
  return builtin("node:path").join(folder, name + SUFFIX);
}

function namesIn(found: readonly string[]): string[] {
  return found
    .filter((name) => name.endsWith(SUFFIX))
    .map((name) => name.slice(0, -SUFFIX.length))
    .sort();
}

function textOf(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

/** What `work` gives, or `otherwise` where there is no such file. */
function unlessAbsent<T>(work: () => T, otherwise: T): T {
  try {
    return work();
  } catch (error) {
    if (isAbsent(error)) return otherwise;
    throw error;
  }
}

/**
 * Records in a folder of /run, which is made when the first is written. They are in memory, and void after the next boot: nothing is waited
 * for, and a thread that does it would take longer than that which it does.
 */
export function records<T>(folder: string): Records<T> {
  const fs = builtin("node:fs");
  const fileOf = (name: string): string => fileIn(folder, name);
  /** What fails rejects, as it does where there is something to wait for. */
  const soon = <R>(work: () => R): Promise<R> => Promise.resolve().then(work);
  return {
    read: (name) => soon(() => unlessAbsent(() => JSON.parse(fs.readFileSync(fileOf(name), "utf8")) as T, undefined)),
    names: () => soon(() => namesIn(unlessAbsent(() => fs.readdirSync(folder), []))),
    write: (name, value) =>
      soon(() => {
        const file = fileOf(name);
        fs.mkdirSync(folder, { recursive: true, mode: 0o755 });
        fs.writeFileSync(`${file}.new`, textOf(value), { mode: 0o644 });
        fs.renameSync(`${file}.new`, file);
      }),
    remove: (name) => soon(() => fs.rmSync(fileOf(name), { force: true })),
  };
}

/** Records in a folder of a disk: what is written or removed is so whenever the machine's power goes. */
export function lastingRecords<T>(folder: string): Records<T> {
  const fs = builtin("node:fs/promises");
  const fileOf = (name: string): string => fileIn(folder, name);

  async function sync(path: string): Promise<void> {
    const handle = await fs.open(path, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  return {
    async read(name) {
      try {
        return JSON.parse(await fs.readFile(fileOf(name), "utf8")) as T;
      } catch (error) {
        if (isAbsent(error)) return undefined;
        throw error;
      }
    },
    async names() {
      try {
        return namesIn(await fs.readdir(folder));
      } catch (error) {
        if (isAbsent(error)) return [];
        throw error;
      }
    },
    async write(name, value) {
      await fs.mkdir(folder, { recursive: true, mode: 0o755 });
      const file = fileOf(name);
      await fs.writeFile(`${file}.new`, textOf(value), { mode: 0o644 });
      await sync(`${file}.new`);
      await fs.rename(`${file}.new`, file);
      await sync(folder);
    },
    async remove(name) {
      await fs.rm(fileOf(name), { force: true });
      await sync(folder).catch((error: unknown) => {
        if (!isAbsent(error)) throw error;
      });
    },
  };
}

/** The folders as they are meant. */
export function foldersOf({ state = STATE, run, service }: NetworkFolders): {
  state: string;
  run: string;
  service: string | undefined;
} {
  return { state, run: run ?? RUN, service: service ?? (run === undefined ? SOCKET : undefined) };
}

/**
 * Does a piece of work while nobody else does any for the same folder, in this process or another. The lock is a file of that folder
 * that its owner alone may open, and goes with its process, however that ends.
 */
export async function locked<T>(folder: string, work: () => Promise<T>): Promise<T> {
  await builtin("node:fs/promises").mkdir(folder, { recursive: true, mode: 0o755 });
  return lockedBy(builtin("node:path").join(folder, LOCK), work);
}
