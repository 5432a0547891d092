import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { Host, InputError, type NamespaceReference, NetlinkError } from "../../../src/index.js";

test.each<[NamespaceReference, string, string]>([
  [
    "nonesuch",
    "ENOENT",
    "namespace nonesuch: the kernel refused open: no such file or directory (ENOENT); " +
      "/run/netns has no such name: ip netns add creates one",
  ],
  [
    "/nonexistent/netns",
    "ENOENT",
    "namespace /nonexistent/netns: the kernel refused open: no such file or directory (ENOENT)",
  ],
  [
    "/etc/hostname",
    "EINVAL",
    "namespace /etc/hostname: the kernel refused setns: invalid argument (EINVAL); the file is not a network namespace",
  ],
  [
    "/proc/self/ns/uts",
    "EINVAL",
    "namespace /proc/self/ns/uts: the kernel refused setns: invalid argument (EINVAL); " +
      "the file is not a network namespace",
  ],
])("the namespace %j cannot be opened (%s)", async (namespace, code, message) => {
  const opening = Host.open({ namespace });
  await expect(opening).rejects.toBeInstanceOf(NetlinkError);
  await expect(opening).rejects.toMatchObject({ code, message });
});

test("the namespace of a process that has ended is not there", async () => {
  const { pid } = spawnSync("true");
  await expect(Host.open({ namespace: { pid } })).rejects.toMatchObject({
    code: "ENOENT",
    message: `process ${pid}: the kernel refused open: no such file or directory (ENOENT); there is no such process`,
  });
});

test.each([
  ["", '"" names no network namespace'],
  ["..", '".." names no network namespace'],
  ["a\0b", '"a\\u0000b" names no network namespace'],
  ["a/b", '"a/b" is not an absolute path'],
  [{ pid: 0 }, "0 is not a process id"],
  [{ pid: 1.5 }, "1.5 is not a process id"],
  [{ name: "blue", pid: 1 }, "no such option"],
  [{ pid: 1, path: "/" }, "no such option"],
  [[], "an object is wanted, not []"],
] as const)("%j is no namespace", async (namespace, problem) => {
  const opening = Host.open({ namespace: namespace as string });
  await expect(opening).rejects.toBeInstanceOf(InputError);
  await expect(opening).rejects.toMatchObject({ problem });
});

test("a link cannot move to a namespace that is not there, nor to one that would be gone at once", async () => {
  await using host = await Host.open({ namespace: "new" });
  await host.addVeth("veth0", { peer: "veth1" });
  await expect(host.setLink("veth0", { namespace: "nonesuch" })).rejects.toThrow(
    "namespace nonesuch: the kernel refused open: no such file or directory (ENOENT); " +
      "/run/netns has no such name: ip netns add creates one",
  );
  await expect(host.setLink("veth0", { namespace: "new" })).rejects.toThrow(
    'namespace: "new" would be gone at once: open a Host for it and give that',
  );
  await expect(host.setLink("veth0", { namespace: "/etc/hostname" })).rejects.toMatchObject({ code: "EINVAL" });
  expect((await host.link("veth0")).kind).toBe("veth");
});

test("a closed host refuses everything in words", async () => {
  const host = await Host.open({ namespace: "new" });
  const tap = await host.openTap("tap0");
  await host.close();
  for (const request of [
    () => host.link("lo"),
    () => host.links(),
    () => host.addBridge("br0"),
    () => host.addTap("tap1"),
    () => host.openTap("tap1"),
    () => host.removeAll(["lo"]),
    () => host.attach("tap0", "br0"),
    () => host.addAddress("lo", "127.0.0.1/8"),
    () => host.sysctl("net.ipv4.ip_forward"),
    () => host.setSysctl("net.ipv4.ip_forward", 1),
    () => host.namespaceDescriptor(),
    () => host.connectSocket("/nonexistent"),
    () => host.request("RTM_GETLINK", { header: { index: 1 } }),
  ])
    await expect(request()).rejects.toMatchObject({
      name: "NetlinkError",
      code: "ECANCELED",
      message: expect.stringContaining("the host is closed") as string,
    });
  for (const call of [() => host.socketPair(), () => host.adoptDescriptor(0)])
    expect(call).toThrow(/the host is closed/);
  expect(tap.descriptors[0]!.fd).toBe(-1);
  await tap.close();
  await expect(tap.status()).rejects.toMatchObject({ name: "NetlinkError" });
});

test("settings that are not there, take another value, or are not of the network are refused in words", async () => {
  await using host = await Host.open({ namespace: "new" });
  await expect(host.sysctl("net.ipv4.nonesuch")).rejects.toThrow(
    "net.ipv4.nonesuch: the kernel refused open: no such file or directory (ENOENT); " +
      "there is no such setting in this namespace, or its module is not loaded",
  );
  await expect(host.setSysctl("net.ipv4.ip_forward", "perhaps")).rejects.toThrow(
    'net.ipv4.ip_forward: the kernel refused write: invalid argument (EINVAL); it does not take "perhaps"',
  );
  await expect(host.sysctl("net.ipv4.route.flush")).rejects.toThrow(
    /net\.ipv4\.route\.flush: the kernel refused open: permission denied \(EACCES\)/,
  );
  await expect(host.sysctl("net.ipv4.conf")).rejects.toMatchObject({ code: "EISDIR" });
});

test.each(["kernel.hostname", "net", "", "net..ipv4", "net/../kernel/hostname", "net.ipv4.a\0b", "/proc/sys/net"])(
  "%j is no setting of the network",
  async (name) => {
    await using host = await Host.open({ namespace: "new" });
    await expect(host.sysctl(name)).rejects.toBeInstanceOf(InputError);
    await expect(host.setSysctl(name, 1)).rejects.toBeInstanceOf(InputError);
  },
);

test("the stack of what is refused names the async function that asked, whatever it asked", async () => {
  await using host = await Host.open({ namespace: "new" });
  const asked: Record<string, () => Promise<unknown>> = {
    open: () => Host.open({ namespace: "no-such-namespace" }),
    link: () => host.link("none"),
    addLink: () => host.addLink("lo", "dummy"),
    openTap: () => host.openTap("lo"),
    setLink: () => host.setLink("none", { mtu: 1400 }),
    attach: () => host.attach("none", "lo"),
    attachInSteps: () => host.attach("none", "lo", { isolated: true }),
    detach: () => host.detach("none"),
    remove: () => host.remove("none"),
    removeAll: () => host.removeAll(["none"]),
    addAddress: () => host.addAddress("none", "10.0.0.1/24"),
    routes: () => host.routes.add("10.0.0.0/8", { link: "none" }),
    fdb: () => host.fdb.add("none", "52:54:00:00:00:01"),
    limitRate: () => host.limitRate("none", { egress: 1_000_000 }),
    sysctl: () => host.sysctl("net.no.such.setting"),
    tapForQemu: () => host.tapForQemu({ bridge: "none" }),
    request: () => host.request("RTM_GETLINK", { header: { index: 0x7fffff } }),
    waitFor: () => host.waitFor("none", "up", { timeout: 1 }),
    counters: () => host.counters("none"),
    connectSocket: () => host.connectSocket("/no/such/socket"),
    openFrames: () => host.openFrames("none"),
  };
  for (const [name, ask] of Object.entries(asked)) {
    async function whoAsks(): Promise<void> {
      await ask();
    }
    const error = (await whoAsks().catch((reason: unknown) => reason)) as Error;
    expect(error, name).toBeInstanceOf(Error);
    expect(error.stack, name).toContain("whoAsks");
  }
});
