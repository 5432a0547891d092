import { createInterface } from "node:readline";

/*
 * What the benchmark's programs in JavaScript have in common: a command a line is read, and answered with a line of JSON.
 */

/** The names of TAPs. */
export const taps = (from, to) => Array.from({ length: to - from }, (_, i) => `t${Number(from) + i}`);

/** Does work with one after the other; the microseconds of each. */
export async function oneByOne(names, work) {
  const each = [];
  let last = performance.now();
  for (const name of names) {
    await work(name);
    const now = performance.now();
    each.push((now - last) * 1000);
    last = now;
  }
  return { each };
}

/** Requests under way at once: what the kernel says of a link is some 5 KB of a socket's buffer, which has 208 KB. */
const MOST_UNDER_WAY = 32;

/** Does work with many at once, so few that the replies find room. */
export async function manyAtOnce(names, work) {
  for (let start = 0; start < names.length; start += MOST_UNDER_WAY)
    await Promise.all(names.slice(start, start + MOST_UNDER_WAY).map(work));
}

/** Answers commands until there are no more; each is a function, which may return what there is to say beside the time. */
export async function serve(commands) {
  for await (const line of createInterface({ input: process.stdin })) {
    const [command, ...words] = line.split(" ");
    const start = performance.now();
    try {
      const more = command === "ready" ? undefined : await commands[command](...words);
      console.log(JSON.stringify({ milliseconds: performance.now() - start, ...more }));
    } catch (error) {
      console.log(JSON.stringify({ error: error.message }));
    }
  }
}
