import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { readdirSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { Host } from "../../../src/index.js";

const CHANNEL = "linkwright:request";
const reason = new Error("enough");
const descriptors = (): number => readdirSync("/proc/self/fd").length;

/** What waits, or goes on until it is ended. Each ends by rejecting with the signal's reason. */
const calls: Readonly<Record<string, (host: Host, signal: AbortSignal) => Promise<unknown>>> = {
  mirror: async (host, signal) => {
    await using _mirror = await host.mirror({ addresses: true, routes: true, signal });
    signal.throwIfAborted();
  },
  "mirror that is waited for": async (host, signal) => {
    await using mirror = await host.mirror({ signal });
    const ended = new Promise((resolve) => mirror.once("ended", resolve));
    await host.setLink("br0", { alias: "other" });
    await mirror.settled({ signal });
    if (!mirror.ended) await ended;
    throw signal.reason;
  },
  waitFor: (host, signal) => host.waitFor("nowhere", "up", { signal }),
  "waitFor with a function": (host, signal) => host.waitFor("br0", ({ mtu }) => mtu === 9000, { signal }),
  watch: async (host, signal) => {
    for await (const event of host.watch(["link", "address"], { signal })) void event;
  },
  "watch of one link": async (host, signal) => {
    const watch = host.watch(["link", "neighbour"], { signal, link: "br0" });
    await watch.ready;
    for (;;) await watch.next();
  },
  rates: async (host, signal) => {
    for await (const round of host.rates({ every: 5, signal })) if (round === undefined) return;
  },
  history: async (host, signal) => {
    await using _history = await host.history({ signal });
    signal.throwIfAborted();
  },
  "history until a signal": async (host, signal) => {
    await using _history = await host.until(signal).history();
    signal.throwIfAborted();
  },
  "counters until a signal": (host, signal) => host.until(signal).counters("br0"),
};

/** How long after its requests a call is aborted: none, or so many turns of the event loop. */
const TURNS = [0, 1, 3];
const MOST_REQUESTS = 10;

test.for(Object.entries(calls))(
  "%s that is aborted at any point rejects with the reason, and leaves no socket, no request and no listener",
  async ([, call]) => {
    await using host = await Host.open({ namespace: "new" });
    await host.addBridge("br0", { up: true });
    // What is loaded by the first use, and the descriptors that this takes.
    await call(host, AbortSignal.timeout(50)).catch(() => undefined);
    await host.links();
    const before = descriptors();
    const links = JSON.stringify((await host.link("br0")).flags);
    let aborted = 0;
    for (let requests = 0; requests <= MOST_REQUESTS; requests++)
      for (const turns of TURNS) {
        const stop = new AbortController();
        const end = async (): Promise<void> => {
          for (let i = 0; i < turns; i++) await turn();
          stop.abort(reason);
        };
        let answered = 0;
        const count = (): void => {
          if (++answered === requests) void end();
        };
        subscribe(CHANNEL, count);
        const outcome = call(host, stop.signal).then(
          () => "done",
          (error: unknown) => error,
        );
        // What makes fewer requests than that waits for something else by then.
        const late = setTimeout(() => void end(), 20);
        if (requests === 0) await end();
        const result = await outcome;
        clearTimeout(late);
        unsubscribe(CHANNEL, count);
        if (result !== "done") expect(result).toBe(reason);
        aborted += Number(result === reason);
      }
    expect(aborted).toBeGreaterThanOrEqual(TURNS.length);
    await expect.poll(descriptors, { timeout: 10_000 }).toBeLessThanOrEqual(before);
    expect(JSON.stringify((await host.link("br0")).flags)).toBe(links);
    // The host goes on.
    await host.addTap("later");
  },
);
