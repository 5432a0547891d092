import { afterAll, beforeAll, expect, test } from "vitest";
import { OvsdbClient } from "../../../src/ovsdb/client.js";
import type { Database } from "../../../src/ovsdb/database.js";
import type { OvsdbError } from "../../../src/ovsdb/error.js";
import type { Change, Replica } from "../../../src/ovsdb/replica.js";
import { named, type Row } from "../../../src/ovsdb/values.js";
import { type Moment, proxyFor } from "./proxy.js";
import { type DatabaseServer, lacking, startServer } from "./servers.js";

if (lacking !== undefined) console.log(`skipped: replicas of a real database: ${lacking}`);
const it = test.skipIf(lacking !== undefined);
const NAME = "Open_vSwitch";
let server: DatabaseServer;

beforeAll(async () => {
  if (lacking === undefined) server = await startServer();
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
});

const QUICK = { backoff: { first: 1, longest: 20 } };

function addBridge(database: Database, name: string): Promise<unknown> {
  return database.transact([
    { op: "insert", table: "Interface", row: { name, type: "internal" }, uuidName: "i" },
    { op: "insert", table: "Port", row: { name, interfaces: [named("i")] }, uuidName: "p" },
    { op: "insert", table: "Bridge", row: { name, ports: [named("p")] }, uuidName: "b" },
    { op: "mutate", table: NAME, where: [], mutations: [["bridges", "insert", named("b")]] },
  ]);
}

async function removeBridge(database: Database, uuid: string): Promise<void> {
  await database.transact([{ op: "mutate", table: NAME, where: [], mutations: [["bridges", "delete", uuid]] }]);
}

const byUuid = (rows: Iterable<Row>): Record<string, object> =>
  Object.fromEntries([...rows].map((row) => [row._uuid, { ...row }]));

/** What select says and what the replica says are the same. */
async function expectEqual(database: Database, replica: Replica): Promise<void> {
  const tables = ["Bridge", "Port", "Interface", NAME] as const;
  const found = await database.transact(
    tables.map((table) => ({ op: "select" as const, table, where: [], columns: ["_uuid", ...COLUMNS[table]] })),
  );
  for (const [i, table] of tables.entries())
    expect(byUuid(replica.table(table))).toEqual(byUuid((found[i] as { rows: Row[] }).rows));
}

const COLUMNS = {
  Bridge: ["name", "ports", "external_ids"],
  Port: ["name", "interfaces", "tag", "trunks"],
  Interface: ["name", "type"],
  [NAME]: ["bridges", "next_cfg", "external_ids"],
} as const;

it("a replica holds what was written before the write resolves, and has indexes and references", async () => {
  await using client = await OvsdbClient.connect(server.remote);
  const database = await client.database(NAME);
  const replica = await database.replica({ tables: COLUMNS });
  const ports = replica.table("Port");
  expect(ports.find("name", "reads")).toEqual([]);
  await addBridge(database, "reads");
  const [port] = ports.find("name", "reads");
  expect(port).toMatchObject({ name: "reads", tag: undefined, trunks: new Set() });
  const [bridge] = replica.table("Bridge").find("ports", port!._uuid);
  expect(bridge!["name"]).toBe("reads");
  expect(replica.referred("Bridge", bridge!, "ports")).toEqual([port]);
  expect(() => replica.table("QoS")).toThrow('has no table "QoS"');
  await expect(database.replica({ tables: { Port: ["nosuch"] } })).rejects.toThrow('Port: there is no column "nosuch"');
  await removeBridge(database, bridge!._uuid);
  expect([ports.find("name", "reads"), ports.get(port!._uuid)]).toEqual([[], undefined]);
  await expectEqual(database, replica);
});

it("changes come one by one with what was and what is, and an overrun is told", async () => {
  await using client = await OvsdbClient.connect(server.remote);
  const database = await client.database(NAME);
  const replica = await database.replica({ tables: { Bridge: ["name", "external_ids"] } });
  const [all, few] = [replica.changes(), replica.changes({ most: 1 })];
  await addBridge(database, "told");
  const change = (key: string) =>
    database.transact([
      {
        op: "mutate",
        table: "Bridge",
        where: [["name", "==", "told"]],
        mutations: [["external_ids", "insert", { [key]: "v" }]],
      },
    ]);
  await change("a");
  await change("b");
  await removeBridge(database, replica.table("Bridge").find("name", "told")[0]!._uuid);
  const kinds: unknown[] = [];
  for await (const each of all) {
    const { kind, row, old } = each as Exclude<Change, { kind: "overrun" }>;
    kinds.push([kind, old?.["external_ids"], row?.["external_ids"]]);
    if (kind === "delete") break;
  }
  const [none, a, ab] = [
    new Map(),
    new Map([["a", "v"]]),
    new Map([
      ["a", "v"],
      ["b", "v"],
    ]),
  ];
  expect(kinds).toEqual([
    ["insert", undefined, none],
    ["modify", none, a],
    ["modify", a, ab],
    ["delete", ab, undefined],
  ]);
  expect((await few.next()).value).toEqual({ kind: "overrun" });
  const rest = few.next();
  replica.close();
  expect(await rest).toEqual({ done: true, value: undefined });
});

it("only the rows that a condition chooses are kept", async () => {
  await using client = await OvsdbClient.connect(server.remote);
  const database = await client.database(NAME);
  await addBridge(database, "chosen");
  await addBridge(database, "other");
  const replica = await database.replica({
    tables: { Bridge: ["name"] },
    where: { Bridge: [["name", "==", "chosen"]] },
  });
  expect([...replica.table("Bridge")].map((row) => row["name"])).toEqual(["chosen"]);
});

it("after each of 100 connections that were cut while another client wrote, the replica equals the database", async () => {
  await using writer = await OvsdbClient.connect(server.remote);
  const writing = await writer.database(NAME);
  const proxy = await proxyFor(server);
  const states: boolean[] = [];
  const onConnection = ({ connected }: { connected: boolean }): void => void states.push(connected);
  await using client = await OvsdbClient.connect(proxy.remote, { ...QUICK, onConnection });
  const database = await client.database(NAME);
  const replica = await database.replica({ tables: COLUMNS });
  const mirror = new Map([...replica.table("Bridge")].map((row) => [row._uuid, row]));
  const changes = replica.changes();
  for (let round = 0; round < 100; round += 1) {
    proxy.cut();
    const bridges = [...replica.table("Bridge")];
    await addBridge(writing, `cut${round}`);
    if (bridges.length > 3) await removeBridge(writing, bridges[round % bridges.length]!._uuid);
    // Whatever becomes of it: the client has seen the cut when it is settled.
    await database.transact([]).catch(() => undefined);
    await replica.current();
    await expectEqual(database, replica);
  }
  expect(states.filter((connected) => connected).length).toBe(101);
  replica.close();
  proxy.close();
  for await (const each of changes) {
    if (each.kind === "overrun" || each.table !== "Bridge") continue;
    if (each.row === undefined) mirror.delete(each.uuid);
    else mirror.set(each.uuid, each.row);
  }
  // Who only followed the changes has the same rows.
  expect(byUuid(mirror.values())).toEqual(byUuid(replica.table("Bridge")));
});

it("a server that was killed and started again, with other rows, is followed; what was in flight says what is known", async () => {
  await using own = await startServer();
  await using client = await OvsdbClient.connect(own.remote, QUICK);
  const database = await client.database(NAME);
  await addBridge(database, "first");
  const replica = await database.replica({ tables: COLUMNS });
  const outcomes: string[] = [];
  for (let round = 0; round < 10; round += 1) {
    const writes = Array.from({ length: 20 }, (_, i) =>
      addBridge(database, `r${round}n${i}`).then(
        () => outcomes.push("done"),
        (error: OvsdbError) => outcomes.push(`${error.code} ${error.sent}`),
      ),
    );
    await (round % 2 === 0 ? writes[round] : undefined);
    await own.kill();
    await own.start();
    await Promise.all(writes);
    await replica.current();
    await expectEqual(database, replica);
  }
  expect(new Set(outcomes)).toEqual(new Set(["done", "ECONNRESET true"]));
});

it("a server that is killed at any byte of a transaction has all of it or nothing, and who waits knows whether it was sent", async () => {
  await using own = await startServer();
  const proxy = await proxyFor(own);
  await using client = await OvsdbClient.connect(proxy.remote, QUICK);
  const database = await client.database(NAME);
  const replica = await database.replica({ tables: COLUMNS });
  const moments: Moment[] = [
    ...[1, 10, 100, 200, 400].map((bytes) => ({ to: "server" as const, bytes })),
    ...[1, 10, 100, 200].map((bytes) => ({ to: "client" as const, bytes })),
  ];
  for (const [i, moment] of moments.entries()) {
    const killed = new Promise<void>((resolve) => {
      proxy.after(moment, () => resolve(own.kill()));
    });
    const error = await addBridge(database, `bridge${i}`).catch((reason: OvsdbError) => reason);
    expect({ moment, error }).toMatchObject({ moment, error: { code: "ECONNRESET", sent: true } });
    await killed;
    await own.start();
    await replica.current();
    await expectEqual(database, replica);
    for (const table of ["Bridge", "Port", "Interface"] as const) {
      const found = [...replica.table(table)].filter(({ name }) => name === `bridge${i}`);
      expect({ moment, table, rows: found.length }).toEqual({ moment, table, rows: moment.to === "server" ? 0 : 1 });
    }
  }
  proxy.close();
});

it("ten clients write at once, and each has the same rows in the end", async () => {
  const clients = await Promise.all(Array.from({ length: 10 }, () => OvsdbClient.connect(server.remote)));
  const databases = await Promise.all(clients.map((client) => client.database(NAME)));
  const replicas = await Promise.all(databases.map((database) => database.replica({ tables: COLUMNS })));
  await Promise.all(
    databases.flatMap((database, i) => Array.from({ length: 10 }, (_, n) => addBridge(database, `w${i}n${n}`))),
  );
  // A reply comes behind the updates before it.
  await Promise.all(clients.map((client) => client.echo()));
  for (const [i, replica] of replicas.entries()) await expectEqual(databases[i]!, replica);
  for (const client of clients) client.close();
});
