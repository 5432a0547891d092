import { expect, test } from "vitest";
import { findPeers } from "../../../bench/contenders/peers.js";
import { verify } from "../../../bench/measure/verification.js";
import { lacks as lacking } from "../scene/program.js";

const floor = findPeers({ build: false }).found.find(({ name }) => name === "floor");

/** A contender in shell: what it does for each command, after which it says that it took a millisecond. */
function fake(name: string, doing: Record<string, string>, limit = 30_000) {
  const cases = Object.entries(doing).map(([command, script]) => `${command}) ${script} ;;`);
  const script = `while read -r command a b c d; do case $command in ${cases.join(" ")} esac; echo '{"milliseconds":1}'; done`;
  return { name, title: name, command: ["bash", "-c", script], limit };
}

/** A line of ip for each of the links. */
const ip = (line: string, end = "b") => `for ((i = a; i < ${end}; i++)); do echo "${line}"; done | ip -batch -`;

const right = {
  bridge: "ip link add $a up type bridge",
  create: ip("tuntap add t$i mode tap"),
  attach: ip("link set t$i master $c up"),
  remove: `${ip("link del t$i")}; ip link del $c`,
};
const others = [
  fake("right", right),
  fake("idle", {}),
  fake("down", { ...right, attach: ip("link set t$i master $c") }),
  fake("isolating", { ...right, attach: `${right.attach}; ${ip("link set t$i type bridge_slave isolated on")}` }),
  fake("short", { ...right, attach: ip("link set t$i master $c up", "b - 1") }),
  fake("leaving", { ...right, remove: `${ip("link del t$i", "b - 1")}; ip link del $c` }),
  fake("ending", { ...right, attach: "echo no way >&2; exit 3" }),
  fake("hanging", { bridge: "sleep 60" }, 3000),
  fake("talking", { ...right, create: "echo done" }),
  fake("absent", { ready: "exit 1" }),
];

test.runIf(floor && lacking("ip", "-V") === undefined)(
  "who leaves something else, fails or hangs has no time but the reason, and the others have theirs",
  async () => {
    const { sound, failed } = await verify([floor!, ...others], () => {});
    expect(failed).toEqual([
      { name: "hanging", reason: "hanging: bridge br0: no answer within 3 s" },
      { name: "talking", reason: expect.stringMatching(/^talking: create 0 \d+: not an answer: done$/) as string },
      { name: "absent", reason: "absent: ready: the program ended with 1" },
    ]);
    const lacks = Object.fromEntries(sound.map(({ name, lacks }) => [name, lacks]));
    const attached = (why: unknown) => ({ batch: why, pipelined: why, each: why });
    const matching = (pattern: RegExp) => expect.stringMatching(pattern) as string;
    expect(lacks).toEqual({
      floor: {},
      right: {},
      idle: { create: "br0 is not there", ...attached("br0 is not there"), remove: "it left t0" },
      down: attached(matching(/^t\d+\.flags is \["broadcast","multicast"\], not \["up",/)),
      isolating: attached(matching(/^t\d+\.linkInfo\.slaveData\.isolated is true, not false$/)),
      short: attached(matching(/^t99\./)),
      leaving: { remove: "it left t9" },
      ending: attached(matching(/^ending: attach 0 100 br0 \w+: the program ended with 3: no way$/)),
    });
  },
  60_000,
);
