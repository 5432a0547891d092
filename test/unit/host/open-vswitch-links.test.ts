import { expect, test } from "vitest";
import { attachPort } from "../../../src/host/ports/attach.js";
import { cacheBridges } from "../../../src/host/ports/bridge-cache.js";
import { detachPort } from "../../../src/host/ports/port.js";
import type { LinkValues } from "../../../src/rtnetlink/link/link.js";
import { RTM_NEWLINK } from "../../../src/rtnetlink/link/link.js";
import { acknowledge, connected, each, failure, reply } from "../netlink/fake-kernel.js";

/** A kernel in which every link is one of Open vSwitch's. */
const kernelWith = (attributes: LinkValues): ReturnType<typeof connected> =>
  connected(
    each((sent) =>
      Buffer.concat([
        reply(sent, RTM_NEWLINK, { header: { index: 7 }, attributes: { name: "br0", mtu: 1500, ...attributes } }),
        acknowledge(sent),
      ]),
    ),
  );

test("a link of Open vSwitch is said to be one where a bridge is wanted, and which switch to give instead", async () => {
  const { connection, kernel } = kernelWith({ linkInfo: { kind: "openvswitch" } });
  const error = await failure(attachPort(connection, cacheBridges(connection), 5, "br0", {}));
  expect(error.message).toBe(
    "br0: it is a link of Open vSwitch (EINVAL); its bridges are switches of linkwright/openvswitch, by openvswitch().bridge(NAME)",
  );
  expect(new Set(kernel.names().flat())).toEqual(new Set(["RTM_GETLINK"]));
});

test("a port of Open vSwitch is not detached behind the switch's back", async () => {
  const { connection, kernel } = kernelWith({ master: 3, linkInfo: { slaveKind: "openvswitch" } });
  const error = await failure(detachPort(connection, 7));
  expect(error).toMatchObject({ code: "EOPNOTSUPP", subject: "br0" });
  expect(error.message).toContain("it is a port of Open vSwitch");
  expect(kernel.names().flat()).toEqual(["RTM_GETLINK"]);
});
