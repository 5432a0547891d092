import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import { askService } from "../../../src/serve/messages/ask.js";

test("a service that takes a question and does not answer is waited for until the signal aborts", async () => {
  const folder = mkdtempSync(join(tmpdir(), "linkwright-ask-"));
  const stop = new AbortController();
  const server = createServer();
  await using host = await Host.open({ namespace: "new" });
  try {
    server.listen(join(folder, "socket"));
    await once(server, "listening");
    const asking = askService(host, join(folder, "socket"), { method: "leases" }, { signal: stop.signal });
    const [caller] = (await once(server, "connection")) as [Socket];
    caller.on("error", () => undefined);
    await once(caller, "data");
    stop.abort(new Error("it took too long"));
    await expect(asking).rejects.toThrow("it took too long");
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
});
