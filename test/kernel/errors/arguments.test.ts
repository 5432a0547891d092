import { inspect } from "node:util";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Host, InputError, NetlinkError } from "../../../src/index.js";
import { native } from "../../../src/kernel/addon.js";
import { argumentsFor, type Call, either, type Given, link, methodsOf } from "../host/public-methods.js";

/** What waits for something to come, or leaves nothing to call. */
const ENDLESS = ["receiveDescriptors"];

/** What slips into calls by mistake. */
const ODD: readonly unknown[] = [undefined, null, 5, "odd", true, [], {}, Symbol("odd"), 5n, NaN, Object.create(null)];

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether an odd value is of the sort of one that is right. */
function isSame(odd: unknown, right: unknown): boolean {
  if (right === either) return typeof odd === "string" || typeof odd === "number";
  if (right === link) return typeof odd === "string" || odd === 5;
  if (Array.isArray(right)) return Array.isArray(odd);
  return isObject(right) ? isObject(odd) : typeof odd === typeof right;
}

interface Mistake {
  readonly call: string;
  readonly argument: string;
  readonly given: readonly unknown[];
  /** The sort of value is right, or it may be left out. */
  readonly plausible: boolean;
}

/** Every call of a method with one argument that is odd. */
function mistakesIn(name: string, takes: Given): Mistake[] {
  return Object.entries(takes).flatMap(([argument, right], place) =>
    ODD.map((odd) => {
      const given = Object.values(takes);
      given[place] = odd;
      const plausible = isSame(odd, right) || (odd === undefined && argument.endsWith("?"));
      return { call: `${name}: ${inspect(odd)} as ${argument}`, argument: argument.replace("?", ""), given, plausible };
    }),
  );
}

/** What a call rejects with; undefined when it does not. */
async function rejection(method: Call, given: readonly unknown[]): Promise<unknown> {
  try {
    await method(...given);
    return undefined;
  } catch (error) {
    return error;
  }
}

let host: Host;
let methods: Map<string, Call>;
let takes: Readonly<Record<string, Given>>;

beforeEach(async () => {
  host = await Host.open({ namespace: "new" });
  methods = methodsOf(host);
  takes = argumentsFor(host);
});

afterEach(async () => {
  vi.restoreAllMocks();
  await host.close();
});

test("every public method is among those that the other tests call", () => {
  expect([...methods.keys()].sort()).toEqual(Object.keys(takes).sort());
});

test("what cannot be an argument is an InputError that names it, before anything is done", async () => {
  const called: string[] = [];
  const addon = native as unknown as Record<string, (...given: unknown[]) => unknown>;
  for (const [name, work] of Object.entries(addon)) {
    vi.spyOn(addon, name).mockImplementation((...given: unknown[]) => {
      called.push(name);
      return work(...given);
    });
  }
  const wrong: string[] = [];
  for (const [name, wanted] of Object.entries(takes))
    for (const { call, argument, given, plausible } of mistakesIn(name, wanted)) {
      if (plausible) continue;
      const error = await rejection(methods.get(name)!, given);
      const named = error instanceof InputError && error.path === argument && error.problem.includes("is wanted, not ");
      if (!named || called.length > 0) wrong.push(`${call}: ${error}; called: ${called}`);
      called.length = 0;
    }
  expect(wrong).toEqual([]);
});

test("null is no value, wherever it stands in what a method takes", async () => {
  const wrong: string[] = [];
  for (const [name, wanted] of Object.entries(takes))
    for (const [place, right] of Object.values(wanted).entries()) {
      if (right === link || !isObject(right) || Object.getPrototypeOf(right) !== Object.prototype) continue;
      for (const odd of [null, { odd: null }, [5, null], [{ odd: null }]]) {
        const given = Object.values(wanted);
        given[place] = { ...(right as object), odd };
        const error = await rejection(methods.get(name)!, given);
        const named = error instanceof InputError && error.path.split(".")[0] === "odd";
        if (!named) wrong.push(`${name}: ${inspect(given[place])}: ${error}`);
      }
    }
  expect(wrong).toEqual([]);
});

test("an object that is in itself, over and over, is looked into once", async () => {
  const settings: Record<string, unknown> = { up: true };
  for (let i = 0; i < 12; i++) settings[`self${i}`] = settings;
  await expect(host.setLink("lo", settings)).rejects.toThrow("self0: no such option");
  settings.last = null;
  await expect(host.setLink("lo", settings)).rejects.toThrow("last: null is no value: leave it out");
});

test("what may be an argument, but is odd, is refused by the kernel or is an InputError", async () => {
  const wrong: string[] = [];
  for (const [name, wanted] of Object.entries(takes))
    for (const { call, given, plausible } of mistakesIn(name, wanted)) {
      if (!plausible || ENDLESS.includes(name)) continue;
      const error = await rejection(methods.get(name)!, given);
      const known = error === undefined || error instanceof InputError || error instanceof NetlinkError;
      if (!known) wrong.push(`${call}: ${error}`);
    }
  expect(wrong).toEqual([]);
});
