import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ovsdbClient } from "../../../src/openvswitch/ovsdb-client/ovsdb-client.js";
import { vsctl } from "../../../src/openvswitch/vsctl/vsctl.js";
import { run } from "../../kernel/scene/program.js";
import { type DatabaseServer, lacking, SCHEMA, startServer } from "./servers.js";

if (lacking !== undefined) console.log(`skipped: the drop-in for ovsdb-client: ${lacking}`);
const it = test.skipIf(lacking !== undefined);

interface Said {
  status: number | null;
  stdout: string;
  stderr: string;
}

let server: DatabaseServer;

const silent = { stdout: { write: () => undefined }, stderr: { write: () => undefined } };

beforeAll(async () => {
  if (lacking !== undefined) return;
  server = await startServer();
  const words = [
    "add-br",
    "br0",
    "--",
    "add-port",
    "br0",
    "eth0",
    "tag=5",
    "--",
    "add-port",
    "br0",
    "eth1",
    "trunks=1,2",
  ];
  await vsctl(silent, [
    `--db=${server.remote}`,
    "--no-wait",
    ...words,
    "--",
    "set",
    "bridge",
    "br0",
    "other_config:a=b c",
  ]);
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
});

async function dropIn(words: readonly string[]): Promise<Said> {
  const said: Said = { status: 0, stdout: "", stderr: "" };
  said.status = await ovsdbClient(
    { stdout: { write: (text) => (said.stdout += text) }, stderr: { write: (text) => (said.stderr += text) } },
    words,
  );
  return said;
}

async function real(words: readonly string[]): Promise<Said> {
  const { status, stdout, stderr } = await run(["ovsdb-client", ...words]);
  return { status, stdout, stderr };
}

const SELECT = '{"op":"select","table":"Port","where":[["name","==","eth0"]],"columns":["name","tag","trunks"]}';

/** SERVER stands for the server's remote. Lines whose order is none are compared sorted. */
const LINES: readonly (readonly [words: readonly string[], isSorted?: true])[] = [
  [["list-dbs", "SERVER"]],
  [["get-schema", "SERVER"]],
  [["get-schema", "SERVER", "_Server"]],
  [["--pretty", "get-schema", "SERVER", "_Server"]],
  [["get-schema-version", "SERVER"]],
  [["get-schema-cksum", "SERVER", "Open_vSwitch"]],
  [["list-tables", "SERVER"], true],
  [["--no-headings", "list-columns", "SERVER", "Port"], true],
  [["-f", "csv", "list-columns", "SERVER", "_Server"], true],
  [["dump", "SERVER"]],
  [["dump", "SERVER", "Port"]],
  [["dump", "SERVER", "Open_vSwitch", "Port", "name", "tag", "trunks"]],
  [["-f", "list", "dump", "SERVER", "Interface", "name"]],
  [["-f", "csv", "-d", "json", "dump", "SERVER", "Port", "name", "trunks"]],
  [["-f", "json", "dump", "SERVER", "Bridge", "name", "other_config"]],
  [["dump", "SERVER", "Nosuch"]],
  [["dump", "SERVER", "Port", "nosuch"]],
  [["transact", "SERVER", `["Open_vSwitch",${SELECT}]`]],
  [["--pretty", "transact", "SERVER", `["Open_vSwitch",${SELECT}]`]],
  [["transact", "SERVER", '["Open_vSwitch",{"op":"select","table":"Nosuch","where":[]}]']],
  [["query", "SERVER", `["Open_vSwitch",${SELECT}]`]],
  [["list-dbs", "unix:/nosuch/db.sock"]],
  [["nosuch"]],
];

it.each(LINES.map(([words, isSorted = false]) => [words, isSorted] as const))(
  "ovsdb-client %j: what the real one says",
  async (line, isSorted) => {
    const words = line.map((word) => (word === "SERVER" ? server.remote : word));
    const [wanted, said] = await Promise.all([real(words), dropIn(words)]);
    const compared = ({ status, stdout, stderr }: Said): Said => ({
      status,
      stdout: isSorted ? stdout.split("\n").sort().join("\n") : stdout,
      // The real one logs before it says it.
      stderr: stderr.replace(/^\d{4}-.*\n/gm, ""),
    });
    expect(compared(said)).toEqual(compared(wanted));
  },
);

it("needs-conversion says of another version what the real one says, however the file is spelled", async () => {
  const schema = JSON.parse(readFileSync(SCHEMA, "utf8")) as { version: string };
  const folder = mkdtempSync(join(tmpdir(), "linkwright-schema-"));
  const [same, other] = ["same", "other"].map((name) => join(folder, name));
  writeFileSync(same!, JSON.stringify(schema));
  writeFileSync(other!, JSON.stringify({ ...schema, version: "99.0.0" }));
  for (const [file, answer] of [
    [same!, "no\n"],
    [other!, "yes\n"],
  ] as const) {
    const words = ["needs-conversion", server.remote, file];
    expect(await dropIn(words)).toEqual({ status: 0, stdout: answer, stderr: "" });
    expect(await real(words)).toMatchObject({ status: 0, stdout: answer });
  }
  rmSync(folder, { recursive: true });
});

it("query changes nothing", async () => {
  const operations = '{"op":"delete","table":"QoS","where":[]},{"op":"insert","table":"QoS","row":{"type":"x"}}';
  const { stdout } = await dropIn(["query", server.remote, `["Open_vSwitch",${operations}]`]);
  expect(stdout).toMatch(/^\[\{"count":0\},\{"uuid":/);
  expect((await dropIn(["--no-headings", "dump", server.remote, "QoS", "type"])).stdout).toBe("QoS table\n");
});

it("monitor prints what is there, and each change, until its signal", async () => {
  const abort = new AbortController();
  let said = "";
  let notice: () => void = () => undefined;
  const heard = async (text: string): Promise<void> => {
    while (!said.includes(text)) await new Promise<void>((resolve) => (notice = resolve));
  };
  const write = (text: string): void => {
    said += text;
    notice();
  };
  const words = ["monitor", server.remote, "Bridge", "name,fail_mode"];
  const ended = ovsdbClient({ stdout: { write }, stderr: { write } }, words, abort.signal);
  await heard("initial");
  await vsctl(silent, [`--db=${server.remote}`, "--no-wait", "set-fail-mode", "br0", "secure"]);
  await heard("new");
  await vsctl(silent, [`--db=${server.remote}`, "--no-wait", "del-br", "br0"]);
  await heard("delete");
  abort.abort();
  expect(await ended).toBe(0);
  const lines = said.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "<uuid>").split("\n");
  expect(
    lines.filter((line) => /initial|old|new|delete/.test(line)).map((line) => line.trim().replace(/ +/g, " ")),
  ).toEqual(["<uuid> initial br0 []", "<uuid> old []", "new br0 secure", "<uuid> delete br0 secure"]);
});
