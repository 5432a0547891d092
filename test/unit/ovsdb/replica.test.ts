import type { Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { Json } from "../../../src/ovsdb/exact-json.js";
import { endServers, on, SCHEMA, serve } from "./fake-database.js";

afterEach(endServers);

test.each<[string, unknown]>([
  ["no object", 3],
  ["rows that are none", [false, "x", { T: 3 }]],
  ["a row under a UUID that is none", [false, "x", { T: { x: { insert: {} } } }]],
  [
    "a change of a row that never came",
    [true, "x", { T: { "00000000-0000-0000-0000-000000000001": { modify: { n: 1 } } } }],
  ],
  ["a value of another type", [false, "x", { T: { "00000000-0000-0000-0000-000000000001": { insert: { n: "1" } } } }]],
])("a replica that is sent %s does not come to be", async (_, result) => {
  const client = await serve(on("monitor_cond_since", { result }), { backoff: { first: 1, longest: 10 } });
  const database = await client.database("d");
  await expect(database.replica({ tables: true }, { timeout: 100 })).rejects.toMatchObject({ code: "ETIMEDOUT" });
});

const ROW = "00000000-0000-0000-0000-000000000001";

test.each<[string, unknown, string]>([
  [
    "monitor_cond_since",
    [false, "00000000-0000-0000-0000-0000000000aa", { T: { [ROW]: { initial: { n: 4 } } } }],
    "update3",
  ],
  ["monitor_cond", { T: { [ROW]: { initial: { n: 4 } } } }, "update2"],
  ["monitor", { T: { [ROW]: { new: { n: 4, s: ["set", []] } } } }, "update"],
])("a server that knows %s is followed by that", async (known, result, notification) => {
  let [peer, monitor]: [Socket | undefined, Json] = [undefined, null];
  const client = await serve((request, socket) => {
    if (request.method !== known || request.params[0] !== "d") return undefined;
    [peer, monitor] = [socket, request.params[1]!];
    return { result };
  });
  const database = await client.database("d");
  const replica = await database.replica({ tables: true });
  expect({ ...replica.table("T").get(ROW) }).toEqual({ _uuid: ROW, n: 4, s: new Set() });
  const changes = replica.changes();
  const update =
    notification === "update" ? { new: { n: 4, s: "a" }, old: { s: ["set", []] } } : { modify: { s: "a" } };
  const id = notification === "update3" ? ["00000000-0000-0000-0000-0000000000ab"] : [];
  peer!.write(JSON.stringify({ method: notification, params: [monitor, ...id, { T: { [ROW]: update } }], id: null }));
  expect((await changes.next()).value).toMatchObject({
    kind: "modify",
    row: { n: 4, s: new Set(["a"]) },
    old: { s: new Set() },
  });
  expect(replica.lastTransaction).toBe(id[0]);
});

test("after found: false a replica drops what it had, after found: true it goes on from it", async () => {
  const since: Json[] = [];
  let round = 0;
  const [first, second] = [ROW, ROW.replace(/1$/, "2")];
  const replies = [
    [
      false,
      "00000000-0000-0000-0000-0000000000aa",
      { T: { [first]: { initial: { n: 1 } }, [second]: { initial: { n: 2 } } } },
    ],
    [true, "00000000-0000-0000-0000-0000000000ab", { T: { [first]: { modify: { n: 3 } } } }],
    [false, "00000000-0000-0000-0000-0000000000ac", { T: { [second]: { initial: { n: 2 } } } }],
  ];
  let peer: Socket | undefined;
  const client = await serve(
    (request, socket) => {
      if (request.method !== "monitor_cond_since") return undefined;
      peer = socket;
      since.push(request.params[3]!);
      return { result: replies[round++] };
    },
    { backoff: { first: 1 } },
  );
  const replica = await (await client.database("d")).replica({ tables: true });
  const rows = (): unknown[] => [...replica.table("T")].map((row) => [row._uuid, row["n"]]);
  const again = async (): Promise<void> => {
    peer!.destroy();
    await client.echo().catch(() => undefined);
    await replica.current();
  };
  const changes = replica.changes();
  expect(rows()).toEqual([
    [first, 1],
    [second, 2],
  ]);
  await again();
  expect(rows()).toEqual([
    [first, 3],
    [second, 2],
  ]);
  await again();
  expect(rows()).toEqual([[second, 2]]);
  expect(since).toEqual([
    "00000000-0000-0000-0000-000000000000",
    "00000000-0000-0000-0000-0000000000aa",
    "00000000-0000-0000-0000-0000000000ab",
  ]);
  expect((await changes.next()).value).toMatchObject({ kind: "modify", uuid: first });
  expect((await changes.next()).value).toMatchObject({ kind: "delete", uuid: first });
});

test("a monitor that the server cancels, as it does when the schema changes, is asked for again with the new schema", async () => {
  let [peer, monitor]: [Socket | undefined, Json] = [undefined, null];
  const asked: Json[] = [];
  let changed = false;
  const client = await serve((request, socket) => {
    if (request.method === "get_schema" && changed)
      return {
        result: { ...SCHEMA, tables: { T: { columns: { n: { type: "integer" }, fresh: { type: "string" } } } } },
      };
    if (request.method !== "monitor_cond_since") return undefined;
    [peer, monitor] = [socket, request.params[1]!];
    asked.push((request.params[2] as { T: [{ columns: Json }] }).T[0].columns);
    return { result: [false, ROW, { T: { [ROW]: { initial: { n: asked.length } } } }] };
  });
  const replica = await (await client.database("d")).replica({ tables: true });
  const changes = replica.changes();
  changed = true;
  peer!.write(JSON.stringify({ method: "monitor_canceled", params: [monitor], id: null }));
  await changes.next();
  expect(asked).toEqual([
    ["n", "s"],
    ["n", "fresh"],
  ]);
  expect({ ...replica.table("T").get(ROW) }).toEqual({ _uuid: ROW, n: 2, fresh: "" });
});
