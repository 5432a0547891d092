import { expect, test } from "vitest";
import { secondDhcpServer, secondRouter } from "../../../src/diagnosis/checks/addresses.js";
import type { Found } from "../../../src/diagnosis/check.js";
import type { Heard, Speaker } from "../../../src/diagnosis/listening.js";
import type { Observation } from "../../../src/diagnosis/observation.js";

const bridge = { index: 1, name: "br0", address: "02:00:00:00:00:01" };
const card = { index: 2, name: "eno1", master: 1, address: "02:00:00:00:00:02" };
const tap = { index: 3, name: "vnet0", master: 1, address: "02:00:00:00:00:03", linkInfo: { kind: "tun" } };

const beyondCard = { address: "10.0.0.2", mac: "02:aa:00:00:00:01" };
const alsoBeyondCard = { address: "10.0.0.3", mac: "02:aa:00:00:00:02" };
const guest = { address: "10.0.0.4", mac: "02:bb:00:00:00:01" };
const thisHost = { address: "10.0.0.1", mac: bridge.address };

/** A bridge with a card and a guest's TAP, and what was heard there. */
function hearing(heard: Partial<Heard>, others: object = {}): Observation {
  const fdb = [beyondCard, alsoBeyondCard, guest].map(({ mac }) => ({
    address: mac,
    index: mac === guest.mac ? tap.index : card.index,
    master: bridge.index,
  }));
  return {
    links: [bridge, card, tap],
    bridges: () => [bridge],
    nameOf: (index: number) => [bridge, card, tap].find((link) => link.index === index)!.name,
    heard: new Map([[bridge.index, { servers: [], routers: [], serves: false, claims: [], echoes: false, ...heard }]]),
    host: { fdb: { list: () => Promise.resolve(fdb) } },
    setting: () => Promise.resolve("0"),
    addressesOf: () => [],
    routes: [],
    ...others,
  } as unknown as Observation;
}

const told = (found: readonly Found[]): unknown[] => found.map(({ severity, evidence }) => [severity, evidence.length]);

test("two DHCP servers are a fault where one is a guest, and a note where both are beyond the card", async () => {
  const cases: readonly (readonly [Speaker[], serves: boolean, unknown[]])[] = [
    [[beyondCard], false, []],
    [[beyondCard, alsoBeyondCard], false, [["note", 2]]],
    [[beyondCard, guest], false, [[undefined, 2]]],
    [[beyondCard], true, [["note", 2]]],
    [[guest], true, [[undefined, 2]]],
    [[], true, []],
    // This host's own answer, which came back, is no other's.
    [[thisHost, beyondCard], false, []],
  ];
  for (const [servers, serves, expected] of cases)
    expect(told(await secondDhcpServer.find(hearing({ servers, serves }))), JSON.stringify(servers)).toEqual(expected);
});

test("a host that forwards IPv6 is a bridge's router where it has a lasting address there and its way out elsewhere", async () => {
  const lasting = { family: "inet6", scope: "global", flags: ["permanent"], address: "2001:db8::1/64" };
  const router = { setting: () => Promise.resolve("1"), addressesOf: () => [lasting] };
  const find = async (others: object): Promise<unknown[]> =>
    told(await secondRouter.find(hearing({ routers: [guest] }, others)));
  expect(await find(router)).toEqual([[undefined, 2]]);
  expect(await find({})).toEqual([]);
  expect(await find({ ...router, addressesOf: () => [{ ...lasting, flags: ["managetempaddr"] }] })).toEqual([]);
  const way = { family: "inet6", destination: "default", link: bridge.index };
  expect(await find({ ...router, routes: [way] })).toEqual([]);
});
