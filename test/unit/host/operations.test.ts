import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { NetlinkError } from "../../../src/kernel/error.js";
import { operations } from "../../../src/host/work/operations.js";

const upTo = (count: number): number[] => Array.from({ length: count }, (_, number) => number);

/** Pieces of work by their numbers: which have begun, and a way to end those that began first. */
function paced(): { begun: number[]; ask: (number: number) => Promise<number>; end: (count: number) => Promise<void> } {
  const work = operations();
  const begun: number[] = [];
  const underWay: (() => void)[] = [];
  return {
    begun,
    ask: (number) =>
      work.run(() => {
        begun.push(number);
        return new Promise((resolve) => {
          underWay.push(() => {
            resolve(number);
          });
        });
      }),
    async end(count) {
      for (const finish of underWay.splice(0, count)) finish();
      await setImmediate();
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
    await end(64);
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
    await end(76);
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

test("the stack of a refusal names the async function that awaits the work, though the kernel answers in another turn", async () => {
  const work = operations();
  const refuse = (): Promise<never> =>
    new Promise((_, reject) => {
      globalThis.setImmediate(() => {
        reject(new NetlinkError({ errno: 17, syscall: "RTM_NEWLINK" }));
      });
    });
  async function whoStartsMachines(): Promise<void> {
    await work.run(refuse);
  }
  const error = (await whoStartsMachines().catch((reason: unknown) => reason)) as NetlinkError;
  expect(error.stack).toContain("the kernel refused RTM_NEWLINK");
  expect(error.stack).toContain("whoStartsMachines");
});
