import { describe, expect, test } from "vitest";
import { Host, type Link, type TunOptions } from "../../../src/index.js";

function device(link: Link): TunOptions {
  return link.linkInfo?.data as TunOptions;
}

async function opened(): Promise<Host> {
  return Host.open({ namespace: "new" });
}

describe("a TAP that is added", () => {
  test("is persistent, single-queue, nobody's, without headers, and not open", async () => {
    await using host = await opened();
    const tap = await host.addTap("tap0");
    expect(tap).toMatchObject({ name: "tap0", descriptors: [], vhost: [] });
    const link = await host.link("tap0");
    expect(link).toMatchObject({ index: tap.index, kind: "tun", up: false, mtu: 1500 });
    const { owner, group, ...rest } = device(link);
    expect([owner, group]).toEqual([undefined, undefined]);
    expect(rest).toMatchObject({ type: "tap", pi: false, vnetHdr: false, persist: true, multiQueue: false });
  });

  test("has the first byte fe in its MAC, and another MAC than the next", async () => {
    await using host = await opened();
    await host.addTap("tap0");
    await host.addTap("tap1");
    const [one, two] = await Promise.all([host.link("tap0"), host.link("tap1")]);
    expect(one.address).toMatch(/^fe:/);
    expect(two.address).toMatch(/^fe:/);
    expect(one.address).not.toBe(two.address);
  });

  test.each([0, 1000, 65_534])("belongs to owner and group %i, and 0 is not nobody", async (id) => {
    await using host = await opened();
    await host.addTap("owned", { owner: id });
    await host.addTap("grouped", { group: id });
    const owned = device(await host.link("owned"));
    expect([owned.owner, owned.group]).toEqual([id, undefined]);
    const grouped = device(await host.link("grouped"));
    expect([grouped.owner, grouped.group]).toEqual([undefined, id]);
  });

  test("has the MAC and the MTU that are given", async () => {
    await using host = await opened();
    await host.addTap("tap0", { address: "52:54:00:12:34:56", mtu: 9000 });
    expect(await host.link("tap0")).toMatchObject({ address: "52:54:00:12:34:56", mtu: 9000 });
  });

  test("takes the first free number for %d", async () => {
    await using host = await opened();
    const names = [];
    for (let i = 0; i < 3; i++) names.push((await host.addTap("vm%dnet")).name);
    expect(names).toEqual(["vm0net", "vm1net", "vm2net"]);
    await host.remove("vm1net");
    expect((await host.addTap("vm%dnet")).name).toBe("vm1net");
  });

  test("is multi-queue where several queues are asked for, and only there", async () => {
    await using host = await opened();
    await host.addTap("tap0", { queues: 4 });
    await host.addTap("tap1", { multiQueue: true });
    await host.addTap("tap2", { queues: 1 });
    const found = await Promise.all(["tap0", "tap1", "tap2"].map((name) => host.link(name)));
    expect(found.map((link) => device(link).multiQueue)).toEqual([true, true, false]);
  });

  test("is a TUN where that is asked for", async () => {
    await using host = await opened();
    await host.addTap("tun0", { mode: "tun", owner: 7 });
    const link = await host.link("tun0");
    expect(device(link)).toMatchObject({ type: "tun", owner: 7, persist: true });
    expect(link.type).toBe(65_534);
  });

  test("has the virtio header and packet information that are asked for", async () => {
    await using host = await opened();
    await host.addTap("tap0", { vnetHdr: true, packetInformation: true });
    expect(device(await host.link("tap0"))).toMatchObject({ vnetHdr: true, pi: true });
  });
});

describe("a TAP that is opened", () => {
  test("gives a descriptor and goes with it", async () => {
    await using host = await opened();
    const tap = await host.openTap();
    expect(tap.name).toBe("tap0");
    expect(tap.descriptors.length).toBe(1);
    expect(tap.descriptors[0]!.fd).toBeGreaterThan(2);
    expect(device(await host.link("tap0")).persist).toBe(false);
    await tap.close();
    expect(tap.descriptors[0]!.fd).toBe(-1);
    await expect(host.link("tap0")).rejects.toMatchObject({ code: "ENODEV" });
  });

  test("stays when it is persistent, until it is told otherwise", async () => {
    await using host = await opened();
    {
      await using _tap = await host.openTap("tap0", { persist: true });
    }
    expect(device(await host.link("tap0")).persist).toBe(true);
    {
      await using tap = await host.openTap("tap0");
      expect(device(await host.link("tap0")).persist).toBe(true);
      await tap.control({ persist: false });
    }
    await expect(host.link("tap0")).rejects.toMatchObject({ code: "ENODEV" });
  });

  test("keeps its MAC, owner and group when it is there already", async () => {
    await using host = await opened();
    await host.addTap("tap0", { owner: 1000, group: 1001 });
    const { address } = await host.link("tap0");
    await using _tap = await host.openTap("tap0");
    const link = await host.link("tap0");
    expect(link.address).toBe(address);
    expect(device(link)).toMatchObject({ owner: 1000, group: 1001 });
  });

  test.each([1, 2, 8])("gives %i descriptors for as many queues", async (queues) => {
    await using host = await opened();
    await using tap = await host.openTap("tap0", { queues });
    expect(new Set(tap.descriptors.map(({ fd }) => fd)).size).toBe(queues);
    const { multiQueue, numQueues = 1 } = device(await host.link("tap0"));
    expect([multiQueue, numQueues]).toEqual([queues > 1, queues]);
  });

  test("has 256 queues at most", async () => {
    await using host = await opened();
    await using tap = await host.openTap("tap0", { queues: 256 });
    expect(tap.descriptors.length).toBe(256);
    await expect(host.openTap("tap1", { queues: 257 })).rejects.toThrow("queues: 257 is not an integer from 1 to 256");
  });

  test("has its queues detached and attached", async () => {
    await using host = await opened();
    await using tap = await host.openTap("tap0", { queues: 3 });
    const queues = async (): Promise<unknown> => {
      const { numQueues, numDisabledQueues } = device(await host.link("tap0"));
      return [numQueues, numDisabledQueues];
    };
    await tap.setQueue(1, false);
    expect(await queues()).toEqual([2, 1]);
    await tap.setQueue(2, false);
    expect(await queues()).toEqual([1, 2]);
    await tap.setQueue(1, true);
    await tap.setQueue(2, true);
    expect(await queues()).toEqual([3, 0]);
  });

  test("says what it is", async () => {
    await using host = await opened();
    await using tap = await host.openTap("tap0", { vnetHdr: true, vnetHdrSize: 12, sndbuf: 123_456, queues: 2 });
    const status = await tap.status();
    expect(status).toMatchObject({ name: "tap0", sndbuf: 123_456, vnetHdrSize: 12 });
    expect(new Set(status.flags)).toEqual(new Set(["IFF_TAP", "IFF_NO_PI", "IFF_VNET_HDR", "IFF_MULTI_QUEUE"]));
    expect(status.features).toEqual(expect.arrayContaining(["IFF_TUN", "IFF_TAP", "IFF_NO_PI", "IFF_VNET_HDR"]));
  });

  test("takes every offload of the reader", async () => {
    await using host = await opened();
    await using tap = await host.openTap("tap0", { vnetHdr: true, offload: ["csum", "tso4", "tso6", "tsoEcn"] });
    await tap.control({ offload: ["csum"] });
    await tap.control({ offload: [] });
  });

  test("loses and gains its carrier", async () => {
    await using host = await opened();
    await using tap = await host.openTap("tap0", { carrier: false });
    await host.setLink("tap0", { up: true });
    expect((await host.link("tap0")).carrier).toBe(false);
    await tap.control({ carrier: true });
    expect((await host.link("tap0")).carrier).toBe(true);
    await tap.control({ carrier: false });
    expect((await host.link("tap0")).carrier).toBe(false);
  });

  test("comes up without a carrier where that is asked for", async () => {
    await using host = await opened();
    await using tap = await host.openTap("tap0", { noCarrier: true });
    await host.setLink("tap0", { up: true });
    expect((await host.link("tap0")).carrier).toBe(false);
    await tap.control({ carrier: true });
    expect((await host.link("tap0")).carrier).toBe(true);
  });

  test("uses NAPI and fragments where that is asked for", async () => {
    await using host = await opened();
    await using tap = await host.openTap("tap0", { napi: true, napiFrags: true });
    expect((await tap.status()).flags).toEqual(expect.arrayContaining(["IFF_NAPI", "IFF_NAPI_FRAGS"]));
  });

  test("changes its owner, group and persistence by control, and leaves what is not given", async () => {
    await using host = await opened();
    await using tap = await host.openTap("tap0", { owner: 5 });
    await tap.control({ group: 0 });
    await tap.control({});
    expect(device(await host.link("tap0"))).toMatchObject({ owner: 5, group: 0, persist: false });
  });

  test("is, as a TUN, of the type on the wire that is given", async () => {
    await using host = await opened();
    await using _tun = await host.openTap("tun0", { mode: "tun", linkType: 519 });
    expect((await host.link("tun0")).type).toBe(519);
  });

  test("must not exist yet where that is asked for", async () => {
    await using host = await opened();
    await using _first = await host.openTap("tap0", { exclusive: true, queues: 2 });
    await expect(host.openTap("tap0", { exclusive: true, queues: 2 })).rejects.toThrow(
      "tap0: the kernel refused ioctl(TUNSETIFF): file already exists (EEXIST); a tap named tap0 exists already",
    );
  });

  test("gets a MAC of its own when it is new, and the one that is given", async () => {
    await using host = await opened();
    await using _one = await host.openTap("tap0");
    await using _two = await host.openTap("tap1", { address: "52:54:00:00:00:01" });
    expect((await host.link("tap0")).address).toMatch(/^fe:/);
    expect((await host.link("tap1")).address).toBe("52:54:00:00:00:01");
  });
});
