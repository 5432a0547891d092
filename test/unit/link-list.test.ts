import { expect, test } from "vitest";
import { NLM_F_MULTI } from "../../src/netlink/message.js";
import { RTM_NEWLINK } from "../../src/rtnetlink/link/link.js";
import { listLinks } from "../../src/rtnetlink/link/link-requests.js";
import { connected, done, link, reply } from "./fake-kernel.js";

test("a link that is split over two messages is one, with what each of them says, whatever is asked for", async () => {
  const { connection } = connected(([sent]) => ({
    pieces: [
      reply(sent!, RTM_NEWLINK, {
        flags: NLM_F_MULTI,
        header: { index: 2 },
        attributes: {
          name: "br0",
          linkInfo: { kind: "bridge" },
          unknown: [{ number: 999, bytes: new Uint8Array([1, 0, 0, 0]) }],
        },
      }),
      reply(sent!, RTM_NEWLINK, {
        flags: NLM_F_MULTI,
        header: { index: 2 },
        attributes: { mtu: 1400, master: 7, unknown: [{ number: 998, bytes: new Uint8Array([2, 0, 0, 0]) }] },
      }),
      link(sent!, 3, "tap0", NLM_F_MULTI),
      done(sent!),
    ],
  }));
  const bridge = { index: 2, name: "br0", kind: "bridge", mtu: 1400, master: 7 };
  const all = await listLinks(connection);
  expect(all).toMatchObject([bridge, { index: 3, name: "tap0" }]);
  expect(all[0]!.unknown?.map(({ number }) => number)).toEqual([999, 998]);
  expect(await listLinks(connection, { kind: "bridge" })).toMatchObject([bridge]);
  expect(await listLinks(connection, { master: 7 })).toMatchObject([bridge]);
});
