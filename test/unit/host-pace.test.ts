import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { pacer } from "../../src/host/work/pace.js";

const upTo = (count: number): number[] => Array.from({ length: count }, (_, number) => number);

/** A pace, and the numbers of what has begun. */
function paced(): { begun: number[]; ask: (number: number) => Promise<number>; end: (count: number) => Promise<void> } {
  const pace = pacer();
  const begun: number[] = [];
  return {
    begun,
    ask: (number) =>
      pace.begin(() => {
        begun.push(number);
        return Promise.resolve(number);
      }),
    async end(count) {
      for (let i = 0; i < count; i++) pace.over();
      await setImmediate();
    },
  };
}

describe("of what is asked for at once", () => {
  test("sixty-four begin, and the others in their order as those are over", async () => {
    const { begun, ask, end } = paced();
    const all = Promise.all(upTo(150).map(ask));
    expect(begun).toEqual(upTo(64));
    await setImmediate();
    expect(begun).toEqual(upTo(64));
    await end(30);
    expect(begun).toEqual(upTo(94));
    await end(64);
    await end(64);
    expect(begun).toEqual(upTo(150));
    expect(await all).toEqual(upTo(150));
  });

  test("nothing is overtaken by what is asked for when there is room again", async () => {
    const { begun, ask, end } = paced();
    const all = upTo(74).map(ask);
    const ended = end(50);
    all.push(ask(74));
    expect(begun).toEqual(upTo(64));
    await ended;
    all.push(ask(75));
    expect(begun).toEqual(upTo(76));
    expect(await Promise.all(all)).toEqual(upTo(76));
  });

  test("what waits for an answer each time begins at once", async () => {
    const { begun, ask, end } = paced();
    for (const number of upTo(500)) {
      void ask(number);
      expect(begun.length).toBe(number + 1);
      await end(1);
    }
  });
});
