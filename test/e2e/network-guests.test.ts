import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { networkScene, answering, ask, HOST, OUTSIDE, type NetworkScene } from "../kernel/networks/scene.js";
import { lacks } from "../kernel/scene/program.js";
import { commands, MAIN } from "./network-commands.js";
import { ADDRESSED, provideTinyGuest, type TinyGuest } from "./tiny-guest.js";

const QEMU = "qemu-system-x86_64";
const missing = lacks(QEMU, "--version");
/** Emulated guests on a busy machine take their time. */
const TIME = 240_000;

interface RunningGuest {
  readonly pid: number;
  /** Waits until it says a line that starts so, and gives the rest of it. */
  said(start: string): Promise<string>;
  tell(line: string): void;
}

/** Starts a guest on a network as anybody would, by `linkwright qemu run`. */
function start(
  { here, folders }: NetworkScene,
  { image, initrd }: TinyGuest,
  name: string,
  words: string,
): RunningGuest {
  const kept = [`networks-state=${folders.state}`, `networks-run=${folders.run}`];
  const machine = ["-M", "pc", "-m", "96", "-nodefaults", "-display", "none", "-no-reboot", "-serial", "stdio"];
  const line = `console=ttyS0 quiet panic=-1 guest.name=${name}`;
  const child = here.start(
    [
      ...[process.execPath, MAIN, "qemu", "run", "network=default", ...words.split(" "), ...kept, "--"],
      ...[QEMU, ...machine, "-kernel", image, "-initrd", initrd, "-append", line],
    ],
    true,
  );
  const heard: string[] = [];
  const waiting = new Set<() => void>();
  let complaint = "";
  const look = (): void => waiting.forEach((each) => each());
  child.stderr!.on("data", (text) => (complaint += String(text)));
  createInterface(child.stdout!).on("line", (each) => {
    heard.push(each.trim());
    look();
  });
  child.once("close", look);
  return {
    pid: child.pid!,
    tell: (each) => void child.stdin!.write(`${each}\n`),
    said: (begin) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          const place = heard.findIndex((each) => each.startsWith(`GUEST ${begin}`));
          if (place < 0 && child.exitCode === null && child.signalCode === null) return;
          waiting.delete(check);
          if (place < 0) reject(new Error(`${name} ended: ${complaint}\n${heard.slice(-20).join("\n")}`));
          else resolve(heard.splice(place, 1)[0]!.slice(`GUEST ${begin}`.length).trim());
        };
        waiting.add(check);
        check();
      }),
  };
}

test(
  "two guests on a NAT network: leases, each other, the host, a server behind it, a forward, IPv6, and the same after the service was killed",
  async ({ skip }) => {
    skip(missing !== undefined, missing);
    const { guest, missing: lacking } = provideTinyGuest(ADDRESSED);
    skip(lacking !== undefined, lacking);
    onTestFinished(() => guest!.remove());
    await using scene = await networkScene();
    const { run, serve } = commands(scene);
    await run("network create default subnet=192.168.100.0/24 subnet6=fd00:100::/64 anti-spoof=on");
    await run("network start default serve=off");
    const first = await serve();
    await answering(scene.outside, 80);
    const macs = { one: "52:54:00:00:01:01", two: "52:54:00:00:01:02" };
    const one = start(scene, guest!, "one", `mac=${macs.one} address=192.168.100.11`);
    const two = start(scene, guest!, "two", `mac=${macs.two}`);
    // The address that the other one will have is known before it has it.
    const ofTwo = await two.said("bound");
    expect(await one.said("bound")).toBe("192.168.100.11");
    expect(ofTwo).toMatch(/^192\.168\.100\.\d+$/);
    expect(await one.said("advertised")).toBe("fd00:100::5054:ff:fe00:101");
    expect(await two.said("advertised")).toBe("fd00:100::5054:ff:fe00:102");
    const targets = [ofTwo, "192.168.100.1", HOST, OUTSIDE, "fd00:100::5054:ff:fe00:102", "fd00:100::1", "2001:db8::2"];
    for (const target of targets) one.tell(`ping ${target}`);
    for (const target of targets) expect([target, await one.said(`ping ${target}`)]).toEqual([target, "heard"]);
    await run("network forward add default tcp:8080 192.168.100.11:80");
    const page = await scene.outside.run([
      "bash",
      "-c",
      `exec 3<>/dev/tcp/${HOST}/8080 && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3`,
    ]);
    expect(page).toContain("this is one");
    const ports = async () =>
      (
        JSON.parse(await run("--json network ports default")) as {
          macs: string[];
          addresses: string[];
          holders: { command: string }[];
        }[]
      )
        .map(({ macs: [mac], addresses, holders }) => ({
          mac,
          addresses: addresses.slice(0, 2),
          // Another test's process may have a TAP of that name in a namespace that it is not in itself.
          holders: holders.filter(({ command }) => command.startsWith("qemu")).length,
        }))
        .sort((a, b) => a.mac!.localeCompare(b.mac!));
    const shown = [
      { mac: macs.one, addresses: ["192.168.100.11", "fd00:100::5054:ff:fe00:101"], holders: 1 },
      { mac: macs.two, addresses: [ofTwo, "fd00:100::5054:ff:fe00:102"], holders: 1 },
    ];
    expect(await ports()).toEqual(shown);
    await first.kill("SIGKILL");
    const second = await serve();
    for (const each of [one, two]) each.tell("renew");
    expect(await one.said("renew")).toBe("192.168.100.11");
    expect(await two.said("renew")).toBe(ofTwo);
    expect(await ports()).toEqual(shown);
    expect(await ask(scene.outside, "tcp", HOST, 8080)).not.toContain("no answer");
    await second.kill("SIGTERM");
    for (const each of [one, two]) each.tell("off");
    await run("network stop default force");
  },
  TIME,
);
