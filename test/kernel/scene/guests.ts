import { spawn, type ChildProcess } from "node:child_process";
import { Host } from "../../../src/index.js";
import { type Outcome, outcome } from "./program.js";

/** A network namespace in which programs run. */
export interface Place extends AsyncDisposable {
  readonly host: Host;
  /** Runs a program there to its end; throws what it said when it fails. */
  run(command: readonly string[], seconds?: number): Promise<string>;
  /** The same, without a judgement. */
  outcome(command: readonly string[], seconds?: number): Promise<Outcome>;
  /** Starts a program there that goes on; it ends with the place. `told`: what it reads can be written. */
  start(command: readonly string[], told?: boolean): ChildProcess;
}

/** A namespace of its own, with its loopback up. */
export async function place(): Promise<Place> {
  const host = await Host.open({ namespace: "new" });
  await host.setLink("lo", { up: true });
  const { fd } = await host.namespaceDescriptor();
  const running = new Set<ChildProcess>();

  function start(command: readonly string[], seconds?: number, told = false): ChildProcess {
    const child = spawn("nsenter", [`--net=/proc/${process.pid}/fd/${fd}`, "--", ...command], {
      stdio: [told ? "pipe" : "ignore", "pipe", "pipe"],
      killSignal: "SIGKILL",
      ...(seconds === undefined ? {} : { timeout: seconds * 1000 }),
    });
    running.add(child);
    child.once("close", () => running.delete(child));
    return child;
  }

  const ending = (command: readonly string[], seconds = 30): Promise<Outcome> => outcome(start(command, seconds));
  return {
    host,
    start: (command, told) => start(command, undefined, told),
    outcome: ending,
    async run(command, seconds) {
      const { status, signal, stdout, stderr } = await ending(command, seconds);
      if (status !== 0) throw new Error(`${command.join(" ")} ended with ${status ?? signal}: ${stderr}${stdout}`);
      return stdout;
    },
    async [Symbol.asyncDispose]() {
      const ends = [...running].map((child) => new Promise((resolve) => child.once("close", resolve)));
      for (const child of running) {
        child.kill("SIGKILL");
        // What it has started may live on, and have its pipes open: nobody waits for the end of those.
        child.stdout?.destroy();
        child.stderr?.destroy();
      }
      await Promise.all(ends);
      await host.close();
    },
  };
}

/** Puts a cable between a port of a bridge and the `eth0` of a place. */
export async function plug(from: Host, port: string, bridge: string, to: Place, mac?: string): Promise<void> {
  await from.addVeth(port, { peer: { name: "eth0", namespace: to.host, address: mac } });
  await from.attach(port, bridge);
  await to.host.setLink("eth0", { up: true });
}
