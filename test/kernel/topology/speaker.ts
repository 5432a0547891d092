import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Host } from "../../../src/index.js";

const program = new URL("../fixtures/tcp-gap.mjs", import.meta.url).pathname;

/** A process, and the lines that it says. */
export interface Speaker {
  readonly child: ChildProcess;
  line(): Promise<string>;
}

/** One end of a TCP connection, in a process that lives in the namespace. */
export async function speaker(host: Host, ...words: readonly string[]): Promise<Speaker> {
  await using namespace = await host.namespaceDescriptor();
  const child = spawn(
    "nsenter",
    [`--net=/proc/${process.pid}/fd/${namespace.fd}`, process.execPath, program, ...words],
    {
      stdio: ["pipe", "pipe", "inherit"],
    },
  );
  let text = "";
  child.stdout.on("data", (piece: Buffer) => {
    text += piece.toString();
    child.emit("line");
  });
  const line = async (): Promise<string> => {
    while (!text.includes("\n")) await once(child, "line");
    const [first = "", ...rest] = text.split("\n");
    text = rest.join("\n");
    return first;
  };
  await line();
  return { child, line };
}
