import { afterAll, beforeAll, expect, test } from "vitest";
import { vsctl } from "../../../src/openvswitch/vsctl/vsctl.js";
import { run } from "../../kernel/scene/program.js";
import { type DatabaseServer, lacking, startServer } from "./servers.js";
import { LINES } from "./vsctl-lines.js";

if (lacking !== undefined) console.log(`skipped: the drop-in for ovs-vsctl: ${lacking}`);
const it = test.skipIf(lacking !== undefined);

interface Said {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let theirs: DatabaseServer;
let ours: DatabaseServer;

beforeAll(async () => {
  if (lacking === undefined) [theirs, ours] = await Promise.all([startServer(), startServer()]);
});
afterAll(async () => {
  await Promise.all([theirs?.[Symbol.asyncDispose](), ours?.[Symbol.asyncDispose]()]);
});

async function dropIn(words: readonly string[]): Promise<Said> {
  const said = { stdout: "", stderr: "" };
  const status = await vsctl(
    { stdout: { write: (text) => (said.stdout += text) }, stderr: { write: (text) => (said.stderr += text) } },
    words,
  );
  return { status, ...said };
}

async function real(words: readonly string[]): Promise<Said> {
  const { status, stdout, stderr } = await run(["ovs-vsctl", ...words]);
  return { status, stdout, stderr };
}

const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** Rows have UUIDs of their own in each database, and stand in their order. */
function comparable(said: Said, sort: boolean): Said {
  const plain = said.stdout.replace(UUID, "<uuid>");
  const stdout = sort ? plain.split("\n").sort().join("\n") : plain;
  // The real one also logs what its own copy of the database does.
  const stderr = said.stderr.replace(/^\d{4}-.*\|ovsdb_idl\|.*\n/gm, "").replace(/^\d{4}-[^|]*\|\d+\|/gm, "");
  return { ...said, stdout, stderr: stderr.replace(UUID, "<uuid>") };
}

/** Words as a shell parts them: quotes keep spaces together. */
function split(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
}

it.each(LINES)("ovs-vsctl %s: what the real one says and does", async (line) => {
  const words = split(line);
  const mustSort = line === "show" || / find /.test(line);
  const [wanted, said] = await Promise.all([
    real([`--db=${theirs.remote}`, "--no-wait", ...words]),
    dropIn([`--db=${ours.remote}`, "--no-wait", ...words]),
  ]);
  expect({ line, ...comparable(said, mustSort) }).toEqual({ line, ...comparable(wanted, mustSort) });
});

it("two calls at once do not undo each other", async () => {
  const call = (...words: string[]): Promise<Said> => dropIn([`--db=${ours.remote}`, "--no-wait", ...words]);
  await call("add-br", "br0");
  const names = Array.from({ length: 10 }, (_, i) => `many${i}`);
  expect(await Promise.all(names.map((name) => call("add-port", "br0", name)))).toEqual(
    names.map(() => ({ status: 0, stdout: "", stderr: "" })),
  );
  expect((await call("list-ports", "br0")).stdout).toBe(names.map((name) => `${name}\n`).join(""));
  const same = await Promise.all([1, 2].map(() => call("add-port", "br0", "same")));
  expect(same.map(({ status }) => status).sort()).toEqual([0, 1]);
  expect(same.map(({ stderr }) => stderr).join("")).toContain("because a port named same already exists on bridge br0");
  await call("del-br", "br0");
});

it("wait-until waits for another's change, and ends at its deadline", async () => {
  const call = (...words: string[]): Promise<Said> => dropIn([`--db=${ours.remote}`, "--no-wait", ...words]);
  const waiting = call("wait-until", "bridge", "soon", "datapath_type=netdev", "--", "get", "bridge", "soon", "name");
  await call("add-br", "soon");
  await call("set", "bridge", "soon", "datapath_type=netdev");
  expect(await waiting).toEqual({ status: 0, stdout: "soon\n", stderr: "" });
  expect((await call("--timeout=1", "wait-until", "bridge", "never")).status).toBe(142);
  await call("del-br", "soon");
});

it("a server that cannot be reached is said as the real one says it", async () => {
  const words = ["--db=unix:/nosuch/db.sock", "list-br"];
  expect(await dropIn(words)).toEqual(await real(words));
});
