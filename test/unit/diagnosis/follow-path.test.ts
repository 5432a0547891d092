import { expect, test } from "vitest";
import type { Surroundings } from "../../../src/diagnosis/path/endpoint.js";
import { wayOf } from "../../../src/diagnosis/path/follow-path.js";
import type { Link } from "../../../src/rtnetlink/link/link.js";

test("a frame ends at a port of Open vSwitch, from a wire and from this host, with words that say so", async () => {
  const linkInfo = { kind: "openvswitch" };
  const port = { index: 1, name: "eth0", up: true, operstate: "up", master: 2 } as Link;
  const datapath = { index: 2, name: "ovs-system", up: false, operstate: "down", linkInfo } as unknown as Link;
  const internal = { index: 3, name: "ovs0", up: true, operstate: "unknown", linkInfo } as unknown as Link;
  const around = { links: [port, datapath, internal], fdb: [], neighbours: [] } as unknown as Surroundings;
  const goal = { word: "02:00:00:00:00:01", mac: "02:00:00:00:00:01" };
  const starts = [
    { word: "eth0", link: port },
    { word: "ovs0", link: internal, isHost: true },
  ] as const;
  for (const start of starts)
    expect(await wayOf(around, start, goal, 0)).toMatchObject({
      arrives: false,
      hops: [],
      end: { link: start.word, why: `${start.word} is a port of Open vSwitch, whose flows are not followed` },
    });
});
