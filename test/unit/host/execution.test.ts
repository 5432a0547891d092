import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { InputError } from "../../../src/base/errors.js";
import { type Execution, execution } from "../../../src/kernel/thread-use.js";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance", "setImmediate", "clearImmediate"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** The next turn of the event loop, so many milliseconds later. */
function later(milliseconds: number): void {
  vi.advanceTimersByTime(milliseconds);
  vi.runAllTimers();
}

/** What the calling thread executed until now, in so many milliseconds. */
function took({ executed }: Execution, milliseconds: number): void {
  executed(performance.now() - milliseconds);
}

test("always and never are just that, whatever requests take", () => {
  for (const [use, who] of [
    ["always", "thread"],
    ["never", "caller"],
  ] as const) {
    const all = execution(use);
    const { executor, answered } = all;
    expect(executor()).toBe(who);
    took(all, 100);
    answered(100);
    expect(executor()).toBe(who);
  }
});

test("what is no such word is an InputError that names them", () => {
  expect(() => execution("sometimes" as never)).toThrow(
    new InputError('"sometimes" is none of auto, always, never', "thread"),
  );
});

test("auto executes for two milliseconds in a turn of the event loop, and goes on in the next", () => {
  const now = vi.spyOn(performance, "now").mockReturnValue(1000);
  const all = execution("auto");
  const { executor } = all;
  for (const passed of [0.5, 1, 1.5]) {
    expect(executor()).toBe("caller");
    now.mockReturnValue(1000 + passed);
    took(all, 0.1);
  }
  now.mockReturnValue(1003);
  expect(executor()).toBe("caller later");
  vi.runAllTimers();
  expect(executor()).toBe("caller");
  now.mockRestore();
});

test("auto leaves requests to the thread after a long one, until a while has passed and the thread answers quickly", () => {
  const all = execution("auto");
  const { executor, answered } = all;
  took(all, 17);
  later(0);
  expect(executor()).toBe("thread");
  answered(0.1);
  expect(executor()).toBe("thread");
  later(10);
  expect(executor()).toBe("thread");
  answered(17);
  expect(executor()).toBe("thread");
  answered(0.1);
  expect(executor()).toBe("caller");
});

test("the while is longer each time that it happens again, and short when it has not for long", () => {
  const all = execution("auto");
  const { executor, answered } = all;
  /** Milliseconds from a long request until the thread's quick answer brings the calling thread back. */
  const pause = (): number => {
    took(all, 17);
    for (let passed = 0; ; passed++) {
      answered(0.1);
      if (executor() === "caller") return passed;
      later(1);
    }
  };
  later(5000);
  expect([pause(), pause(), pause(), pause()]).toEqual([10, 20, 40, 80]);
  for (let i = 0; i < 6; i++) pause();
  expect(pause()).toBe(1000);
  later(5000);
  expect(pause()).toBe(10);
});
