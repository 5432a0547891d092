import { createConnection, createServer, type Socket } from "node:net";
import { join } from "node:path";
import type { DatabaseServer } from "./servers.js";

/** A way to a server that can be cut. */
export interface Proxy {
  readonly remote: string;
  /** Ends every connection, and resolves when the client's ends are closed. */
  cut(): void;
  /** Passes so many bytes more to one side, keeps what is behind them, and does something then. */
  after(moment: Moment, work: () => void): void;
  close(): void;
}

export interface Moment {
  readonly to: "server" | "client";
  readonly bytes: number;
}

/** Puts a socket in front of a server's. */
export async function proxyFor(server: DatabaseServer): Promise<Proxy> {
  const path = join(server.folder, `proxy-${Math.random().toString(36).slice(2)}.sock`);
  const ends = new Set<Socket>();
  let left: { to: Moment["to"]; bytes: number; work: () => void } | undefined;
  function pass(to: Moment["to"], other: Socket, chunk: Buffer): void {
    if (left?.to !== to || chunk.length < left.bytes) {
      if (left?.to === to) left.bytes -= chunk.length;
      other.write(chunk);
      return;
    }
    const { bytes, work } = left;
    left = undefined;
    other.write(chunk.subarray(0, bytes), work);
  }
  const listener = createServer((client) => {
    const away = createConnection({ path: server.remote.slice("unix:".length) });
    for (const [end, other, to] of [
      [client, away, "server"],
      [away, client, "client"],
    ] as const) {
      ends.add(end);
      end.on("error", () => undefined).on("close", () => (ends.delete(end), other.destroy()));
      end.on("data", (chunk: Buffer) => pass(to, other, chunk)).on("end", () => other.end());
    }
  });
  await new Promise<void>((resolve) => listener.listen(path, resolve));
  const cut = (): void => {
    for (const end of ends) end.destroy();
  };
  return {
    remote: `unix:${path}`,
    cut,
    after(moment, work) {
      left = { ...moment, work };
    },
    close() {
      cut();
      listener.close();
    },
  };
}
