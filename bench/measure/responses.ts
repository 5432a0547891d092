/**
 * How long an HTTP service's responses take whose host executes requests on its thread always, never, or when it is better
 * (Host.open's `thread`): alone, and beside a program that removes links one by one, for which the kernel holds its network lock
 * for some milliseconds each. `node bench/responses.mjs [ROUNDS]` prints a table in Markdown: microseconds, the medians of all rounds.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { Agent, createServer, get } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { root } from "../../scripts/lib/run.mjs";
import { Host, type HostOptions } from "../../src/index.js";
import { quantile } from "../judge/statistics.js";

const WAYS = ["always", "auto", "never"] as const;
type Way = NonNullable<HostOptions["thread"]>;

/** This program, as it was built. */
const PROGRAM = join(root, "build/bench/responses.mjs");
/** Responses that ask the kernel nothing, and those that ask for a link and change it. */
const PATHS: Readonly<Record<string, string>> = { "/ready": "without the kernel", "/port": "with two requests" };
const ONE_IN = 5;
const SECONDS = 5;
/** Milliseconds from one HTTP request to the next. */
const INTERVAL = 2;
const LINKS = 200;

async function serve(way: Way): Promise<void> {
  const host = await Host.open({ namespace: "new", thread: way });
  await host.addBridge("br0");
  let changes = 0;
  const server = createServer((request, response) => {
    const answer =
      request.url === "/port"
        ? host.link("br0").then((link) => host.setLink(link, { alias: `change ${++changes}` }))
        : Promise.resolve();
    void answer.then(
      () => response.end("ok\n"),
      (error: Error) => response.writeHead(500).end(error.message),
    );
  });
  server.listen(0, "127.0.0.1", () => process.send!((server.address() as AddressInfo).port));
}

async function removeOneByOne(): Promise<never> {
  const host = await Host.open({ namespace: "new" });
  process.send!("ready");
  for (;;) {
    const taps = await Promise.all(Array.from({ length: LINKS }, (_, i) => host.addTap(`t${i}`)));
    for (const tap of taps) await host.remove(tap);
  }
}

async function start(...words: readonly string[]): Promise<{ said: unknown; end(): Promise<void> }> {
  const child = fork(PROGRAM, words);
  const [said] = (await once(child, "message")) as unknown[];
  return {
    said,
    async end() {
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

function time(agent: Agent, port: number, path: string, begin: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = get({ agent, port, path, host: "127.0.0.1" }, (response) => {
      response.resume().on("end", () => {
        if (response.statusCode === 200) resolve((performance.now() - begin) * 1000);
        else reject(new Error(`${path}: ${response.statusCode}`));
      });
    });
    request.on("error", reject);
  });
}

/** Asks for so many seconds, whether answers come or not: microseconds since each was to be asked for, by path. */
async function ask(port: number, seconds: number): Promise<Record<string, number[]>> {
  const agent = new Agent({ keepAlive: true });
  const asked: Record<"/ready" | "/port", Promise<number>[]> = { "/ready": [], "/port": [] };
  const begin = performance.now();
  const count = (seconds * 1000) / INTERVAL;
  for (let i = 0; i < count; i++) {
    const due = begin + i * INTERVAL;
    while (performance.now() < due)
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    const path = i % ONE_IN === 0 ? "/port" : "/ready";
    asked[path].push(time(agent, port, path, performance.now()));
  }
  const times: Record<string, number[]> = {};
  for (const [path, all] of Object.entries(asked)) times[path] = await Promise.all(all);
  agent.destroy();
  return times;
}

async function measure(rounds: number): Promise<void> {
  const found = new Map<string, number[][]>();
  for (const beside of ["nothing", "removals"])
    for (let round = 0; round < rounds; round++) {
      const remover = beside === "removals" ? await start("remove") : undefined;
      for (const way of round % 2 === 0 ? WAYS : [...WAYS].reverse()) {
        const { said: port, end } = await start("serve", way);
        await ask(port as number, 1);
        const times = await ask(port as number, SECONDS);
        await end();
        for (const [path, list] of Object.entries(times)) {
          const key = `${beside} | ${PATHS[path]} | ${way}`;
          const shown = [0.5, 0.99, 0.999].map((part) => quantile(list, part));
          found.set(key, [...(found.get(key) ?? []), shown]);
        }
      }
      await remover?.end();
    }
  console.log("| beside | responses | thread | p50 | p99 | p99.9 |\n| --- | --- | --- | --: | --: | --: |");
  for (const key of [...found.keys()].sort()) {
    const each = [0, 1, 2].map((place) =>
      quantile(
        found.get(key)!.map((shown) => shown[place]!),
        0.5,
      ),
    );
    console.log(`| ${key} | ${each.map(Math.round).join(" | ")} |`);
  }
}

const [what = "3", way] = process.argv.slice(2);
if (what === "serve") await serve(way as Way);
else if (what === "remove") await removeOneByOne();
else await measure(Number(what));
