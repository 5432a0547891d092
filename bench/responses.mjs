/**
 * How long an HTTP service's responses take whose host executes requests on its thread always, never, or when it is better
 * (Host.open's `thread`): alone, and beside a program that removes links one by one, for which the kernel holds its network lock
 * for some milliseconds each. `node bench/responses.mjs [ROUNDS]` prints a table in Markdown: microseconds, the medians of all rounds.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { Agent, createServer, get } from "node:http";
import { fileURLToPath } from "node:url";
import { Host } from "../dist/index.js";

const WAYS = ["always", "auto", "never"];
/** Responses that ask the kernel nothing, and those that ask for a link and change it. */
const PATHS = { "/ready": "without the kernel", "/port": "with two requests" };
const ONE_IN = 5;
const SECONDS = 5;
/** Milliseconds from one HTTP request to the next. */
const INTERVAL = 2;
const LINKS = 200;

const quantile = (samples, part) =>
  samples.toSorted((a, b) => a - b)[Math.min(samples.length - 1, Math.floor(samples.length * part))];

async function serve(way) {
  const host = await Host.open({ namespace: "new", thread: way });
  await host.addBridge("br0");
  let changes = 0;
  const server = createServer((request, response) => {
    const answer =
      request.url === "/port"
        ? host.link("br0").then((link) => host.setLink(link, { alias: `change ${++changes}` }))
        : Promise.resolve();
    answer.then(
      () => response.end("ok\n"),
      (error) => response.writeHead(500).end(error.message),
    );
  });
  server.listen(0, "127.0.0.1", () => process.send(server.address().port));
}

async function removeOneByOne() {
  const host = await Host.open({ namespace: "new" });
  process.send("ready");
  for (;;) {
    const taps = await Promise.all(Array.from({ length: LINKS }, (_, i) => host.addTap(`t${i}`)));
    for (const tap of taps) await host.remove(tap);
  }
}

async function start(...words) {
  const child = fork(fileURLToPath(import.meta.url), words);
  const [said] = await once(child, "message");
  return { said, end: () => (child.kill("SIGKILL"), once(child, "exit")) };
}

function time(agent, port, path, begin) {
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
async function ask(port, seconds) {
  const agent = new Agent({ keepAlive: true });
  const asked = { "/ready": [], "/port": [] };
  const begin = performance.now();
  const count = (seconds * 1000) / INTERVAL;
  for (let i = 0; i < count; i++) {
    const due = begin + i * INTERVAL;
    while (performance.now() < due)
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    const path = i % ONE_IN === 0 ? "/port" : "/ready";
    asked[path].push(time(agent, port, path, performance.now()));
  }
  const times = {};
  for (const path in asked) times[path] = await Promise.all(asked[path]);
  agent.destroy();
  return times;
}

async function measure(rounds) {
  const found = new Map();
  for (const beside of ["nothing", "removals"])
    for (let round = 0; round < rounds; round++) {
      const remover = beside === "removals" ? await start("remove") : undefined;
      for (const way of round % 2 === 0 ? WAYS : WAYS.toReversed()) {
        const { said: port, end } = await start("serve", way);
        await ask(port, 1);
        const times = await ask(port, SECONDS);
        await end();
        for (const path in times) {
          const key = `${beside} | ${PATHS[path]} | ${way}`;
          const shown = [0.5, 0.99, 0.999].map((part) => quantile(times[path], part));
          found.set(key, [...(found.get(key) ?? []), shown]);
        }
      }
      await remover?.end();
    }
  console.log("| beside | responses | thread | p50 | p99 | p99.9 |\n| --- | --- | --- | --: | --: | --: |");
  for (const key of [...found.keys()].toSorted()) {
    const each = [0, 1, 2].map((place) =>
      quantile(
        found.get(key).map((shown) => shown[place]),
        0.5,
      ),
    );
    console.log(`| ${key} | ${each.map(Math.round).join(" | ")} |`);
  }
}

const [what = "3", way] = process.argv.slice(2);
if (what === "serve") await serve(way);
else if (what === "remove") await removeOneByOne();
else await measure(Number(what));
