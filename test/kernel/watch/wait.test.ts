import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { writeSync } from "node:fs";
import { expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import { NLM_F_CREATE, NLM_F_EXCL } from "../../../src/netlink/message.js";

const open = (): Promise<Host> => Host.open({ namespace: "new" });

test("waiting for a link that is not there yet ends when it comes, and for one to go when it goes", async () => {
  await using host = await open();
  const there = host.waitFor("tap0", "there");
  await host.addTap("tap0");
  expect((await there)!.name).toBe("tap0");
  const gone = host.waitFor("tap0", "gone");
  await host.remove("tap0");
  expect(await gone).toBeUndefined();
});

test("waiting ends for up, carrier, a master, forwarding and a function as they come to hold", async () => {
  await using host = await open();
  await host.addVeth("v0", { peer: { name: "v1" } });
  await host.addBridge("br0", { up: true });
  const waits = [
    host.waitFor("v0", "up"),
    host.waitFor("v0", "carrier"),
    host.waitFor("v0", { master: "br0" }),
    host.waitFor("v0", { operstate: "up" }),
    host.waitFor("v0", "forwarding"),
    host.waitFor("v0", ({ mtu }) => mtu === 1400),
  ];
  await host.attach("v0", "br0");
  await host.setLink("v1", { up: true });
  await host.setLink("v0", { mtu: 1400 });
  for (const link of await Promise.all(waits)) expect(link!.name).toBe("v0");
});

test("waiting for addresses ends when duplicate address detection is over", async () => {
  await using host = await open();
  await host.addVeth("v0", { up: true, peer: { name: "v1", up: true } });
  await host.waitFor("v0", "addresses", { timeout: 20_000 });
  const addresses = await host.addresses({ link: "v0" });
  expect(addresses.length).toBeGreaterThan(0);
  expect(addresses.filter(({ flags }) => flags.includes("tentative"))).toEqual([]);
});

test("a deadline says what is still waited for, and what was seen last", async () => {
  await using host = await open();
  await host.addTap("tap0");
  await expect(host.waitFor("tap0", "carrier", { timeout: 50 })).rejects.toMatchObject({
    code: "ETIMEDOUT",
    message: expect.stringMatching(
      /tap0: still waiting for carrier after 50 ms; seen last: down, no carrier/,
    ) as string,
  });
});

test("what waits ends with the signal's reason, before it begins, at once, and later", async () => {
  await using host = await open();
  await host.addTap("tap0");
  const reason = new Error("enough");
  const aborted = AbortSignal.abort(reason);
  await expect(host.waitFor("tap0", "up", { signal: aborted })).rejects.toBe(reason);
  await expect(host.mirror({ signal: aborted })).rejects.toBe(reason);
  expect(() => host.watch(["link"], { signal: aborted })).toThrow(reason);

  const now = new AbortController();
  const [waiting, mirroring] = [
    host.waitFor("tap0", "up", { signal: now.signal }),
    host.mirror({ signal: now.signal }),
  ];
  const watch = host.watch(["link"], { signal: now.signal });
  const event = watch.next();
  now.abort(reason);
  for (const each of [waiting, mirroring, event]) await expect(each).rejects.toBe(reason);
  expect(await watch.next()).toEqual({ done: true, value: undefined });

  const later = new AbortController();
  const live = await host.mirror({ signal: later.signal });
  const another = host.watch(["link"], { signal: later.signal });
  await another.ready;
  const ended = new Promise((resolve) => live.once("ended", resolve));
  later.abort(reason);
  await ended;
  expect(live.ended).toBe(true);
  await expect(another.next()).rejects.toBe(reason);
});

test("closing a host ends what watches it, and waits for nothing", async () => {
  const host = await open();
  const watch = host.watch(["link"]);
  await watch.ready;
  const mirror = await host.mirror();
  const waiting = host.waitFor("never", "up");
  const refused = expect(waiting).rejects.toMatchObject({ code: "ECANCELED" });
  const event = watch.next();
  await host.close();
  await refused;
  expect(await event).toEqual({ done: true, value: undefined });
  expect(mirror.ended).toBe(true);
});

test("rates are of links that were there before, and counters of 64 bits are those of ports, too", async () => {
  await using host = await open();
  await host.addBridge("br0", { up: true });
  await host.addTap("tap0", { bridge: "br0" });
  const stop = new AbortController();
  const rounds: string[][] = [];
  const reading = (async () => {
    for await (const round of host.rates({ every: 20, signal: stop.signal })) {
      rounds.push(round.map(({ name }) => name));
      if (rounds.length === 1) {
        await host.remove("tap0");
        await host.addTap("tap0", { bridge: "br0" });
      }
      if (rounds.length === 4) stop.abort(new Error("enough"));
    }
  })();
  await expect(reading).rejects.toThrow("enough");
  expect(rounds[0]).toContain("tap0");
  expect(rounds[1]).not.toContain("tap0");
  expect(rounds[3]).toContain("tap0");
  const { index } = await host.link("tap0");
  const [counted] = await host.counters("tap0");
  expect(counted).toMatchObject({ index, link: { rxBytes: 0 }, port: { stp: { rxBpdu: 0 } } });
});

test("rates leave out a link that was recreated under its name and with its index, for its counters went back", async () => {
  await using host = await open();
  const tap = await host.openTap("tap0");
  await host.setLink("tap0", { up: true });
  writeSync(tap.descriptors[0]!.fd, Buffer.alloc(64));
  const { index, link: counted } = (await host.counters("tap0"))[0]!;
  expect(Number(counted.rxBytes)).toBeGreaterThan(0);
  const rounds: string[][] = [];
  for await (const round of host.rates({ every: 20 })) {
    rounds.push(round.map(({ name }) => name));
    for (const { perSecond } of round)
      expect(Object.values(perSecond).filter((rate) => rate < 0 || rate > 1e9)).toEqual([]);
    if (rounds.length === 1) {
      await tap.close();
      const attributes = { name: "tap0", linkInfo: { kind: "bridge" } };
      await host.request("RTM_NEWLINK", { flags: NLM_F_CREATE | NLM_F_EXCL, header: { index }, attributes });
    }
    if (rounds.length === 4) break;
  }
  expect(rounds[0]).toContain("tap0");
  expect(rounds[1]).not.toContain("tap0");
  expect(rounds[3]).toContain("tap0");
});

test("a history keeps the last events and this host's requests, and no more than it may", async () => {
  await using host = await open();
  await using history = await host.history({ groups: ["link"], most: 3 });
  await host.addTap("tap0");
  await expect(host.setLink("nowhere", { mtu: 1400 })).rejects.toThrow();
  await host.addBridge("br0");
  await host.remove("br0");
  const watch = await host.mirror();
  await watch.settled();
  const records = history.records();
  expect(records.length).toBeLessThanOrEqual(3);
  expect(records.some((each) => each.subject === "request" && each.name === "RTM_DELLINK")).toBe(true);
});

test("a history takes no more bytes than it may: what is older is forgotten", async () => {
  await using host = await open();
  await using history = await host.history({ groups: ["link"], bytes: 200_000 });
  await host.addTap("tap0");
  for (let round = 0; round < 20; round++)
    await Promise.all(Array.from({ length: 50 }, (_, i) => host.setLink("tap0", { mtu: 1000 + 50 * (round % 2) + i })));
  await (await host.mirror()).settled();
  const records = history.records();
  const last = records.filter((each) => each.subject === "link").at(-1);
  expect(last).toMatchObject({ after: { mtu: 1099 } });
  expect(records.length).toBeGreaterThan(20);
  expect(records.length).toBeLessThan(1000);
  expect(JSON.stringify(records.map((each) => ("after" in each ? each.after : each))).length).toBeLessThan(200_000);
  await expect(host.history({ bytes: 1 })).rejects.toThrow(/bytes/);
});

test("requests and events are told on channels of node:diagnostics_channel", async () => {
  await using host = await open();
  const told: unknown[] = [];
  const take = (report: unknown): void => void told.push(report);
  for (const name of ["linkwright:request", "linkwright:event"]) subscribe(name, take);
  try {
    await using mirror = await host.mirror();
    await host.addBridge("br0");
    await expect(host.setLink("nowhere", { mtu: 1400 })).rejects.toThrow();
    await mirror.settled();
  } finally {
    for (const name of ["linkwright:request", "linkwright:event"]) unsubscribe(name, take);
  }
  expect(told).toContainEqual({
    // The look at the link that comes before the change.
    name: "RTM_GETLINK",
    subject: "nowhere",
    milliseconds: expect.any(Number) as number,
    code: "ENODEV",
  });
  expect(told).toContainEqual(expect.objectContaining({ subject: "link", change: "created" }));
});
