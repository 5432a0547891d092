import { createConnection, createServer, type Socket } from "node:net";
import { join } from "node:path";
import type { DatabaseServer } from "./servers.js";

/** A way to a server that can be cut. */
export interface Proxy {
  readonly remote: string;
  /** Ends every connection, and resolves when the client's ends are closed. */
  cut(): void;
  close(): void;
}

/** Puts a socket in front of a server's. */
export async function proxyFor(server: DatabaseServer): Promise<Proxy> {
  const path = join(server.folder, `proxy-${Math.random().toString(36).slice(2)}.sock`);
  const ends = new Set<Socket>();
  const listener = createServer((client) => {
    const away = createConnection({ path: server.remote.slice("unix:".length) });
    for (const [end, other] of [
      [client, away],
      [away, client],
    ] as const) {
      ends.add(end);
      end.on("error", () => undefined).on("close", () => (ends.delete(end), other.destroy()));
      end.pipe(other);
    }
  });
  await new Promise<void>((resolve) => listener.listen(path, resolve));
  const cut = (): void => {
    for (const end of ends) end.destroy();
  };
  return {
    remote: `unix:${path}`,
    cut,
    close() {
      cut();
      listener.close();
    },
  };
}
