import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect } from "vitest";
import {
  apply,
  type ApplyError,
  describePlan,
  type HostDeclaration,
  plan,
  readDeclaration,
  revert,
  writeDeclaration,
} from "../../../src/topology/index.js";
import { bridgeNamed, it, portNamed, scene } from "./scene.js";

const set = scene("Open vSwitch in declarations");
const journal = mkdtempSync(join(tmpdir(), "linkwright-declared-"));
afterAll(() => {
  rmSync(journal, { recursive: true });
});

const socket = (): string => join(set.real.folder, "db.sock");
const declared = (bridges: NonNullable<HostDeclaration["openvswitch"]>["bridges"], more: HostDeclaration = {}) => ({
  ...more,
  openvswitch: { socket: socket(), bridges },
});
const words = async (declaration: HostDeclaration): Promise<string> => describePlan(await plan(set.host, declaration));
const NETDEV = { datapathType: "netdev" } as const;

/** Everything of Open vSwitch but what differs from one making to the next. */
async function everything(): Promise<unknown> {
  return (await set.ovs.show()).map(({ ports, ...bridge }) => ({
    ...bridge,
    ports: ports.map(({ interfaces, spanningTree: _, ...port }) => ({
      ...port,
      interfaces: interfaces.map(({ name, type, options, externalIds }) => ({ name, type, options, externalIds })),
    })),
  }));
}

it("a bridge with its ports is made with the links that join it and the addresses of those that it makes, and then nothing is to do", async () => {
  const whole = declared(
    {
      br0: {
        ...NETDEV,
        failMode: "standalone",
        ports: {
          tap0: { tag: 10, externalIds: { "iface-id": "vm1" } },
          tap1: { trunks: [10, 20], vlanMode: "trunk", isolated: true },
          in0: { type: "internal", tag: 10 },
          p0: { type: "patch", peer: "p1" },
        },
      },
    },
    {
      links: {
        tap0: { kind: "tun", mode: "tap", up: true },
        tap1: { kind: "tun", mode: "tap", up: true },
        br0: { up: true, addresses: ["10.9.0.1/24"] },
        in0: { up: true },
      },
    },
  );
  const way = readDeclaration(writeDeclaration(await revert(set.host, whole)));
  await apply(set.host, whole, { journal });
  expect(await portNamed(set, "br0", "tap0")).toMatchObject({
    tag: 10,
    interfaces: [{ error: undefined, externalIds: { "iface-id": "vm1" } }],
  });
  expect(await portNamed(set, "br0", "tap1")).toMatchObject({ trunks: [10, 20], vlanMode: "trunk", isolated: true });
  expect(await portNamed(set, "br0", "in0")).toMatchObject({ interfaces: [{ type: "internal" }] });
  expect((await set.host.addresses({ link: "br0" })).map(({ address }) => address)).toContain("10.9.0.1/24");
  expect(await words(whole)).toBe("nothing to do\n");
  await apply(set.host, way, { journal });
  expect(await set.ovs.show()).toEqual([]);
  expect((await set.host.links()).map(({ name }) => name)).not.toContain("tap0");
});

it("what is otherwise is changed, what is not named stays, and the way back leads to what was", async () => {
  await set.ovs.addBridge("br0", { ...NETDEV, rstp: true });
  await set.ovs.addPort("br0", "in0", { type: "internal", tag: 7, trunks: [7, 8], vlanMode: "native-tagged" });
  await set.ovs.addPort("br0", "in1", { type: "internal", externalIds: { mine: "1" } });
  await set.ovs.addPort("br0", "p0", { type: "patch", peer: "px" });
  const before = await everything();
  const wanted = declared({
    br0: {
      rstp: false,
      controllers: ["tcp:127.0.0.1:1"],
      ports: { in0: { tag: 9, trunks: [], vlanMode: null }, in1: { absent: true }, p0: { type: "patch", peer: "py" } },
    },
    br1: { ...NETDEV, ports: { in2: { type: "internal" } } },
  });
  expect(await words(wanted)).toBe(
    [
      '~ switch br0: controllers [] → ["tcp:127.0.0.1:1"], rstp true → false',
      "+ switch br1: there is no such bridge",
      "+ switchPort in2 of br1: there is no such port",
      "~ switchPort in0 of br0: tag 7 → 9, trunks [7,8] → [], vlanMode native-tagged → nothing",
      "~ switchPort p0 of br0: peer px → py",
      "- switchPort in1 of br0: it is not to be there",
      "",
    ].join("\n"),
  );
  const way = await revert(set.host, wanted);
  await apply(set.host, wanted, { journal });
  expect(await portNamed(set, "br0", "in0")).toMatchObject({ tag: 9, trunks: [], vlanMode: undefined });
  expect((await bridgeNamed(set, "br0")).ports.map(({ name }) => name)).toEqual(["br0", "in0", "p0"]);
  await apply(set.host, way, { journal });
  expect(await everything()).toEqual(before);
  await apply(set.host, declared({ br0: { only: true, ports: { in0: {} } } }), { journal });
  expect((await bridgeNamed(set, "br0")).ports.map(({ name }) => name)).toEqual(["br0", "in0"]);
});

it("a port that cannot be set up takes everything back, in Open vSwitch and in the kernel", async () => {
  await set.ovs.addBridge("br0", NETDEV);
  const before = [await everything(), (await set.host.links()).map(({ name }) => name).sort()];
  const wanted = declared(
    { br0: { rstp: true, ports: { tap7: { tag: 1 }, nosuch: {} } }, br2: NETDEV },
    { links: { tap7: { kind: "tun", mode: "tap" } } },
  );
  const error = await apply(set.host, wanted, { journal }).then(
    () => expect.unreachable("it was applied"),
    (reason: ApplyError) => reason,
  );
  expect(error.message).toContain("could not open network device nosuch (No such device)");
  expect(error.standing).toEqual([]);
  expect([await everything(), (await set.host.links()).map(({ name }) => name).sort()]).toEqual(before);
});

it("what cannot be meant is refused with its place before anything is done", async () => {
  await set.ovs.addBridge("br0", NETDEV);
  const refusals: [HostDeclaration, string][] = [
    [declared({ br0: { datapathType: "system" } }), "openvswitch.bridges.br0.datapathType: it switches in netdev"],
    [declared({ br0: { ports: { a: { type: "patch" } } } }), "openvswitch.bridges.br0.ports.a.peer: a patch needs"],
    [
      declared({ br0: { ports: { a: {} } }, br1: { ports: { a: {} } } }),
      "openvswitch.bridges.br1.ports.a: it is a port of br0",
    ],
    [
      declared({ br0: { absent: true, rstp: true } }),
      "openvswitch.bridges.br0.absent: what is absent has nothing else",
    ],
    [declared({ br0: { ports: { a: { tag: 5000 } } } }), "openvswitch.bridges.br0.ports.a.tag"],
  ];
  for (const [declaration, problem] of refusals) await expect(plan(set.host, declaration)).rejects.toThrow(problem);
  const waiting = apply(set.host, declared({ br0: { rstp: true } }), { journal, confirm: 5000 });
  await expect(waiting).rejects.toThrow("confirm: the watchdog does not take Open vSwitch back: apply that by itself");
});
