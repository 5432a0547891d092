import { expect, test } from "vitest";
import { followPath, type Path } from "../../../src/diagnosis/index.js";
import { type Host, InputError } from "../../../src/index.js";
import { frame, type Scene, scene } from "../../../src/testing/index.js";
import { plain, terminal } from "../cli/terminal.js";

const MAC = "02:00:00:00:00:77";

/** A bridge with two guests, one of them heard, and an uplink; another link to another host. */
async function wired(): Promise<Scene<"here" | "beyond">> {
  const net = await scene({
    hosts: {
      here: {
        bridges: { br0: {} },
        taps: { guest1: { bridge: "br0" }, guest2: { bridge: "br0" } },
        ports: { uplink: "br0" },
        addresses: { br0: "192.0.2.1/24", wan: "198.51.100.2/24" },
      },
      beyond: {},
    },
    links: [
      ["here:uplink", "here:switch"],
      ["here:wan", "beyond:internet"],
    ],
  });
  await net.hosts.here.fdb.add("guest2", MAC, { state: "static" });
  return net;
}

function told({ hops, end }: Path): string[] {
  return [
    ...hops.map(({ link, does }) => `${link} ${does}`),
    ...(end === undefined ? [] : [`!! ${end.link}: ${end.why}`]),
  ];
}

test("a frame goes from a guest through its bridge to a guest that was heard, by name, MAC or address", async () => {
  await using net = await wired();
  const host = net.hosts.here;
  const way = ["guest1 takes it into br0", `br0 has ${MAC} behind guest2`, "guest2 gives it to its guest"];
  expect(told(await followPath(host, "guest1", MAC))).toEqual(way);
  await host.neighbours.add("br0", "192.0.2.7", { lladdr: MAC });
  expect(told(await followPath(host, "guest1", "192.0.2.7"))).toEqual(way);
  expect(told(await followPath(host, "guest1", "guest2"))).toEqual([
    way[0],
    "br0 has not heard guest2, and floods",
    way[2],
  ]);
});

test("a frame that is flooded ends where every way of the flood does", async () => {
  await using net = await wired();
  const host = net.hosts.here;
  await host.remove("guest2");
  const path = await followPath(host, "guest1", "192.0.2.77");
  expect(told(path)).toEqual([
    "guest1 takes it into br0",
    "br0 has not heard 192.0.2.77, and floods",
    "uplink hands it to its other end, switch",
    "!! switch: switch is this host's own, and 192.0.2.77 is not behind it",
  ]);
  expect(path.arrives).toBe(false);
});

test("a frame for this host is taken in, and one from it goes by its route", async () => {
  await using net = await wired();
  const host = net.hosts.here;
  expect(told(await followPath(host, "guest1", "192.0.2.1"))).toEqual([
    "guest1 takes it into br0",
    "br0 takes it in: 192.0.2.1 is this host",
  ]);
  await host.neighbours.add("br0", "192.0.2.7", { lladdr: MAC });
  expect(told(await followPath(host, "br0", "192.0.2.7"))).toEqual([
    "br0 is the way to 192.0.2.7 (route 192.0.2.0/24)",
    `br0 has ${MAC} behind guest2`,
    "guest2 gives it to its guest",
  ]);
});

test("a packet that is to be routed ends where the host does not forward, and goes on where it does", async () => {
  await using net = await wired();
  const host = net.hosts.here;
  await host.routes.add("default", { gateway: "198.51.100.1" });
  const ends = await followPath(host, "guest1", "203.0.113.9");
  expect(ends.arrives).toBe(false);
  expect(ends.end).toMatchObject({ link: "br0", why: "this host does not forward: net.ipv4.conf.br0.forwarding is 0" });
  await host.setSysctl("net.ipv4.ip_forward", "1");
  const goes = await followPath(host, "guest1", "203.0.113.9");
  expect(told(goes)).toEqual([
    "guest1 takes it into br0",
    "br0 takes it in, to route it to 203.0.113.9",
    "wan is the way to 203.0.113.9, via 198.51.100.1 (route default)",
    "wan hands it to another namespace",
  ]);
  expect(goes).toMatchObject({
    arrives: true,
    doubts: [expect.stringMatching(/^198\.51\.100\.1 has not been asked for on wan yet/)],
  });
});

/** What is broken, and where the frame ends then. */
const FAULTS: readonly (readonly [name: string, break_: (host: Host) => Promise<unknown>, end: string])[] = [
  ["the bridge is down", (host) => host.setLink("br0", { up: false }), "!! br0: br0 is down"],
  ["the guest's port is down", (host) => host.setLink("guest2", { up: false }), "!! guest2: guest2 is down"],
  ["the sender's port is down", (host) => host.setLink("guest1", { up: false }), "!! guest1: guest1 is down"],
  [
    "both ports are isolated",
    async (host) => {
      await host.attach("guest1", "br0", { isolated: true });
      await host.attach("guest2", "br0", { isolated: true });
    },
    "!! guest2: guest1 and guest2 are both isolated",
  ],
  [
    "the port is not flooded to",
    async (host) => {
      await host.fdb.remove("guest2", MAC);
      await host.attach("guest2", "br0", { unicastFlood: false });
    },
    "!! guest2: guest2 is not flooded to",
  ],
  [
    "the spanning tree holds the port",
    async (host) => {
      await host.setBridge("br0", { stpState: "kernel", forwardDelay: 15_000 });
      await host.detach("guest2");
      await host.attach("guest2", "br0");
    },
    "!! guest2: guest2 is listening in br0's spanning tree",
  ],
];

test.for(FAULTS)("a frame ends where %s", async ([, fault, end]) => {
  await using net = await wired();
  const host = net.hosts.here;
  await fault(host);
  const path = await followPath(host, "guest1", "guest2");
  expect(path.arrives).toBe(false);
  expect(told(path).at(-1)).toBe(end);
});

test("a TAP that nobody holds has no carrier", async () => {
  await using net = await wired();
  const host = net.hosts.here;
  await host.addTap("left", { bridge: "br0" });
  expect((await followPath(host, "guest1", "left")).end).toMatchObject({
    link: "left",
    why: "left has no carrier",
    remedy: "Nobody has the TAP open: start the guest.",
  });
});

test("what a bridge has heard is where the frame goes, and it does not go back where it came from", async () => {
  await using net = await wired();
  const host = net.hosts.here;
  await net.tap("here:guest1").send(frame({ from: "02:00:00:00:00:55" }));
  expect(told(await followPath(host, "guest2", "02:00:00:00:00:55")).at(-1)).toBe("guest1 gives it to its guest");
  expect((await followPath(host, "guest1", "02:00:00:00:00:55")).end!.why).toBe(
    "02:00:00:00:00:55 is behind guest1, where the frame came from, and guest1 sends nothing back",
  );
});

test("an end that is not known here is refused, by its word", async () => {
  await using net = await wired();
  const host = net.hosts.here;
  await expect(followPath(host, "guest1", "nobody")).rejects.toThrow(
    new InputError('"nobody" is no link, MAC or IP address'),
  );
  await expect(followPath(host, "guest1", "02:00:00:00:00:99")).rejects.toThrow("no bridge has heard it");
  await expect(followPath(host, "192.0.2.99", "guest1")).rejects.toThrow(
    "which link 192.0.2.99 is behind is not known",
  );
  await expect(followPath(host, "guest1", "guest2", { vlan: 4095 })).rejects.toThrow("4095 is no VLAN from 0 to 4094");
});

test("linkwright doctor path prints the way, and ends with 1 where the frame does", async () => {
  await using net = await wired();
  await using console = await terminal(net.hosts.here);
  expect(await console.type("doctor path guest1 guest2")).toEqual({
    status: 0,
    stdout:
      "   guest1  takes it into br0\n   br0     has not heard guest2, and floods\n   guest2  gives it to its guest\n",
    stderr: "",
  });
  await console.host.setLink("br0", { up: false });
  expect(await console.type("doctor path guest1 guest2")).toEqual({
    status: 1,
    stdout: "!! br0  br0 is down\n   → linkwright up br0\n",
    stderr: "",
  });
  expect((await plain("help", "doctor")).stdout).toContain("linkwright doctor path FROM TO");
});

test("what this host reaches by the same bridge it does not route: a neighbour that nobody heard is flooded to", async () => {
  await using net = await wired();
  const host = net.hosts.here;
  const path = await followPath(host, "guest1", "192.0.2.77");
  expect(told(path).slice(0, 2)).toEqual(["guest1 takes it into br0", "br0 has not heard 192.0.2.77, and floods"]);
  expect(told(path)).toContain("guest2 gives it to its guest");
  expect(path).toMatchObject({
    arrives: true,
    doubts: ["192.0.2.77 has not been heard: whether it is behind one of these is not known"],
  });
});

test("a guest's own router, where it is this host's, too, is where what is beyond goes", async () => {
  await using net = await wired();
  const host = net.hosts.here;
  await host.routes.add("default", { gateway: "192.0.2.254", link: "br0" });
  await host.neighbours.add("br0", "192.0.2.254", { lladdr: MAC });
  const path = await followPath(host, "guest1", "8.8.8.8");
  expect(told(path)).toEqual([
    "guest1 takes it into br0",
    `br0 has ${MAC} behind guest2`,
    "guest2 gives it to its guest",
  ]);
  expect(path.doubts).toEqual([
    "192.0.2.254 is this host's router to 8.8.8.8: whether it is the sender's, too, is not known",
  ]);
});

test("this host's own addresses are known however they are spelled, and a group's are refused", async () => {
  await using net = await wired();
  const host = net.hosts.here;
  await host.addAddress("br0", "2001:db8::1/64", { flags: ["nodad"] });
  for (const [word, last] of [
    ["2001:0DB8:0:0::1", "br0 takes it in: 2001:0DB8:0:0::1 is this host"],
    ["::ffff:192.0.2.1", "br0 takes it in: ::ffff:192.0.2.1 is this host"],
  ] as const)
    expect(told(await followPath(host, "guest1", word)).at(-1)).toBe(last);
  const local = (await host.addresses({ link: "br0" })).find(({ address }) => address.startsWith("fe80"));
  if (local !== undefined) {
    const word = `${local.address.split("/")[0]!.toUpperCase()}%br0`;
    expect(told(await followPath(host, "guest1", word)).at(-1)).toBe(`br0 takes it in: ${word} is this host`);
  }
  for (const group of ["ff02::1", "224.0.0.251", "255.255.255.255"])
    await expect(followPath(host, "guest1", group)).rejects.toThrow(`${group} is a group's`);
});

test("a pair whose ends are both here: a frame ends there unless it is for this host, and does not go round", async () => {
  await using net = await wired();
  const host = net.hosts.here;
  await host.addVeth("ring0", { up: true, peer: { name: "ring1", up: true } });
  await host.addAddress("ring0", "203.0.113.1/24");
  await host.setSysctl("net.ipv4.ip_forward", "1");
  const path = await followPath(host, "guest1", "203.0.113.9");
  expect(told(path).slice(-2)).toEqual([
    "ring0 hands it to its other end, ring1",
    "!! ring1: ring1 is this host's own, and 203.0.113.9 is not behind it",
  ]);
  expect(path.doubts).toHaveLength(1);
  await host.attach("ring0", "br0");
  await host.waitFor("ring0", "forwarding");
  expect(told(await followPath(host, "guest1", "ring1")).slice(-2)).toEqual([
    "ring0 hands it to its other end, ring1",
    "ring1 gets it",
  ]);
});

test("a packet is routed by the rules for the link that it comes in by, and for its sender where he is known", async () => {
  await using net = await wired();
  const host = net.hosts.here;
  await host.setSysctl("net.ipv4.ip_forward", "1");
  await host.routes.add("default", { gateway: "198.51.100.1", table: 201 });
  await host.rules.add({ iif: "br0", table: 201, priority: 201 });
  const way = "wan is the way to 8.8.8.8, via 198.51.100.1 (route default)";
  const path = await followPath(host, "guest1", "8.8.8.8");
  expect(told(path)[2]).toBe(way);
  expect(path.doubts[0]).toBe(
    "there are rules of routing, which may ask for the sender's address: that is not known here",
  );
  expect((await followPath(host, "br0", "8.8.8.8")).end!.why).toBe("there is no route to 8.8.8.8 (ENETUNREACH)");
  await host.rules.remove({ iif: "br0", table: 201, priority: 201 });
  await host.rules.add({ from: "192.0.2.7/32", table: 201, priority: 201 });
  await host.neighbours.add("br0", "192.0.2.7", { lladdr: MAC });
  const known = await followPath(host, MAC, "8.8.8.8");
  expect(told(known)[2]).toBe(way);
  expect(known.doubts.join()).not.toContain("rules of routing");
  expect((await followPath(host, "guest1", "8.8.8.8")).end!.why).toContain("there is no route to 8.8.8.8");
});

test("a packet ends where it comes in, if the way back to its sender goes elsewhere and rp_filter is strict", async () => {
  await using net = await wired();
  const host = net.hosts.here;
  await host.setSysctl("net.ipv4.ip_forward", "1");
  await host.routes.add("default", { gateway: "198.51.100.1" });
  await host.routes.add("192.0.2.7/32", { link: "wan", scope: "link" });
  await host.neighbours.add("br0", "192.0.2.7", { lladdr: MAC });
  const why = "br0 does not take in what 192.0.2.7 sends: the way back goes by another link, and rp_filter is strict";
  for (const [mode, end] of [
    [2, undefined],
    [1, why],
  ] as const) {
    await host.setSysctl("net.ipv4.conf.br0.rp_filter", mode);
    for (const goal of ["8.8.8.8", "192.0.2.1"]) expect((await followPath(host, MAC, goal)).end?.why).toBe(end);
  }
});
