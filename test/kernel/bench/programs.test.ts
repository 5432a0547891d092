import { expect, test } from "vitest";
import { provideProgramTools } from "../../../bench/contenders/peers.js";
import { APART, HELD, inScene, JOINED, NOTHINGS } from "../../../bench/measure/sections/programs-scene.js";

const { folder } = provideProgramTools();
const shell = (script: string) => ["/bin/sh", "-c", script, "tap0"];

/** Times a script, and checks what it leaves by another; the times, or what failed. */
function leaving(script: string, check: string) {
  return inScene(folder!, 1, [{ command: shell(script) }, { command: ["-", ...shell(check)] }], { installed: false });
}

test.runIf(folder)("a program's time counts when it leaves what ip leaves", () => {
  expect(leaving("ip link set tap0 up; ip link set tap0 master br0", JOINED).lists).toHaveLength(2);
  expect(leaving("true", APART).lists).toHaveLength(2);
  expect(leaving(NOTHINGS.libc, APART).lists).toHaveLength(2);
});

test.runIf(folder).each([
  ["nothing", "true", JOINED, /^tap0 is left 0 1500 .* apart and not, as by ip, 1 1500 /],
  ["a TAP that is down", "ip link set tap0 master br0", JOINED, /^tap0 is left 0 1500 .* and not, as by ip, 1 1500 /],
  ["another MTU", "ip link set tap0 mtu 1400 master br0 up", JOINED, /^tap0 is left 1 1400 /],
  [
    "another option",
    "ip link set tap0 master br0 up; ip link set tap0 type bridge_slave isolated on",
    JOINED,
    /^tap0 is left /,
  ],
  ["a TAP that is up", "ip link set tap0 up", APART, /^tap0 is left 1 1500 .* apart and not, as by ip, 0 /],
  ["no descriptor", "true", HELD, /^no TAP with vnet_hdr is in br0 and up/],
  ["a TAP without vnet_hdr", "ip link set tap0 address fe:00:00:00:00:01 master br0 up", HELD, /^no TAP with vnet_hdr/],
  ["an error", "exit 3", JOINED, /^\/bin\/sh ended with 3$/],
])("one that leaves %s has no time but the difference", (_, script, check, reason) => {
  expect(leaving(script, check).failure).toMatch(reason);
});
