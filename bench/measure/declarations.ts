/**
 * Declarations against the clock: how long a NIC is on its way into a bridge, beside a program in C that sends the same messages; and a
 * thousand private macvlans in a thousand bridges, planned, applied, applied again, and removed.
 * `node bench/declarations.mjs [ROUNDS] [LINKS]` prints a table in Markdown: the medians of all rounds.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Host } from "../../src/index.js";
import { apply, type HostDeclaration, plan } from "../../src/topology/index.js";
import { inC } from "../contenders/builders.js";
import { quantile } from "../judge/statistics.js";

const folder = mkdtempSync(join(tmpdir(), "linkwright-declarations-"));
const journal = join(folder, "journal");

const BRIDGED: HostDeclaration = { links: { br0: { kind: "bridge", takeOver: "eno3" } } };

/** A host whose NIC has an address and routes; links have the same indexes in each. */
async function wired(): Promise<readonly [Host, Host]> {
  const host = await Host.open({ namespace: "new" });
  const far = await Host.open({ namespace: "new" });
  await host.addVeth("eno3", { peer: { name: "far0", namespace: far, up: true }, up: true });
  await host.addAddress("eno3", "10.0.0.5/24");
  await host.addAddress("eno3", "fd00::5/64", { flags: ["nodad"] });
  await host.routes.add("default", { gateway: "10.0.0.1" });
  return [host, far];
}

/** A host of which what leaves together is sent in another way, that says how each went. */
function sending(host: Host, send: Host["sendRecorded"]): Host {
  return new Proxy(host, {
    get(target, name) {
      if (name === "sendRecorded") return send;
      const value = Reflect.get(target, name, target) as unknown;
      return typeof value === "function" ? (value as () => unknown).bind(target) : value;
    },
  });
}

async function byLinkwright(): Promise<number> {
  const [host, far] = await wired();
  let took = NaN;
  const watched = sending(host, async (requests) => {
    const begin = performance.now();
    const results = await host.sendRecorded(requests);
    took = performance.now() - begin;
    for (const result of results) if (result.status === "rejected") throw result.reason;
    return results;
  });
  await apply(watched, BRIDGED, { journal });
  await Promise.all([host.close(), far.close()]);
  return took;
}

async function inPlainC(program: string): Promise<number> {
  const [host, far] = await wired();
  const namespace = await host.namespaceDescriptor();
  let took = NaN;
  const other = sending(host, (requests) => {
    const input = Buffer.concat(requests.map(({ bytes }) => Buffer.from(bytes, "hex")));
    const within = [`--net=/proc/${process.pid}/fd/${namespace.fd}`, program];
    const { status, stdout, stderr } = spawnSync("nsenter", within, { input, encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
    took = Number(stdout);
    return Promise.resolve(requests.map(() => ({ status: "fulfilled", value: undefined })));
  });
  await apply(other, BRIDGED, { journal });
  await Promise.all([host.close(), far.close()]);
  return took;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

async function many(count: number): Promise<Readonly<Record<string, number>>> {
  const host = await Host.open({ namespace: "new" });
  await host.addVeth("eno3", { peer: { name: "far0", up: true }, up: true });
  const names = Array.from({ length: count }, (_, number) => number);
  const links = Object.fromEntries(
    names.flatMap((number): [string, NonNullable<HostDeclaration["links"]>[string]][] => [
      [`br${number}`, { kind: "bridge", up: true }],
      [`mv${number}`, { kind: "macvlan", link: "eno3", mode: "private", master: `br${number}` }],
    ]),
  );
  const gone = Object.fromEntries(Object.keys(links).map((name) => [name, { absent: true } as const]));
  const times = {
    plan: await timed(() => plan(host, { links })),
    apply: await timed(() => apply(host, { links }, { journal })),
    "apply again": await timed(() => apply(host, { links }, { journal })),
    remove: await timed(() => apply(host, { links: gone }, { journal })),
  };
  await host.close();
  return times;
}

const [rounds = 11, count = 1000] = process.argv.slice(2).map(Number);
try {
  const missing = inC("at-once.c")(folder);
  if (missing !== undefined) throw new Error(missing);
  const gaps: Record<string, number[]> = { linkwright: [], C: [] };
  for (let round = 0; round < rounds; round++) {
    gaps["linkwright"]!.push(await byLinkwright());
    gaps["C"]!.push(await inPlainC(join(folder, "program")));
  }
  console.log("| a NIC into a bridge | median | 90 % |\n| --- | --: | --: |");
  for (const [name, times] of Object.entries(gaps))
    console.log(`| ${name} | ${quantile(times, 0.5).toFixed(2)} ms | ${quantile(times, 0.9).toFixed(2)} ms |`);
  console.log(`\n| ${count} macvlans in ${count} bridges | |\n| --- | --: |`);
  for (const [name, time] of Object.entries(await many(count)))
    console.log(`| ${name} | ${(time / 1000).toFixed(2)} s |`);
} finally {
  rmSync(folder, { recursive: true });
}
