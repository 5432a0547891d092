import { expect, test } from "vitest";
import { operations } from "../../src/host/work/operations.js";
import { part } from "../../src/host/parts.js";

interface Greeter {
  greet(name: string): Promise<string>;
}

const greeter: Greeter = { greet: (name) => Promise.resolve(`hello ${name}`) };

test("what is asked for after work whose code has to be loaded is done after it", async () => {
  const done: string[] = [];
  const note = (name: string) => (): Promise<void> => {
    done.push(name);
    return Promise.resolve();
  };
  let load!: () => void;
  const late = part(() => new Promise<Greeter>((resolve) => (load = () => resolve(greeter))));
  const work = operations();
  const all = [
    work.run(note("before")),
    work.runWith(late, note("with the part")),
    work.run(note("after")),
    work.runWith(late, note("with the part again")),
    work.run(note("last")),
  ];
  await all[0];
  expect(done).toEqual(["before"]);
  load();
  await Promise.all(all);
  expect(done).toEqual(["before", "with the part", "after", "with the part again", "last"]);
});

test("code is loaded once; from then on work begins at once", async () => {
  let loads = 0;
  const counted = part(() => Promise.resolve((loads++, greeter)));
  const work = operations();
  const { greet } = work.group(counted, (module) => module, { greet: true });
  expect(loads).toBe(0);
  expect(await Promise.all([greet("tap0"), greet("tap1")])).toEqual(["hello tap0", "hello tap1"]);
  let begun = false;
  const more = work.runWith(counted, () => Promise.resolve((begun = true)));
  expect(begun).toBe(true);
  await more;
  expect(loads).toBe(1);
});

test("code that cannot be loaded fails what needs it, nothing else, and is tried again", async () => {
  let tries = 0;
  const shaky = part(() => (++tries === 1 ? Promise.reject(new Error("no such file")) : Promise.resolve(greeter)));
  const work = operations();
  const { greet } = work.group(shaky, (module) => module, { greet: true });
  const [failed, other] = [greet("tap0"), work.run(() => Promise.resolve("done"))];
  await expect(failed).rejects.toThrow("no such file");
  expect(await other).toBe("done");
  expect(await greet("tap0")).toBe("hello tap0");
  await work.end();
});

test("a host that is being closed waits for work whose code is being loaded", async () => {
  let load!: () => void;
  const late = part(() => new Promise<Greeter>((resolve) => (load = () => resolve(greeter))));
  const work = operations();
  const greeting = work.runWith(late, ({ greet }) => greet("tap0"));
  const ended = work.end();
  await expect(work.runWith(late, ({ greet }) => greet("tap1"))).rejects.toThrow("the host is closed");
  load();
  await ended;
  expect(await greeting).toBe("hello tap0");
});
