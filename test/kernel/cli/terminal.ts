import { expect } from "vitest";
import { run } from "../../../src/cli/run.js";
import { Host } from "../../../src/host/host.js";

/** What a command line printed, and its exit status. */
export interface Said {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line. */
export async function plain(...words: string[]): Promise<Said> {
  const said = { stdout: "", stderr: "" };
  const status = await run(words, {
    stdout: { write: (text) => (said.stdout += text) },
    stderr: { write: (text) => (said.stderr += text) },
    env: {},
  });
  return { status, ...said };
}

/** A namespace, new unless a host of it is given, and command lines that work in it. */
export async function terminal(given?: Host): Promise<{
  host: Host;
  type: (line: string) => Promise<Said>;
  ask: (line: string) => Promise<unknown>;
  [Symbol.asyncDispose]: () => Promise<void>;
}> {
  const host = given ?? (await Host.open({ namespace: "new" }));
  const namespace = await host.namespaceDescriptor();
  function type(line: string): Promise<Said> {
    return plain("--netns", `/proc/self/fd/${namespace.fd}`, ...line.split(" "));
  }
  async function ask(line: string): Promise<unknown> {
    const { status, stdout, stderr } = await type(`--json ${line}`);
    expect({ line, status, stderr }).toEqual({ line, status: 0, stderr: "" });
    return JSON.parse(stdout);
  }
  return { host, type, ask, [Symbol.asyncDispose]: () => host.close() };
}

/** Done, without a word. */
export const DONE: Said = { status: 0, stdout: "", stderr: "" };
