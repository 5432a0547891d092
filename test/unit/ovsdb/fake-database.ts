import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OvsdbClient } from "../../../src/ovsdb/client.js";
import type { Json } from "../../../src/ovsdb/exact-json.js";
import { jsonStream } from "../../../src/ovsdb/json-stream.js";
import type { ClientOptions } from "../../../src/ovsdb/options.js";

interface Request {
  readonly method: string;
  readonly params: Json[];
  readonly id: Json;
}
/** What a server says to a request: text as it is, a result, or nothing. */
export type Answer = (
  request: Request,
  socket: Socket,
) => { readonly result: unknown } | { readonly error: unknown } | { readonly text: string } | undefined;

const cleanups: (() => void)[] = [];

/** Ends every server that was made. */
export function endServers(): void {
  for (const clean of cleanups.splice(0)) clean();
}

export const SCHEMA = {
  name: "d",
  version: "1.0.0",
  tables: { T: { columns: { n: { type: "integer" }, s: { type: { key: "string", min: 0, max: "unlimited" } } } } },
};

/** A server that knows the protocol, but for what `answer` says otherwise. */
export async function serve(answer: Answer, options: ClientOptions = {}): Promise<OvsdbClient> {
  const folder = mkdtempSync(join(tmpdir(), "linkwright-fake-"));
  const path = join(folder, "db.sock");
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const stream = jsonStream((message) => {
      const request = message as unknown as Request;
      const own = answer(request, socket);
      if (own !== undefined && "text" in own) socket.write(own.text);
      else if (request.id !== null && request.method !== undefined) {
        const said = own ?? usual(request);
        if (said !== undefined) socket.write(JSON.stringify({ id: request.id, result: null, error: null, ...said }));
      }
    });
    socket.on("data", (bytes: Buffer) => stream.push(bytes)).on("error", () => undefined);
  });
  server.listen(path);
  await once(server, "listening");
  const client = await OvsdbClient.connect(`unix:${path}`, { timeout: 5000, ...options });
  cleanups.push(() => {
    client.close();
    for (const socket of sockets) socket.destroy();
    server.close();
    rmSync(folder, { recursive: true });
  });
  return client;
}

function usual({ method }: Request): { result: unknown } | { error: unknown } | undefined {
  if (method === "get_schema") return { result: SCHEMA };
  if (method === "list_dbs") return { result: ["d"] };
  return { error: { error: "unknown method", details: method, syntax: null } };
}

/** Answers a method so, and the others as usual. */
export const on =
  (method: string, said: ReturnType<Answer>): Answer =>
  (request) =>
    request.method === method ? said : undefined;
