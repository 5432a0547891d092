import { afterAll, beforeAll, expect, test, type TestContext } from "vitest";
import { Host, NetlinkError } from "../../../src/index.js";
import { run } from "../../../src/cli/run.js";
import { type PrintedLink } from "../differential/agreement.js";
import { inside } from "../differential/inside.js";

let host: Host;
let lack: string | undefined;

beforeAll(async () => {
  host = await Host.open({ namespace: "new" });
  try {
    await host.addNetkit("probe0", { peer: "probe1" });
    await host.remove("probe0");
  } catch (error) {
    if (!(error instanceof NetlinkError) || error.kernelMessage !== "Unknown device type") throw error;
    lack = "this kernel has no netkit";
  }
});

afterAll(async () => {
  await host.close();
});

function needNetkit({ skip }: TestContext): void {
  skip(lack !== undefined, lack);
}

test("a netkit's ends have the options of each, and ip sees one pair, whose options iproute2 6.1 has no words for", async (context) => {
  needNetkit(context);
  await host.addNetkit("nk0", {
    peer: { name: "nk1", up: true },
    ...{ mode: "l2", policy: "blackhole", peerPolicy: "forward", up: true },
  });
  const [first, second] = [await host.link("nk0"), await host.link("nk1")];
  expect(first).toMatchObject({ up: true, link: second.index });
  expect(second).toMatchObject({ up: true, link: first.index });
  const options = { mode: "l2", policy: "blackhole", peerPolicy: "forward" };
  expect(first.linkInfo?.data).toMatchObject({ ...options, primary: true });
  const swapped = { mode: "l2", policy: "forward", peerPolicy: "blackhole" };
  expect(second.linkInfo?.data).toMatchObject({ ...swapped, primary: false });
  const printed = (await inside(host)).ask("ip", "-d", "-j", "link", "show", "type", "netkit") as PrintedLink[];
  expect(printed.map(({ ifname, linkinfo }) => [ifname, linkinfo?.info_kind]).sort()).toEqual([
    ["nk0", "netkit"],
    ["nk1", "netkit"],
  ]);
  expect(printed.find(({ ifname }) => ifname === "nk0")).toMatchObject({ link: "nk1" });
  await host.remove("nk0");
});

test("the command line creates, changes and lists netkits, with the other end in another namespace, too", async (context) => {
  needNetkit(context);
  await using other = await Host.open({ namespace: "new" });
  const [here, there] = [await host.namespaceDescriptor(), await other.namespaceDescriptor()];
  const linkwright = async (...words: string[]): Promise<string> => {
    let said = "";
    const output = { write: (text: string) => (said += text) };
    await run(["--netns", `/proc/self/fd/${here.fd}`, ...words], { stdout: output, stderr: output, env: {} });
    return said;
  };
  expect(await linkwright("netkit", "add", "nk0", "peer=nk1", "mode=l2", "policy=blackhole", "up")).toBe("");
  expect(await linkwright("netkit", "set", "nk0", "peer-policy=blackhole")).toBe("");
  expect(await linkwright("netkit", "list")).toMatch(/^nk0 .* l2 +blackhole +blackhole/m);
  expect(await linkwright("netkit", "add", "nk2", "peer=nk3", `peer-netns=/proc/self/fd/${there.fd}`)).toBe("");
  expect(await other.link("nk3")).toMatchObject({ kind: "netkit" });
  expect(await linkwright("netkit", "delete", "nk0", "nk2")).toBe("");
  expect(await host.links({ kind: "netkit" })).toEqual([]);
});
