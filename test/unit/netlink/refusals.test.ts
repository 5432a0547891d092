import { describe, expect, test } from "vitest";
import { connect } from "../../../src/netlink/connection.js";
import { errnoNumber } from "../../../src/base/errno.js";
import { InputError } from "../../../src/base/errors.js";
import { NetlinkError } from "../../../src/kernel/error.js";
import { RTM_NEWADDR } from "../../../src/rtnetlink/address/address.js";
import { type LinkValues, RTM_NEWLINK } from "../../../src/rtnetlink/link/link.js";
import { messageTypes } from "../../../src/rtnetlink/messages.js";
import {
  acknowledge,
  acknowledgeWhole,
  type AcknowledgementContent,
  each,
  fakeKernel,
  NL_POLICY_TYPE_ATTR,
  offsetOf,
  type Sent,
} from "./fake-kernel.js";

/** What a request is rejected with when the kernel refuses it so. */
async function refused(
  content: (sent: Sent) => AcknowledgementContent,
  attributes: LinkValues = {},
  answer: (sent: Sent, content: AcknowledgementContent) => Buffer = acknowledge,
): Promise<NetlinkError> {
  const { socket } = fakeKernel(each((sent) => answer(sent, content(sent))));
  const error: unknown = await connect(socket, messageTypes)
    .request(RTM_NEWLINK, { attributes }, { subject: "br0" })
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(NetlinkError);
  return error as NetlinkError;
}

const bytes32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

const bridge: LinkValues = {
  name: "br0",
  mtu: 1501,
  linkInfo: { kind: "bridge", data: { forwardDelay: 20, priority: 7, mcastQuerierState: { ipPort: 5 } } },
};

describe("a refusal", () => {
  test("has the errno's name, the message, and what it is about", async () => {
    const error = await refused(() => ({ errno: 17 }));
    expect(error).toMatchObject({
      name: "NetlinkError",
      code: "EEXIST",
      errno: 17,
      syscall: "RTM_NEWLINK",
      subject: "br0",
    });
    expect(error.message).toBe("br0: the kernel refused RTM_NEWLINK: file already exists (EEXIST)");
    expect(error.request).toBe("RTM_NEWLINK br0");
  });

  test("has the kernel's own words", async () => {
    const error = await refused(() => ({ errno: 22, message: "Invalid MTU für br0" }));
    expect(error.kernelMessage).toBe("Invalid MTU für br0");
    expect(error.message).toBe("br0: the kernel refused RTM_NEWLINK: Invalid MTU für br0 (EINVAL)");
  });

  test("knows errno values that only the kernel has, and keeps those that nobody has", async () => {
    expect((await refused(() => ({ errno: 524 }))).message).toContain("operation not supported (ENOTSUPP)");
    expect(await refused(() => ({ errno: 3999 }))).toMatchObject({ code: "E3999", errno: 3999 });
  });

  test.for([
    ["mtu", 4, bytes32(1501)],
    ["linkInfo.kind", 1, Buffer.from("bridge\0")],
    ["linkInfo.data.forwardDelay", 1, bytes32(2)],
    ["linkInfo.data.priority", 6, Buffer.from([7, 0])],
    ["linkInfo.data.mcastQuerierState.ipPort", 2, bytes32(5)],
  ] as const)("points at %s, found from its offset", async ([path, number, payload]) => {
    const error = await refused((sent) => ({ errno: 34, offset: offsetOf(sent, number, payload) }), bridge);
    expect(error.attribute).toBe(path);
    const last = path.split(".").at(-1)!;
    expect(error.message).toContain(`refused ${last}${last === path ? "" : ` (${path})`} of RTM_NEWLINK: `);
  });

  test("points at an attribute inside a veth's peer, a list, and one that no table knows", async () => {
    const veth: LinkValues = { linkInfo: { kind: "veth", data: { peer: { name: "v1", mtu: 1502 } } } };
    const inPeer = await refused((sent) => ({ errno: 22, offset: offsetOf(sent, 4, bytes32(1502)) }), veth);
    expect(inPeer.attribute).toBe("linkInfo.data.peer.mtu");
    const names: LinkValues = { altnames: ["one", "two"] };
    const inList = await refused((sent) => ({ errno: 22, offset: offsetOf(sent, 53, Buffer.from("two\0")) }), names);
    expect(inList.attribute).toBe("altnames.1");
    const unknown: LinkValues = { unknown: [{ number: 200, bytes: bytes32(9) }] };
    const inUnknown = await refused((sent) => ({ errno: 22, offset: offsetOf(sent, 200, bytes32(9)) }), unknown);
    expect(inUnknown.attribute).toBe("#200");
  });

  test("finds the attribute in its own request when many leave together", async () => {
    const { socket } = fakeKernel(
      each((sent) => acknowledge(sent, { errno: 22, message: "no", offset: offsetOf(sent, 4, bytes32(1501)) })),
    );
    const connection = connect(socket, messageTypes);
    const requests = Array.from({ length: 20 }, (_, place) =>
      connection.request(RTM_NEWLINK, { attributes: { name: "x".repeat(place % 16), mtu: 1501 } }),
    );
    for (const outcome of await Promise.allSettled(requests))
      expect(outcome).toMatchObject({ status: "rejected", reason: { attribute: "mtu" } });
  });

  test("with an offset outside the request points at nothing", async () => {
    for (const offset of [0, 8, 16, 31, 5000, 0xffffffff])
      expect((await refused(() => ({ errno: 22, offset }), bridge)).attribute).toBeUndefined();
  });

  test("names the attribute that is missing", async () => {
    const error = await refused(() => ({ errno: 22, missing: 18 }));
    expect(error.kernelMessage).toBe("an attribute is missing: IFLA_LINKINFO");
    expect((await refused(() => ({ errno: 22, message: "no kind", missing: 300 }))).kernelMessage).toBe(
      "no kind: attribute 300",
    );
  });

  test.for([
    [
      "0 to 255",
      [
        ["MIN_VALUE_U", 0n],
        ["MAX_VALUE_U", 255n],
      ],
    ],
    [
      "-10 to 4294967296",
      [
        ["MIN_VALUE_S", -10n],
        ["MAX_VALUE_S", 4294967296n],
      ],
    ],
    [
      "at most 15 bytes",
      [
        ["TYPE", 10],
        ["MAX_LENGTH", 15],
      ],
    ],
    [undefined, [["MIN_VALUE_U", 0n]]],
    [undefined, [["TYPE", 3]]],
  ] as const)("says what is allowed: %s", async ([allowed, lines]) => {
    const policy = lines.map(([name, value]) => [NL_POLICY_TYPE_ATTR[name], value] as const);
    const error = await refused(() => ({ errno: 34, message: "integer out of range", policy }));
    expect(error.allowed).toBe(allowed);
    if (allowed !== undefined)
      expect(error.message.endsWith(`integer out of range (ERANGE); allowed: ${allowed}`)).toBe(true);
  });

  test("is read behind the whole request, too, when the kernel sends that back", async () => {
    const error = await refused(
      (sent) => ({ errno: 22, message: "no", offset: offsetOf(sent, 4, bytes32(1501)) }),
      bridge,
      acknowledgeWhole,
    );
    expect(error).toMatchObject({ kernelMessage: "no", attribute: "mtu" });
  });

  test("of an address points into the address", async () => {
    const { socket } = fakeKernel(
      each((sent) => acknowledge(sent, { errno: 22, offset: offsetOf(sent, 2, Buffer.from([10, 0, 0, 1])) })),
    );
    const request = connect(socket, messageTypes).request(RTM_NEWADDR, { attributes: { local: "10.0.0.1" } });
    await expect(request).rejects.toMatchObject({ attribute: "local", syscall: "RTM_NEWADDR" });
  });

  test("takes a hint, and keeps everything else", async () => {
    const error = await refused(() => ({ errno: 1, message: "no" }));
    const hinted = error.with({ hint: "run it as root" });
    expect(hinted).toMatchObject({ code: "EPERM", kernelMessage: "no", subject: "br0", hint: "run it as root" });
    expect(hinted.message).toBe(`${error.message}; run it as root`);
  });
});

test("errors of another copy of the package are recognised", () => {
  for (const [brand, type] of [
    ["linkwright.NetlinkError", NetlinkError],
    ["linkwright.InputError", InputError],
  ] as const) {
    const twin = Object.defineProperty(new Error("twin"), Symbol.for(brand), { value: true });
    expect(twin).toBeInstanceOf(type);
    expect(new Error("other")).not.toBeInstanceOf(type);
    expect(null as unknown).not.toBeInstanceOf(type);
  }
});

test("a refusal is transient where the same request may do later, with nothing else changed", () => {
  const isTransient = (code: string): boolean => {
    const error = new NetlinkError({ errno: errnoNumber(code), syscall: "RTM_NEWLINK" });
    expect(error.code).toBe(code);
    expect(error.with({ hint: "x" }).transient).toBe(error.transient);
    return error.transient;
  };
  const later = ["EAGAIN", "EINTR", "EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "ETIMEDOUT"];
  const never = ["EEXIST", "ENODEV", "EPERM", "EINVAL", "EOPNOTSUPP", "ECANCELED"];
  expect([...later, ...never].filter(isTransient)).toEqual(later);
});
