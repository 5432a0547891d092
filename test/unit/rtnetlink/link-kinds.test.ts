import { expect, test } from "vitest";
import type { Message } from "../../../src/netlink/message.js";
import {
  isPortOf,
  type Link,
  linkFrom,
  type LinkHeader,
  linkOf,
  type LinkValues,
} from "../../../src/rtnetlink/link/link.js";
import { kernelKind } from "../../../src/rtnetlink/link/link-kind.js";

const header: LinkHeader = { family: 0, type: 1, index: 7, flags: [], change: [] };

/** The link of a message with these attributes. */
function reported(attributes: LinkValues): Link {
  const message: Partial<Message<LinkHeader, LinkValues>> = {
    header,
    attributes: { ...(linkFrom(header) as object), name: "x0", ...attributes },
  };
  return linkOf(message as Message<LinkHeader, LinkValues>);
}

test('a link\'s kind is one that is known here, "other", whose word is in linkInfo, or none', () => {
  expect(reported({ linkInfo: { kind: "bridge", data: { ageingTime: 5 } } }).kind).toBe("bridge");
  expect(reported({ linkInfo: { kind: "wireguard" } })).toMatchObject({
    kind: "other",
    linkInfo: { kind: "wireguard" },
  });
  expect(reported({ linkInfo: { slaveKind: "bridge" } }).kind).toBeUndefined();
  expect(reported({})).toEqual({ index: 7, type: 1, flags: [], up: false, name: "x0", kind: undefined });
});

test("a port is told by its master's kind, when it has options", () => {
  const port = reported({ master: 3, linkInfo: { slaveKind: "bridge", slaveData: { isolated: true } } });
  expect(isPortOf(port, "bridge") && port.linkInfo.slaveData.isolated).toBe(true);
  expect(isPortOf(port, "bond")).toBe(false);
  expect(isPortOf(reported({}), "bridge")).toBe(false);
});

test("the kernel's word for a kind is one that is known here, or one that is said to be another's", () => {
  expect(kernelKind("vlan")).toBe("vlan");
  expect(kernelKind({ other: "wireguard" })).toBe("wireguard");
  expect(() => kernelKind("bridg" as "bridge")).toThrow(
    'kind: "bridg" is no kind of link that is known here; did you mean "bridge"?',
  );
  expect(() => kernelKind("wireguard" as "bridge")).toThrow('is given as { other: "wireguard" }');
  expect(() => kernelKind({ other: "" })).toThrow('kind.other: "" is no word for a kind');
  expect(() => kernelKind({ other: "x", name: "y" } as never)).toThrow("name: no such option");
});
