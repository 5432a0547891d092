import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { pacer } from "../../src/host/pace.js";

/** Asks for so much at once; the numbers of what has begun, and the promises. */
function asked(count: number): { begun: number[]; ask: (number: number) => Promise<number>; come: () => void } {
  let events = 0;
  const begun: number[] = [];
  const pace = pacer(() => events);
  const ask = (number: number): Promise<number> =>
    pace(() => {
      begun.push(number);
      return Promise.resolve(number);
    });
  for (let number = 0; number < count; number++) void ask(number);
  return { begun, ask, come: () => void events++ };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, number) => number);

describe("of what is asked for at once", () => {
  test("a hundred begin in each turn of the event loop, in their order", async () => {
    const { begun } = asked(250);
    expect(begun).toEqual(upTo(100));
    await setImmediate();
    expect(begun).toEqual(upTo(200));
    await setImmediate();
    expect(begun).toEqual(upTo(250));
  });

  test("nothing is overtaken by what is asked for later, in whatever turn", async () => {
    const { begun, ask, come } = asked(120);
    const late = [ask(120)];
    come();
    late.push(ask(121));
    await setImmediate();
    expect(begun).toEqual(upTo(122));
    late.push(ask(122));
    expect(begun).toEqual(upTo(123));
    expect(await Promise.all(late)).toEqual([120, 121, 122]);
  });

  test("what waits for an answer each time begins at once", () => {
    const { begun, ask, come } = asked(0);
    for (const number of upTo(500)) {
      void ask(number);
      come();
    }
    expect(begun).toEqual(upTo(500));
  });
});
