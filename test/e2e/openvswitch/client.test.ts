import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OvsdbClient } from "../../../src/ovsdb/client.js";
import type { OvsdbError } from "../../../src/ovsdb/error.js";
import { named } from "../../../src/ovsdb/values.js";
import { lacks } from "../../kernel/scene/program.js";
import { type DatabaseServer, lacking, startServer } from "./servers.js";

if (lacking !== undefined) console.log(`skipped: the OVSDB client with a real server: ${lacking}`);
const it = test.skipIf(lacking !== undefined);
let server: DatabaseServer;

beforeAll(async () => {
  if (lacking === undefined) server = await startServer();
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
});

const NAME = "Open_vSwitch";

/** Operations that add a bridge with its own port. */
function addBridge(name: string, tag?: number) {
  return [
    { op: "insert", table: "Interface", row: { name, type: "internal" }, uuidName: "i" },
    { op: "insert", table: "Port", row: { name, interfaces: [named("i")], tag }, uuidName: "p" },
    { op: "insert", table: "Bridge", row: { name, ports: [named("p")] }, uuidName: "b" },
    { op: "mutate", table: NAME, where: [], mutations: [["bridges", "insert", named("b")]] },
  ] as const;
}

function failure(promise: Promise<unknown>): Promise<OvsdbError> {
  return promise.then(
    () => expect.unreachable("it did not fail"),
    (error: OvsdbError) => error,
  );
}

it("a server's databases, and a schema, can be read", async () => {
  await using client = await OvsdbClient.connect(server.remote);
  expect((await client.listDatabases()).sort()).toEqual([NAME, "_Server"].sort());
  const { schema } = await client.database(NAME);
  expect(schema.tables["Port"]!.columns["tag"]!.type).toMatchObject({
    key: { type: "integer", minInteger: 0, maxInteger: 4095 },
    min: 0,
    max: 1,
  });
  expect(schema.tables["QoS"]!.isRoot).toBe(true);
  expect(client.served.get(NAME)).toMatchObject({ connected: true, leader: true, model: "standalone" });
  await client.echo();
  expect(await failure(client.database("nosuch"))).toMatchObject({ code: "unknown database", method: "get_schema" });
});

it("what a transaction writes is read back with the same values", async () => {
  await using client = await OvsdbClient.connect(server.remote);
  const database = await client.database(NAME);
  const big = 2n ** 60n + 1n;
  const results = await database.transact([
    ...addBridge("values", 7),
    {
      op: "mutate",
      table: "Interface",
      where: [["name", "==", "values"]],
      mutations: [["external_ids", "insert", { "iface-id": 'a"\\\u00e9' }]],
    },
    {
      op: "update",
      table: "Interface",
      where: [["name", "==", "values"]],
      row: { statistics: new Map([["rx_bytes", big]]) },
    },
    {
      op: "select",
      table: "Interface",
      where: [["name", "==", "values"]],
      columns: ["name", "statistics", "external_ids", "ofport"],
    },
    { op: "select", table: "Port", where: [["tag", "==", 7]], columns: ["_uuid", "tag", "trunks", "interfaces"] },
  ]);
  expect({ ...results[6].rows[0] }).toEqual({
    name: "values",
    statistics: new Map([["rx_bytes", big]]),
    external_ids: new Map([["iface-id", 'a"\\é']]),
    ofport: undefined,
  });
  expect({ ...results[7].rows[0] }).toEqual({
    _uuid: results[1].uuid,
    tag: 7,
    trunks: new Set(),
    interfaces: new Set([results[0].uuid]),
  });
});

it("a transaction that fails does nothing, and says which operation failed and why", async () => {
  await using client = await OvsdbClient.connect(server.remote);
  const database = await client.database(NAME);
  const early = await failure(
    database.transact([
      ...addBridge("fails"),
      {
        op: "wait",
        table: "Bridge",
        where: [["name", "==", "nosuch"]],
        columns: ["name"],
        until: "!=",
        rows: [],
        timeout: 0,
      },
    ]),
  );
  expect(early).toMatchObject({ code: "timed out", operation: 4, table: "Bridge", sent: undefined });
  const late = await failure(
    database.transact([
      { op: "insert", table: "Mirror", row: { name: "m", select_dst_port: [crypto.randomUUID()] } },
      ...addBridge("values2"),
      ...addBridge("values2").slice(0, 1),
    ]),
  );
  expect(late.code).toMatch(/duplicate uuid-name|constraint violation/);
  const left = await database.transact([{ op: "select", table: "Bridge", where: [["name", "==", "fails"]] }]);
  expect(left[0].rows).toEqual([]);
});

it("what cannot be meant is refused before it is sent, with its path", async () => {
  await using client = await OvsdbClient.connect(server.remote);
  const database = await client.database(NAME);
  const change = (row: object) => database.transact([{ op: "update", table: "Port", where: [], row: row as never }]);
  await expect(change({ tag: 4096 })).rejects.toThrow("operations.0.tag: 4096 is out of range: 0 to 4095");
  await expect(change({ tag: "1" })).rejects.toThrow('operations.0.tag: "1" is no integer');
  await expect(change({ vlan_mode: "hybrid" })).rejects.toThrow(/^operations\.0\.vlan_mode: "hybrid" is none of/);
  await expect(change({ nosuch: 1 })).rejects.toThrow('there is no column "nosuch"');
  await expect(change({ interfaces: [] })).rejects.toThrow("0 values: 1 to Infinity are allowed");
  await expect(database.transact([{ op: "delete", table: "Nosuch", where: [] }])).rejects.toThrow(
    'operations.0: the database Open_vSwitch has no table "Nosuch"',
  );
});

it("a lock is held by one client, waited for by others, and stolen", async () => {
  await using one = await OvsdbClient.connect(server.remote);
  await using two = await OvsdbClient.connect(server.remote);
  const told: boolean[] = [];
  const first = await one.lock("l", { onChange: (isHeld) => told.push(isHeld) });
  expect(first.isHeld).toBe(true);
  expect(await failure(two.lock("l", { timeout: 50 }))).toMatchObject({ code: "ETIMEDOUT", method: "lock" });
  const waiting = two.lock("l");
  first.unlock();
  const second = await waiting;
  expect([first.isHeld, second.isHeld]).toEqual([false, true]);
  const database = await two.database(NAME);
  await database.transact([{ op: "assert", lock: "l" }]);
  await one.lock("l", { steal: true });
  await two.echo();
  expect(second.isHeld).toBe(false);
  expect(await failure(database.transact([{ op: "assert", lock: "l" }]))).toMatchObject({ code: "not owner" });
  expect(told).toEqual([]);
});

it("a wait ends with its signal's reason, and at its deadline; the server gives the transaction up", async () => {
  await using client = await OvsdbClient.connect(server.remote);
  const database = await client.database(NAME);
  const never = [
    { op: "wait", table: "Bridge", where: [["name", "==", "nosuch"]], columns: ["name"], until: "!=", rows: [] },
    ...addBridge("late"),
  ] as const;
  const abort = new AbortController();
  const aborted = database.transact(never, { signal: abort.signal });
  abort.abort(new Error("enough"));
  await expect(aborted).rejects.toThrow("enough");
  await expect(database.transact(never, { signal: abort.signal })).rejects.toThrow("enough");
  expect(await failure(database.transact(never, { timeout: 20 }))).toMatchObject({ code: "ETIMEDOUT", sent: true });
  await database.transact(addBridge("nosuch"));
  const [{ rows }] = await database.transact([{ op: "select", table: "Bridge", where: [["name", "==", "late"]] }]);
  expect(rows).toEqual([]);
});

it("a server that cannot be reached is told with the package, the unit and the path", async () => {
  expect(await failure(OvsdbClient.connect("unix:/nosuch/db.sock"))).toMatchObject({
    code: "ENOENT",
    message: expect.stringMatching(
      /^unix:\/nosuch\/db\.sock: cannot connect: .*openvswitch-switch.*ovsdb-server\.service/,
    ) as string,
  });
  await using other = await startServer();
  await other.kill();
  expect(await failure(OvsdbClient.connect(other.remote))).toMatchObject({
    code: "ECONNREFUSED",
    hint: expect.stringContaining("systemctl") as string,
  });
  expect(await failure(OvsdbClient.connect("tcp:127.0.0.1:1"))).toMatchObject({
    code: "ECONNREFUSED",
    subject: "tcp:127.0.0.1:1",
  });
  await using client = await OvsdbClient.connect([other.remote, server.remote]);
  expect(client.remote).toBe(server.remote);
});

/** A certificate authority, and what it signed: paths of keys and certificates. */
function certificates(folder: string): { ca: string; key: string; cert: string } {
  const path = (name: string): string => join(folder, name);
  const openssl = (...words: string[]): void => void execFileSync("openssl", words, { stdio: "ignore" });
  const make = (name: string, ...more: string[]): void =>
    openssl(
      ...["req", "-newkey", "rsa:2048", "-nodes", "-keyout", path(`${name}.key`), "-subj", `/CN=${name}`],
      ...["-addext", "subjectAltName=IP:127.0.0.1", ...more],
    );
  make("ca", "-x509", "-out", path("ca.crt"));
  make("server", "-x509", "-CA", path("ca.crt"), "-CAkey", path("ca.key"), "-out", path("server.crt"));
  return { ca: path("ca.crt"), key: path("server.key"), cert: path("server.crt") };
}

const portOf = ({ log }: DatabaseServer): string => /listening on port (\d+)/.exec(log())![1]!;

it("the same is spoken over TCP", async () => {
  await using tcp = await startServer([], ["--remote=ptcp:0:127.0.0.1"]);
  await using client = await OvsdbClient.connect(`tcp:127.0.0.1:${portOf(tcp)}`);
  expect(await client.listDatabases()).toContain(NAME);
});

const noTls = lacking ?? lacks("openssl", "version");
test.skipIf(noTls !== undefined)(
  "the same is spoken over TLS, and a certificate that is not known is refused",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "linkwright-tls-"));
    try {
      const { ca, key, cert } = certificates(folder);
      const words = [`--private-key=${key}`, `--certificate=${cert}`, `--ca-cert=${ca}`];
      await using server = await startServer([], ["--remote=pssl:0:127.0.0.1", ...words]);
      const remote = `ssl:127.0.0.1:${portOf(server)}`;
      const own = { key: readFileSync(key), cert: readFileSync(cert) };
      await using client = await OvsdbClient.connect(remote, { tls: { ...own, ca: readFileSync(ca) } });
      expect(await client.listDatabases()).toContain(NAME);
      const error = await failure(OvsdbClient.connect(remote, { tls: own }));
      expect(error).toMatchObject({
        code: expect.stringMatching(/SELF_SIGNED|UNABLE_TO_VERIFY/) as string,
        method: "connect",
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

it("a server that falls silent is left after two probes; one that speaks is not", async () => {
  await using quiet = await startServer();
  const states: boolean[] = [];
  let lose: (error: OvsdbError) => void = () => undefined;
  const lost = new Promise<OvsdbError>((resolve) => (lose = resolve));
  await using client = await OvsdbClient.connect(quiet.remote, {
    inactivityProbe: 20,
    onConnection: ({ connected, error }) => (states.push(connected), error !== undefined && lose(error)),
  });
  const pid = Number(readFileSync(join(quiet.folder, "server.pid"), "utf8"));
  const release = client.hold();
  await client.echo();
  process.kill(pid, "SIGSTOP");
  try {
    expect(await lost).toMatchObject({ code: "ETIMEDOUT" });
  } finally {
    process.kill(pid, "SIGCONT");
    release();
  }
  expect(states.slice(0, 2)).toEqual([true, false]);
});
