import { builtin } from "../base/builtin.js";

/** Where networks are kept. */
export interface NetworkFolders {
  /** Definitions and leases, which stay. Undefined: /var/lib/linkwright/networks. */
  readonly state?: string | undefined;
  /** What is up, until the next boot. Undefined: /run/linkwright/networks. */
  readonly run?: string | undefined;
}

const STATE = "/var/lib/linkwright/networks";
const RUN = "/run/linkwright/networks";
const SUFFIX = ".json";

/** Files of JSON in a folder, by name. Each is there wholly or not at all, whenever the process is killed. */
export interface Records<T> {
  read(name: string): Promise<T | undefined>;
  names(): Promise<string[]>;
  write(name: string, value: T): Promise<void>;
  remove(name: string): Promise<void>;
}

function isAbsent(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}

/** Records in a folder, which is made when the first is written. */
export function records<T>(folder: string): Records<T> {
  const fs = builtin("node:fs/promises");
  const { join } = builtin("node:path");
  const fileOf = (name: string): string => join(folder, name + SUFFIX);

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
        const found = await fs.readdir(folder);
        return found
          .filter((name) => name.endsWith(SUFFIX))
          .map((name) => name.slice(0, -SUFFIX.length))
          .sort();
      } catch (error) {
        if (isAbsent(error)) return [];
        throw error;
      }
    },
    async write(name, value) {
      await fs.mkdir(folder, { recursive: true, mode: 0o755 });
      const file = fileOf(name);
      await fs.writeFile(`${file}.new`, `${JSON.stringify(value, undefined, 2)}\n`, { mode: 0o644 });
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
export function foldersOf({ state = STATE, run = RUN }: NetworkFolders): { state: string; run: string } {
  return { state, run };
}

/**
 * Does a piece of work while nobody else does any for the same folder, in this process or another of this network namespace. The
 * lock is a Unix socket without a file (unix(7)): it goes with its process, however that ends.
 */
export async function locked<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const net = builtin("node:net");
  const name = `\0linkwright:${builtin("node:path").resolve(folder)}`;

  function hold(): Promise<import("node:net").Server | undefined> {
    return new Promise((resolve, reject) => {
      const server = net.createServer((socket) => socket.on("error", () => undefined).resume());
      server.once("error", (error: NodeJS.ErrnoException) =>
        error.code === "EADDRINUSE" ? resolve(undefined) : reject(error),
      );
      server.listen(name, () => resolve(server));
    });
  }

  /** Whoever holds it ends the connection when it is done, or dies. */
  function wait(): Promise<void> {
    return new Promise((resolve) => {
      net
        .connect(name)
        .once("close", () => resolve())
        .on("error", () => undefined)
        .resume();
    });
  }

  let server = await hold();
  while (server === undefined) {
    await wait();
    server = await hold();
  }
  const waiters = new Set<import("node:net").Socket>();
  server.on("connection", (socket) => {
    waiters.add(socket);
    socket.once("close", () => waiters.delete(socket));
  });
  try {
    return await work();
  } finally {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of waiters) socket.destroy();
    await closed;
  }
}
