import { readdirSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Link } from "../../../src/index.js";
import { BIN, missing, Scene } from "./scene.js";

let scene: Scene;

beforeAll(async () => {
  if (missing !== undefined) return;
  scene = await Scene.open();
  await scene.host.addBridge("br0", { up: true });
});

afterAll(async () => {
  if (missing === undefined) await scene[Symbol.asyncDispose]();
});

test("200 starts at once on one bridge: every port is right, none is lost", async ({ skip }) => {
  skip(missing !== undefined, missing);
  const { host } = scene;
  scene.policy({ bridge: "br0", port: { isolated: true, learning: false } });
  const names = Array.from({ length: 200 }, (_, i) => `vnet${i}`);
  await Promise.all(names.map((name) => host.addTap(name)));
  const together = `for i in $(seq 0 199); do ${BIN}/qemu-ifup vnet$i || echo vnet$i failed & done; wait`;
  expect(await scene.run(["sh", "-c", together])).toEqual({ status: 0, signal: null, stdout: "", stderr: "" });
  const { index } = await host.link("br0");
  const isRight = ({ up, master, address = "", linkInfo }: Link): boolean => {
    const { isolated, learning } = (linkInfo?.slaveData ?? {}) as { isolated?: boolean; learning?: boolean };
    return up && master === index && address.startsWith("fe:") && isolated === true && learning === false;
  };
  const ports = (await host.links()).filter(({ name }) => name.startsWith("vnet"));
  expect(ports.filter(isRight)).toHaveLength(200);
  await host.removeAll(names);
}, 60_000);

test("after 1000 calls in a row no descriptor, process, link or file is left", async ({ skip }) => {
  skip(missing !== undefined, missing);
  scene.policy({ bridge: "br0" });
  scene.write("/etc/qemu/bridge.conf", "allow br0\n");
  await scene.host.addTap("tap0");
  const before = (await scene.host.links()).map(({ name }) => name);
  const files = readdirSync(scene.path("/etc/linkwright"));
  const rounds = `
    # Without pipes, whose ends the shell itself may still have open.
    count() { ls /proc/$$/fd; wc -w < /proc/$$/task/$$/children; }
    count > /mnt/first
    i=0
    while [ $i -lt 333 ]; do
      ${BIN}/qemu-ifup tap0 && ${BIN}/qemu-ifdown tap0 || exit 1
      ${BIN}/linkwright-bridge-helper --use-vnet --br=br0 --fd=7 2>/dev/null && exit 2
      i=$((i + 1))
    done
    ${BIN}/qemu-ifup tap0
    count > /mnt/last
    cmp /mnt/first /mnt/last`;
  expect(await scene.run(["sh", "-c", rounds])).toEqual({ status: 0, signal: null, stdout: "", stderr: "" });
  expect((await scene.host.links()).map(({ name }) => name)).toEqual(before);
  expect(readdirSync(scene.path("/etc/linkwright"))).toEqual(files);
}, 60_000);
