import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { pacer } from "../../src/host/pace.js";

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
  test("two hundred begin, and the others in their order as those are over", async () => {
    const { begun, ask, end } = paced();
    const all = Promise.all(upTo(450).map(ask));
    expect(begun).toEqual(upTo(200));
    await setImmediate();
    expect(begun).toEqual(upTo(200));
    await end(30);
    expect(begun).toEqual(upTo(230));
    await end(200);
    await end(200);
    expect(begun).toEqual(upTo(450));
    expect(await all).toEqual(upTo(450));
  });

  test("nothing is overtaken by what is asked for when there is room again", async () => {
    const { begun, ask, end } = paced();
    const all = upTo(210).map(ask);
    const ended = end(50);
    all.push(ask(210));
    expect(begun).toEqual(upTo(200));
    await ended;
    all.push(ask(211));
    expect(begun).toEqual(upTo(212));
    expect(await Promise.all(all)).toEqual(upTo(212));
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
