import { expect, test } from "vitest";
import { serveDhcp } from "../../../src/dhcp/index.js";
import { keptLeases } from "../../../src/serve/kept-leases.js";
import { place, plug } from "../scene/guests.js";
import { folder } from "./programs.js";

const RANGE = { ranges: [{ first: "10.77.0.10", last: "10.77.0.200" }], probeAhead: 0 };

test("a lease that no server gives is asked for once, ends with its caller or when it is ended, and is kept by nobody", async () => {
  using files = folder();
  await using here = await place();
  await here.host.addVeth("eth0", { peer: { name: "far0", up: true }, up: true });
  const leases = keptLeases(here.host, files.path, () => undefined);
  const [caller, other] = [new AbortController(), new AbortController()];
  const first = leases.keep({ link: "eth0" }, caller.signal);
  await expect(leases.keep({ link: "eth0" }, other.signal)).rejects.toThrow("a lease of eth0 is asked for already");
  expect([leases.size, leases.list()]).toEqual([1, []]);
  caller.abort(new Error("it has hung up"));
  await expect(first).rejects.toThrow("it has hung up");
  expect(leases.size).toBe(0);
  await expect(leases.end("eth0", "release")).rejects.toThrow("no lease of eth0 is kept");
  const second = leases.keep({ link: "eth0" }, other.signal);
  second.catch(() => undefined);
  await leases.end("eth0", "release");
  await expect(second).rejects.toThrow("the lease of eth0 is asked for no more");
  expect([leases.size, leases.list()]).toEqual([0, []]);
  await leases.close();
});

test("what is kept is what is on the link: gone on with, it is told when a server has confirmed it, to who asks for it too", async () => {
  using files = folder();
  await using here = await place();
  await here.host.addBridge("br0", { up: true });
  await here.host.addAddress("br0", "10.77.0.1/24");
  await using guest = await place();
  await plug(here.host, "port0", "br0", guest);
  const server = await serveDhcp(here.host, "br0", RANGE);
  const calling = new AbortController();
  const before = keptLeases(guest.host, files.path, () => undefined);
  const { address } = await before.keep({ link: "eth0" }, calling.signal);
  expect(before.list()).toMatchObject([{ link: "eth0", lease: { address } }]);
  await expect(before.keep({ link: "eth0" }, calling.signal)).rejects.toThrow("the lease of eth0 is kept already");
  await before.close();
  await server.close();
  const after = keptLeases(guest.host, files.path, () => undefined);
  await after.resume();
  expect([after.size, after.list()]).toEqual([1, []]);
  const asked = after.keep({ link: "eth0" }, calling.signal);
  await using _again = await serveDhcp(here.host, "br0", {
    ...RANGE,
    ranges: [{ first: address, last: address }],
  });
  expect((await asked).address).toBe(address);
  expect(after.list()).toMatchObject([{ link: "eth0", lease: { address } }]);
  await after.end("eth0", "release");
  expect([after.list(), await guest.host.addresses({ link: "eth0", family: "inet" })]).toEqual([[], []]);
  await after.close();
});
