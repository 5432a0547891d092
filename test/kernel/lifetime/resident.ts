import { spawn } from "node:child_process";
import { once } from "node:events";

export interface Resident {
  readonly pid: number;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A process that lives in a network namespace of its own. */
export async function resident(): Promise<Resident> {
  const child = spawn("unshare", ["--net", "cat"], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.write("ready\n");
  await once(child.stdout, "data");
  return {
    pid: child.pid!,
    async [Symbol.asyncDispose]() {
      const ended = once(child, "close");
      child.stdin.end();
      await ended;
    },
  };
}
