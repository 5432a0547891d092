import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { setImmediate as turn } from "node:timers/promises";
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { Host } from "../../../src/host/host.js";
import { another } from "../watch/watching.js";
import { argumentsFor, type Call, methodsOf } from "./public-methods.js";

const CHANNEL = "linkwright:request";
const reason = new Error("enough");

/** What a host's methods change. */
async function stateOf(host: Host): Promise<string> {
  const listings = [
    host.links(),
    host.addresses(),
    host.routes.list({ table: "all" }),
    host.rules.list(),
    host.nexthops.list(),
    host.neighbours.list(),
    host.qdiscs.list(),
    host.fdb.list(),
  ];
  const [links, ...others] = (await Promise.allSettled(listings)) as { value?: unknown[] }[];
  const shown = (links!.value as Awaited<ReturnType<Host["links"]>>).map(
    ({ index, name, up, mtu, master, group, altnames, alias, kind }) =>
      [index, name, up, mtu, master, group, altnames, alias, kind] as const,
  );
  return inspect([shown, others.map(({ value }) => value?.length)], { depth: 5 });
}

interface Case {
  readonly name: string;
  readonly given: readonly unknown[];
  readonly method: Call;
}

function casesOf(whole: Host, host: Host): Case[] {
  const given = argumentsFor(whole);
  return [...methodsOf(host)].map(([name, method]) => ({ name, method, given: Object.values(given[name]!) }));
}

/** Takes what a method gave that has to be closed. */
async function close(value: unknown): Promise<void> {
  await (value as Partial<AsyncDisposable> | undefined)?.[Symbol.asyncDispose]?.();
}

test("no method of a host until a signal that has aborted asks the kernel for anything: it rejects with the reason", async () => {
  await using host = await Host.open({ namespace: "new" });
  await using other = await another(host);
  const before = await stateOf(other);
  const cases = casesOf(host, host.until(AbortSignal.abort(reason)));
  expect(cases.length).toBeGreaterThan(90);
  let asked = 0;
  const count = (): void => void asked++;
  subscribe(CHANNEL, count);
  try {
    for (const { name, method, given } of cases) await expect(method(...given), name).rejects.toBe(reason);
  } finally {
    unsubscribe(CHANNEL, count);
  }
  expect(asked).toBe(0);
  expect(await stateOf(other)).toBe(before);
});

test("a method of a host until a signal that aborts after any of its requests is not begun, given up, undone or done", async () => {
  await using probe = await Host.open({ namespace: "new" });
  // What waits for somebody else's bytes has a test of its own.
  const names = casesOf(probe, probe).flatMap(({ name }) => (name === "receiveDescriptors" ? [] : [name]));
  const outcomes = new Map<string, number>();
  for (const name of names) {
    for (let requests = 1; ; requests++) {
      expect(requests, `${name} ends`).toBeLessThan(60);
      await using host = await Host.open({ namespace: "new" });
      const stop = new AbortController();
      const { method, given } = casesOf(host, host.until(stop.signal)).find((each) => each.name === name)!;
      const before = await stateOf(host);
      let answered = 0;
      const count = (): void => {
        if (++answered === requests) stop.abort(reason);
      };
      subscribe(CHANNEL, count);
      const [result] = await Promise.allSettled([method(...given)]);
      await turn();
      unsubscribe(CHANNEL, count);
      const isAborted = result.status === "rejected" && result.reason === reason;
      if (result.status === "fulfilled") await close(result.value);
      if (isAborted) expect(await stateOf(host), name).toBe(before);
      outcomes.set(name, (outcomes.get(name) ?? 0) + Number(isAborted));
      if (!stop.signal.aborted) break;
    }
  }
  // What only asks is given up.
  for (const name of ["link", "links", "routes.list", "counters", "fdb.list"])
    expect(outcomes.get(name), name).toBeGreaterThan(0);
});

test("what waits for its turn is not begun when the signal aborts, and what asks is given up at once", async () => {
  await using host = await Host.open({ namespace: "new" });
  const stop = new AbortController();
  const guarded = host.until(stop.signal);
  const first = Array.from({ length: 100 }, () => host.links());
  const asking = guarded.link("lo");
  const changing = guarded.addTap("tap0");
  const removing = guarded.removeAll(["lo"]);
  const attaching = guarded.attach("lo", "lo");
  stop.abort(reason);
  for (const each of [asking, changing, removing, attaching]) await expect(each).rejects.toBe(reason);
  await Promise.all(first);
  expect((await host.links()).map(({ name }) => name)).toEqual(["lo"]);
});

test("who receives nothing until a signal aborts leaves what comes later to the next", async () => {
  await using host = await Host.open({ namespace: "new" });
  const [here, there] = host.socketPair();
  const stop = new AbortController();
  const waiting = host.until(stop.signal).receiveDescriptors(here);
  stop.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  const next = host.receiveDescriptors(here);
  await host.sendBytes(there, Buffer.from("late"));
  expect((await next).bytes.toString()).toBe("late");
});

test("a host until one of two signals is the same host: it has the same state, and closing it closes both", async () => {
  const host = await Host.open({ namespace: "new" });
  const [one, other] = [new AbortController(), new AbortController()];
  const guarded = host.until(one.signal).until(other.signal);
  await guarded.addTap("tap0");
  expect((await host.link("tap0")).name).toBe("tap0");
  one.abort(reason);
  await expect(guarded.link("tap0")).rejects.toBe(reason);
  await expect(guarded.close()).rejects.toBe(reason);
  await host.close();
  expect(inspect(guarded)).toContain("closed");
});
