import { expect, test } from "vitest";
import { speakTo } from "../../../bench/contenders/contender.js";

/** A peer that answers each line by a piece of JavaScript, which has `command` and `answer`. */
function peer(script: string, options?: { limit?: number }) {
  const program = `
    const answer = (value) => console.log(typeof value === "string" ? value : JSON.stringify(value));
    const ready = () => answer({ milliseconds: 0 });
    require("node:readline").createInterface({ input: process.stdin }).on("line", (command) => { ${script} });
  `;
  return speakTo({ name: "fake", command: [process.execPath, "-e", program] }, options);
}

/** The same, ready, and then something else. */
const afterReady = (script: string, options?: { limit?: number }) =>
  peer(`if (command === "ready") ready(); else { ${script} }`, options);

test.concurrent("a peer is given commands and its answers are given back", async () => {
  const { ask, stop } = await afterReady(`answer({ milliseconds: 1.5, each: [2, 3.5], count: command.length })`);
  const answer = await ask("attach", 0, 1000, "br0", "each");
  expect(answer).toEqual({ milliseconds: 1.5, each: [2, 3.5], count: "attach 0 1000 br0 each".length });
  await stop();
});

test.concurrent("what a peer does not support is given back in its words, without a time", async () => {
  const { ask, stop } = await afterReady(`answer({ milliseconds: 1, unsupported: "no such thing" })`);
  expect(await ask("fdb", "br0")).toEqual({ unsupported: "no such thing" });
  await stop();
});

test.concurrent.each([
  ["no JSON", `"what?"`, "not an answer: what?"],
  ["null", `"null"`, "not an answer: null"],
  ["a time that is none", `{ milliseconds: "soon" }`, 'not an answer: {"milliseconds":"soon"}'],
  ["a time before its beginning", `{ milliseconds: -1 }`, 'not an answer: {"milliseconds":-1}'],
  [
    "steps that are no times",
    `{ milliseconds: 1, each: [1, null] }`,
    'not an answer: {"milliseconds":1,"each":[1,null]}',
  ],
  ["a count that is none", `{ milliseconds: 1, count: 1.5 }`, 'not an answer: {"milliseconds":1,"count":1.5}'],
  ["an error", `{ error: "no such bridge" }`, "no such bridge"],
])("a peer that answers with %s is refused, named with the command, and ended", async (_, answer, reason) => {
  const { pid, ask, stop } = await afterReady(`answer(${answer})`);
  await expect(ask("links")).rejects.toThrow(`fake: links: ${reason}`);
  await stop();
  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});

test.concurrent("a peer that ends early is refused with its status and what it complained of", async () => {
  const { ask, stop } = await afterReady(`console.error("no way"); process.exit(3)`);
  await expect(ask("link", "t3")).rejects.toThrow("fake: link t3: the program ended with 3: no way");
  await expect(ask("links")).rejects.toThrow("fake: links: the program ended with 3: no way");
  await stop();
});

test.concurrent("a peer that hangs is given up after the time limit, and killed", async () => {
  const { pid, ask, stop } = await afterReady("", { limit: 5000 });
  await expect(ask("links")).rejects.toThrow("fake: links: no answer within 5 s");
  await stop();
  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});

test.concurrent("a peer that does not end when it is told to is killed", async () => {
  const { pid, stop } = await peer(`ready(); setInterval(() => {}, 1000)`, { limit: 5000 });
  await stop();
  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});

test.concurrent("a peer that cannot start is refused", async () => {
  await expect(speakTo({ name: "fake", command: ["/absent"] })).rejects.toThrow(
    "fake: ready: the program ended with spawn /absent ENOENT",
  );
  await expect(peer(`process.exit(1)`)).rejects.toThrow("fake: ready: the program ended with 1");
});

test.concurrent("what a peer has started and left running is not waited for", async () => {
  const script = `require("node:child_process").spawn("sleep", ["5"], { stdio: "inherit" }); process.exit(3)`;
  const { ask, stop } = await afterReady(script);
  const start = performance.now();
  await expect(ask("links")).rejects.toThrow("fake: links: the program ended with 3");
  await stop();
  expect(performance.now() - start).toBeLessThan(4000);
});
