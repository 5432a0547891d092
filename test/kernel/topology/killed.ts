import { spawn } from "node:child_process";
import type { Host } from "../../../src/index.js";
import type { HostDeclaration } from "../../../src/topology/index.js";

const program = new URL("../fixtures/killed/apply.mjs", import.meta.url).pathname;

/** How an apply in a process of its own ended, and what it said. */
export interface Death {
  readonly signal: string | null;
  readonly said: string;
}

/** Applies in a host's namespace, in a process of its own, which dies before its change number `at`. */
export async function applyAndDie(
  host: Host,
  {
    at,
    declaration,
    journal,
  }: { readonly at: number; readonly declaration: HostDeclaration; readonly journal: string },
): Promise<Death> {
  await using namespace = await host.namespaceDescriptor();
  const path = `/proc/${process.pid}/fd/${namespace.fd}`;
  const child = spawn(process.execPath, [program, path, String(at), journal], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(JSON.stringify(declaration));
  let said = "";
  child.stdout.on("data", (piece: Buffer) => (said += piece.toString()));
  return await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (_status, signal) => {
      resolve({ signal, said });
    });
  });
}
