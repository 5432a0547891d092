import type { Socket } from "node:net";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import type { Json } from "../../../src/ovsdb/exact-json.js";
import { endServers, on, serve } from "./fake-database.js";

const ROW = "00000000-0000-0000-0000-000000000001";
afterEach(endServers);

test.each([
  ["deep nesting", "[".repeat(5000), "nested more than 1000 deep"],
  ["a message that is no object", "[1]", "a message that is no object"],
  ["a request without parameters", '{"method":"echo","id":1}', "without method and parameters"],
  ["bytes that are no JSON", "\u0000", "no message of JSON-RPC"],
])("%s ends the connection, and the request says why", async (_, text, reason) => {
  const client = await serve(on("list_dbs", { text }));
  await expect(client.listDatabases()).rejects.toMatchObject({
    code: "EPROTO",
    sent: true,
    message: expect.stringContaining(reason) as string,
  });
});

test("a string that never ends is refused at the limit of a message's size", async () => {
  const client = await serve(
    (request, socket) => {
      if (request.method !== "list_dbs") return undefined;
      const pour = (): void => {
        while (!socket.destroyed && socket.write("x".repeat(65_536)));
      };
      socket.on("drain", pour);
      return (queueMicrotask(pour), { text: '{"a":"' });
    },
    { maxMessageBytes: 1_000_000 },
  );
  await expect(client.listDatabases()).rejects.toThrow("a message of more than 1000000 bytes");
});

test("half a message ends at the deadline", async () => {
  const client = await serve(on("list_dbs", { text: '{"id":2,"result":["d"' }));
  await expect(client.listDatabases({ timeout: 30 })).rejects.toMatchObject({ code: "ETIMEDOUT", sent: true });
});

test("replies to what nobody asked, and notifications that nobody knows, are passed over", async () => {
  const text = '{"id":99,"result":1,"error":null}{"id":"x","result":1}{"method":"hm","params":[],"id":null}';
  let said = false;
  const client = await serve((request) =>
    request.method === "list_dbs" && !said ? ((said = true), { text }) : undefined,
  );
  await expect(client.listDatabases({ timeout: 30 })).rejects.toMatchObject({ code: "ETIMEDOUT" });
  expect(await client.listDatabases()).toEqual(["d"]);
});

test("an echo is answered with what it brought", async () => {
  const heard = new Promise<Json>((resolve) => {
    void serve((request, socket) => {
      const reply = request as unknown as { id: Json; result?: Json };
      if (reply.id === "e") resolve(reply.result ?? null);
      if (request.method === "monitor_cond") socket.write('{"method":"echo","params":[1,"two"],"id":"e"}');
      return undefined;
    });
  });
  expect(await heard).toEqual([1, "two"]);
});

test("a server that asks without reading the answers does not fill the memory", async () => {
  let pouring: Promise<void> = Promise.resolve();
  const client = await serve((request, socket) => {
    if (request.method !== "list_dbs") return undefined;
    socket.pause();
    const echo = `{"method":"echo","params":["${"x".repeat(100_000)}"],"id":1}`;
    pouring = (async () => {
      for (let i = 0; i < 2000 && socket.writableLength < 20_000_000; i += 1) {
        socket.write(echo);
        await new Promise((resolve) => setImmediate(resolve));
      }
      // It stopped reading, or else all of this would have gone to it.
      expect(socket.writableLength).toBeGreaterThan(10_000_000);
    })();
    return { text: " " };
  });
  const before = process.memoryUsage().rss;
  await expect(client.listDatabases({ timeout: 1000 })).rejects.toMatchObject({ code: "ETIMEDOUT" });
  await pouring;
  expect(process.memoryUsage().rss - before).toBeLessThan(300_000_000);
});

test.each<[string, unknown]>([
  ["no results", null],
  ["too few results", []],
  ["a result that is no object", [3]],
  ["an insert without UUID", [{}]],
  ["an insert with a UUID that is none", [{ uuid: ["uuid", "../x"] }]],
])("a transaction that is answered by %s is refused", async (_, result) => {
  const client = await serve(on("transact", { result }));
  const database = await client.database("d");
  await expect(database.transact([{ op: "insert", table: "T", row: { n: 1 } }])).rejects.toMatchObject({
    code: "EPROTO",
  });
});

test("of several servers, the one that leads is taken, and left when it does not lead any more", async () => {
  const row = (leader: boolean): object => ({ name: "d", model: "clustered", connected: true, leader, schema: "" });
  const states: boolean[] = [];
  let [peer, leads]: [Socket | undefined, boolean] = [undefined, true];
  const client = await serve(
    (request, socket) => {
      if (request.method !== "monitor_cond" || request.params[0] !== "_Server") return undefined;
      peer = socket;
      return { result: { Database: { [ROW]: { initial: row(leads) } } } };
    },
    { leaderOnly: true, backoff: { first: 1, longest: 5 }, onConnection: ({ connected }) => states.push(connected) },
  );
  expect(client.served.get("d")).toMatchObject({ leader: true, model: "clustered" });
  leads = false;
  const update = { Database: { [ROW]: { modify: { leader: false } } } };
  peer!.write(JSON.stringify({ method: "update2", params: ["linkwright-server", update], id: null }));
  await expect(client.echo({ timeout: 100 })).rejects.toMatchObject({
    code: expect.stringMatching(/ENOTLEADER|ETIMEDOUT/) as string,
  });
  await expect(client.listDatabases({ timeout: 50 })).rejects.toMatchObject({ code: "ETIMEDOUT", sent: false });
  leads = true;
  expect(await client.listDatabases()).toEqual(["d"]);
  expect([states[0], states[1], states.at(-1)]).toEqual([true, false, true]);
});

test("replies without sense never do worse than fail", async () => {
  let result: unknown;
  const client = await serve((request) =>
    request.method === "transact" || request.method === "list_dbs" ? { result } : undefined,
  );
  const database = await client.database("d");
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (value) => {
      result = value;
      const ended = await Promise.allSettled([
        database.transact([{ op: "select", table: "T", where: [] }]),
        client.listDatabases(),
      ]);
      for (const each of ended)
        if (each.status === "rejected") expect(each.reason).toMatchObject({ name: "OvsdbError" });
    }),
    { numRuns: 200 },
  );
});
