import { expect, test } from "vitest";
import { isNoisy, judge } from "../../../bench/judge/regression.js";
import type { Row } from "../../../bench/result.js";
import { around, row } from "./rows.js";

const CREATE = "throughput.create.1000";
const REMOVE = "throughput.remove.1000";
const measured = (create: number, remove = 1): Row[] =>
  Object.entries({ [CREATE]: create, [REMOVE]: remove }).map(([id, ratio]) =>
    row(id, { floor: around(100, 7), linkwright: around(100 * ratio, 7) }),
  );

/** What is found when one try after the other measures these rows; how many tries it took. */
async function found(...tries: Row[][]) {
  const said: string[] = [];
  const rest = [...tries];
  const { slower } = await judge(
    [measured(1.1)],
    () => Promise.resolve({ rows: rest.shift()! }),
    (text) => said.push(text),
  );
  return { slower: slower?.map(({ id }) => id), tries: said.length };
}

test("what is slower than the committed result, try after try, is a regression", async () => {
  expect(await found(measured(1.5), measured(1.5), measured(1.6))).toEqual({ slower: [CREATE], tries: 3 });
});

test("what is as it was is none at once, and what is slower in some tries alone is none", async () => {
  expect(await found(measured(1.1))).toEqual({ slower: [], tries: 1 });
  expect(await found(measured(1.2))).toEqual({ slower: [], tries: 1 });
  expect(await found(measured(1.5), measured(1.1))).toEqual({ slower: [], tries: 2 });
  expect(await found(measured(1.5), measured(1.1, 1.6))).toEqual({ slower: [], tries: 2 });
});

test("when something broke, nothing is said of the times", async () => {
  expect(
    await judge(
      [measured(1)],
      () => Promise.resolve({ broken: "floor: it ended" }),
      () => {},
    ),
  ).toEqual({
    broken: "floor: it ended",
  });
});

test("what is as far from the floor as on one of several machines is none; beyond all of them it is one", async () => {
  const machines = [measured(1.1), measured(2)];
  const of = async (ratio: number): Promise<unknown> => {
    const { slower } = await judge(
      machines,
      () => Promise.resolve({ rows: measured(ratio) }),
      () => {},
    );
    return slower?.map(({ id }) => id);
  };
  expect(await of(2.1)).toEqual([]);
  expect(await of(3)).toEqual([CREATE]);
});

test("rounds that contradict each other are noise, however slow they are, and are said to be; what they agree in is told", async () => {
  const told = row(CREATE, { floor: around(100, 7), linkwright: around(300, 7) });
  const noise = row(CREATE, { floor: around(100, 7), linkwright: [90, 110, 400, 95, 500, 100, 300] });
  expect([told, noise].map(isNoisy)).toEqual([false, true]);
  const said: string[] = [];
  const { slower } = await judge(
    [measured(1)],
    () => Promise.resolve({ rows: [noise] }),
    (text) => said.push(text),
  );
  expect(slower).toEqual([]);
  expect(said[0]).toContain(`contradict each other about ${CREATE}`);
});
