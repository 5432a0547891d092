import { spawn } from "node:child_process";
import { Host } from "../../../src/index.js";

/** The program as it is built, at work in a namespace of its own. */
export interface Program {
  readonly host: Host;
  run(
    ...words: readonly string[]
  ): Promise<{ readonly status: number | null; readonly stdout: string; readonly stderr: string }>;
}

const PATH = new URL("../../../dist/code/cli.cjs", import.meta.url).pathname;

/** Whose host, with the namespace, is to be closed. */
export async function program(): Promise<Program> {
  const host = await Host.open({ namespace: "new" });
  const namespace = await host.namespaceDescriptor();
  const path = `/proc/${process.pid}/fd/${namespace.fd}`;
  return {
    host,
    run: (...words) =>
      new Promise((resolve, reject) => {
        const child = spawn(process.execPath, [PATH, "--netns", path, ...words], { stdio: ["ignore", "pipe", "pipe"] });
        const said = { stdout: "", stderr: "" };
        child.stdout.on("data", (piece: Buffer) => (said.stdout += piece.toString()));
        child.stderr.on("data", (piece: Buffer) => (said.stderr += piece.toString()));
        child.on("error", reject);
        child.on("close", (status) => {
          resolve({ status, ...said });
        });
      }),
  };
}
