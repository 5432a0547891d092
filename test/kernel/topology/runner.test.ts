import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Host } from "../../../src/index.js";
import { encodeWhole } from "../../../src/runner/plan.js";
import { isNamespace, nameNamespace, unnameNamespace } from "../../../src/kernel/namespace-names.js";
import {
  encodeInverses,
  enter,
  giveName,
  makeTap,
  takeName,
  onlyIf,
  fieldOf,
  type Step,
  writeSetting,
} from "../../../src/runner/steps.js";
import { journalFolder } from "./journal.js";

const journal = journalFolder();
const PROGRAM = new URL("../../../build/Release/linkwright-watchdog", import.meta.url).pathname;

/** Gives a plan to the program in a host's namespace, which takes it at once, and says how it ended. */
async function taken(host: Host, plan: Uint8Array): Promise<{ status: number | null; said: string }> {
  await using namespace = await host.namespaceDescriptor();
  const folder = join(journal, String(Math.random()));
  mkdirSync(folder);
  writeFileSync(join(folder, "waiting"), "");
  const child = spawn(PROGRAM, ["1", folder], { stdio: ["pipe", "ignore", "pipe", namespace.fd] });
  let said = "";
  child.stderr!.on("data", (piece: Buffer) => (said += piece.toString()));
  const stdin = child.stdin!;
  // One that is refused is not read to its end.
  stdin.on("error", () => undefined);
  stdin.end(plan);
  return await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => {
      resolve({ status, said: said.replaceAll("linkwright-watchdog: ", "") });
    });
  });
}

const plan = encodeInverses([{ subject: "tap7", steps: [makeTap("tap7", { flags: 0x1002, index: 77, owner: 1000 })] }]);

test("a TAP is made with the index and the owner that it had", async () => {
  await using host = await Host.open({ namespace: "new" });
  expect(await taken(host, plan)).toEqual({ status: 0, said: "" });
  expect(await host.link("tap7")).toMatchObject({ index: 77, linkInfo: { data: { owner: 1000, persist: true } } });
});

test.each<[string, Uint8Array, string]>([
  ["cut off", plan.subarray(0, -1), "the plan cannot be read whole"],
  ["damaged", Buffer.from(plan).fill(1, 40, 41), "the plan is damaged"],
  ["nothing", new Uint8Array(), "the plan cannot be read whole"],
  ["with parts of a wrong length", encodeWhole(Buffer.from("ffffff7f00000000", "hex")), "the plan is malformed"],
])("a plan that is %s changes nothing", async (_, bytes, words) => {
  await using host = await Host.open({ namespace: "new" });
  const { status, said } = await taken(host, bytes);
  expect(status).not.toBe(0);
  expect(said).toContain(words);
  await expect(host.link("tap7")).rejects.toMatchObject({ code: "ENODEV" });
});

test("a batch of nfnetlink is sent in one go", async () => {
  await using host = await Host.open({ namespace: "new" });
  // NFNL_MSG_BATCH_BEGIN, NFT_MSG_NEWTABLE of inet with the name "t", NFNL_MSG_BATCH_END (linux/netfilter/nfnetlink.h).
  const messages = Buffer.from(
    "14000000100001000000000000000000" +
      "0000000a" + // begin, for subsystem 10
      "1c000000000a05040000000000000000" +
      "01000000" +
      "0600010074000000" + // NFTA_TABLE_NAME
      "14000000110001000000000000000000" +
      "0000000a",
    "hex",
  );
  const batch: Step = { kind: "batch", text: ": refused", message: messages, skip: [], places: [], protocol: 12 };
  expect(await taken(host, encodeInverses([{ subject: "t", steps: [batch] }]))).toEqual({ status: 0, said: "" });
  expect(JSON.stringify(await host.netfilter.ruleset())).toContain('"t"');
});

test("only settings of the network are written, and what is checked in vain leaves the rest of its operation out", async () => {
  await using host = await Host.open({ namespace: "new" });
  const bytes = encodeInverses([
    { subject: "outside", steps: [writeSetting("net/../kernel/sysrq", "0")] },
    {
      subject: "checked",
      steps: [onlyIf("it is not so", fieldOf("subject", 16), Buffer.of(1)), writeSetting("net.ipv4.ip_forward", "1")],
    },
    { subject: "next", steps: [writeSetting("net.ipv4.ip_default_ttl", "77")] },
  ]);
  const { status, said } = await taken(host, bytes);
  expect(status).toBe(1);
  expect(said).toBe("outside: it cannot be set: the plan is malformed\nchecked: it is not so\n");
  expect(await host.sysctl("net.ipv4.ip_forward")).toBe("0");
  expect(await host.sysctl("net.ipv4.ip_default_ttl")).toBe("77");
});

test("what is done in a namespace is done there alone, and with one that is gone its operation is over", async () => {
  await using host = await Host.open({ namespace: "new" });
  await using other = await Host.open({ namespace: "new" });
  await using namespace = await other.namespaceDescriptor();
  const path = join(journal, "other");
  await nameNamespace(path, `/proc/${process.pid}/fd/${namespace.fd}`);
  const forward = writeSetting("net.ipv4.ip_forward", "1");
  const bytes = encodeInverses([
    { subject: "there", steps: [enter(path), forward] },
    { subject: "here", steps: [writeSetting("net.ipv4.ip_default_ttl", "77")] },
    { subject: "nowhere", steps: [enter(`${path}-gone`), forward] },
    { subject: "named", steps: [giveName(`${path}-too`, path), takeName(path)] },
    { subject: "taken", steps: [takeName(path)] },
  ]);
  try {
    expect(await taken(host, bytes)).toEqual({ status: 0, said: "" });
    const settings = ["net.ipv4.ip_forward", "net.ipv4.ip_default_ttl"];
    expect(await Promise.all(settings.map((name) => host.sysctl(name)))).toEqual(["0", "77"]);
    expect(await Promise.all(settings.map((name) => other.sysctl(name)))).toEqual(["1", "64"]);
    expect([isNamespace(path), isNamespace(`${path}-too`)]).toEqual([false, true]);
  } finally {
    for (const each of [path, `${path}-too`]) if (isNamespace(each)) await unnameNamespace(each);
  }
});

test("a namespace that was put aside is not given a name that another has, and none is lost where it has its own still", async () => {
  await using host = await Host.open({ namespace: "new" });
  const [name, aside] = [join(journal, "name"), join(journal, "aside")];
  const back = encodeInverses([{ subject: "back", steps: [giveName(name, aside), takeName(aside)] }]);
  try {
    await nameNamespace(name);
    expect(await taken(host, back)).toEqual({ status: 0, said: "" });
    await nameNamespace(aside, name);
    expect(await taken(host, back)).toEqual({ status: 0, said: "" });
    expect([isNamespace(name), isNamespace(aside)]).toEqual([true, false]);
    await nameNamespace(aside);
    const said = `back: it cannot have its name again, and waits at ${aside}: another namespace has that name\n`;
    expect(await taken(host, back)).toEqual({ status: 1, said });
    expect([isNamespace(name), isNamespace(aside)]).toEqual([true, true]);
  } finally {
    for (const each of [name, aside]) if (isNamespace(each)) await unnameNamespace(each);
  }
});

test("files of devices, which are not those of a namespace that was entered, are refused there", async () => {
  await using host = await Host.open({ namespace: "new" });
  const path = join(journal, "away");
  await nameNamespace(path);
  try {
    const set = writeSetting("/sys/class/net/lo/device/sriov_numvfs", "1");
    const bytes = encodeInverses([{ subject: "lo", steps: [enter(path), set] }]);
    const said = "lo: it cannot be set: /sys here is another namespace's\n";
    expect(await taken(host, bytes)).toEqual({ status: 1, said });
  } finally {
    await unnameNamespace(path);
  }
});
