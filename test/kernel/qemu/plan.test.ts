import { chmodSync, chownSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { missing, oneUser, PLAN, planOf, POLICY, Scene } from "./scene.js";

let scene: Scene;

beforeAll(async () => {
  if (missing !== undefined) return;
  scene = await Scene.open();
  await scene.host.addBridge("br0", { up: true });
  await scene.host.addTap("tap0");
});

beforeEach(({ skip }) => {
  skip(missing !== undefined, missing);
  scene.policy({ bridge: "br0" });
});

afterAll(async () => {
  if (missing === undefined) await scene[Symbol.asyncDispose]();
});

const { policy, plan } = planOf([{ bridge: "br0" }]);
function changed(change: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.from(plan);
  change(bytes);
  return bytes;
}
const DAMAGED = "qemu.plan is damaged: linkwright qemu compile";
const UNTRUSTED = "is not a file of root's that nobody else can write to";

test.each<[string, string, () => void]>([
  ["none", "qemu.plan: No such file or directory", () => renameSync(scene.path(PLAN), scene.path("/etc/elsewhere"))],
  [
    "of another version",
    "of version 4, not 3",
    () =>
      scene.write(
        PLAN,
        changed((bytes) => bytes.writeUInt32LE(4, 8)),
      ),
  ],
  ["truncated", DAMAGED, () => scene.write(PLAN, plan.subarray(0, -1))],
  ["empty", "qemu.plan is no plan", () => scene.write(PLAN, "")],
  ["too large", "qemu.plan cannot be read whole", () => scene.write(PLAN, Buffer.alloc(2100 * 1024))],
  [
    "with a bit flipped",
    DAMAGED,
    () =>
      scene.write(
        PLAN,
        changed((bytes) => (bytes[60]! ^= 1)),
      ),
  ],
  ["without its policy", "qemu.json: No such file", () => renameSync(scene.path(POLICY), scene.path("/etc/other"))],
  ["writable by others", `qemu.plan ${UNTRUSTED}`, () => chmodSync(scene.path(PLAN), 0o646)],
  ["writable by its group", `qemu.plan ${UNTRUSTED}`, () => chmodSync(scene.path(PLAN), 0o664)],
  ["of another owner", `qemu.plan ${UNTRUSTED}`, () => chownSync(scene.path(PLAN), 1, 0)],
  ["of a policy of another owner", `qemu.json ${UNTRUSTED}`, () => chownSync(scene.path(POLICY), 1, 0)],
  [
    "in a directory that others can write to",
    "others can write to it",
    () => chmodSync(scene.path("/etc/linkwright"), 0o777),
  ],
  ["in a directory of another owner", "is not root's", () => chownSync(scene.path("/etc/linkwright"), 1, 0)],
  [
    "a symbolic link",
    "qemu.plan: ",
    () => {
      renameSync(scene.path(PLAN), scene.path("/etc/real.plan"));
      symlinkSync("/etc/real.plan", scene.path(PLAN));
    },
  ],
  [
    "in a directory that is a symbolic link",
    "/etc/linkwright: Not a directory",
    () => {
      renameSync(scene.path("/etc/linkwright"), scene.path("/etc/real"));
      symlinkSync("/etc/real", scene.path("/etc/linkwright"));
    },
  ],
  [
    "a directory",
    `qemu.plan ${UNTRUSTED}`,
    () => {
      renameSync(scene.path(PLAN), scene.path("/etc/yet-another"));
      mkdirSync(scene.path(PLAN));
    },
  ],
])("a plan that is %s is not trusted", async (what, text, spoil) => {
  if (what.includes("owner") && oneUser !== undefined) return;
  scene.write(POLICY, policy);
  scene.write(PLAN, plan);
  spoil();
  const { status, stderr } = await scene.start("qemu-ifup", "tap0");
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining(text) as string });
  expect((await scene.host.link("tap0")).master).toBeUndefined();
  await scene.run(["sh", "-c", "rm -rf /etc/linkwright /etc/real /etc/elsewhere /etc/other /etc/yet-another"]);
});

test("the last good plan goes on, with a warning, when its policy was saved and not compiled", async () => {
  scene.write(POLICY, `${policy.toString()} `);
  expect(await scene.start("qemu-ifup", "tap0")).toMatchObject({
    status: 0,
    stderr:
      "qemu-ifup: warning: qemu.json has changed since qemu.plan was made, which goes on: linkwright qemu compile\n",
  });
  const { index } = await scene.host.link("br0");
  expect((await scene.host.link("tap0")).master).toBe(index);
  expect(await scene.start("qemu-ifdown", "tap0")).toMatchObject({ status: 0 });
});

test("a plan that is replaced while programs start is the old one or the new one", async () => {
  const kept = planOf([{ bridge: "br0", mtu: "keep" }]);
  const path = scene.path(PLAN);
  let done = false;
  const replacing = (async () => {
    for (let i = 0; !done; i++) {
      writeFileSync(`${path}.new`, i % 2 === 0 ? kept.plan : readFileSync(path), { mode: 0o644 });
      renameSync(`${path}.new`, path);
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  scene.write(POLICY, kept.policy);
  const ended = await Promise.all(Array.from({ length: 20 }, () => scene.start("qemu-ifup", "tap0")));
  done = true;
  await replacing;
  for (const { status, stderr } of ended)
    expect([0, 1].includes(status!) && /^$|qemu\.json has changed/.test(stderr), stderr).toBe(true);
});
