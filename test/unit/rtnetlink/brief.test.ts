import { describe, expect, test } from "vitest";
import type { Entries } from "../../../src/netlink/codecs/attributes.js";
import { type MessageContent, type MessageType, NLM_F_ACK, NLM_F_DUMP } from "../../../src/netlink/message.js";
import { RTM_GETADDR, RTM_NEWADDR } from "../../../src/rtnetlink/address/address.js";
import { isBrief } from "../../../src/rtnetlink/brief-requests.js";
import { RTM_GETLINK, RTM_NEWLINK } from "../../../src/rtnetlink/link/link.js";
import { RTM_GETNEIGH } from "../../../src/rtnetlink/neighbour/neighbour.js";

const up = ["up"] as const;

/** Requests, and whether the kernel answers them at once. */
const requests: readonly [what: string, brief: boolean, type: unknown, content: object, flag: number][] = [
  ["one link", true, RTM_GETLINK, { attributes: { name: "br0" } }, NLM_F_ACK],
  [
    "one link with its virtual functions",
    false,
    RTM_GETLINK,
    { attributes: { extMask: ["vf", "skipStats"] } },
    NLM_F_ACK,
  ],
  ["all links", false, RTM_GETLINK, {}, NLM_F_DUMP],
  ["all links, the flag being the request's own", false, RTM_GETLINK, { flags: NLM_F_DUMP }, 0],
  ["all addresses", false, RTM_GETADDR, { header: {} }, NLM_F_DUMP],
  ["the addresses of one link", true, RTM_GETADDR, { header: { index: 5 } }, NLM_F_DUMP],
  ["the FDB of one link", false, RTM_GETNEIGH, { header: { index: 5 } }, NLM_F_DUMP],
  ["an address", true, RTM_NEWADDR, {}, NLM_F_ACK],
  ["a link that goes up", true, RTM_NEWLINK, { header: { index: 5, flags: up, change: up } }, NLM_F_ACK],
  ["a link that goes down", false, RTM_NEWLINK, { header: { index: 5, change: up } }, NLM_F_ACK],
  ["a port that leaves", false, RTM_NEWLINK, { header: { index: 5 }, attributes: { master: 0 } }, NLM_F_ACK],
];

describe("a request that the calling thread may execute", () => {
  test.for(requests)("%s: %s", ([, brief, type, content, flag]) => {
    expect(isBrief(type as MessageType, content as MessageContent<never, Entries>, flag)).toBe(brief);
  });
});
