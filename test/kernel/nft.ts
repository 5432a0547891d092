import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import type { ExchangeEnd, NetlinkSocket } from "../../src/kernel/netlink-socket.js";
import { type Netfilter, netfilter } from "../../src/netfilter/netfilter.js";
import { lacks } from "./program.js";

const HEADER_SIZE = 8;
const PROGRAM = fileURLToPath(new URL("fixtures/netfilter-socket.py", import.meta.url));

/** Why there can be no tests against `nft`, or undefined. */
export function whyNoNft(): string | undefined {
  return (
    lacks("nft", "--version") ?? lacks("python3", "--version") ?? lacks("unshare", "--net", "nft", "list", "ruleset")
  );
}

/** A namespace of its own with its netfilter. */
export interface Scene extends AsyncDisposable {
  readonly netfilter: Netfilter;
  readonly socket: NetlinkSocket;
  /** Every buffer of messages that was sent. */
  readonly sent: readonly Buffer[];
  /** Runs a program there, and gives what it printed. */
  run(command: readonly string[], input?: string): string;
  /** Another socket in the same namespace. */
  another(): Promise<Scene>;
}

type Receive = (piece: Buffer | undefined, end: ExchangeEnd | undefined) => void;

/** Opens a scene. `inside`: the process whose namespace it shares; `groups`: what its socket listens to. */
export async function scene({ inside, groups = [] }: { inside?: number; groups?: number[] } = {}): Promise<Scene> {
  const command = inside === undefined ? ["unshare", "--net"] : ["nsenter", `--net=/proc/${inside}/ns/net`];
  const child = spawn(command[0]!, [...command.slice(1), "python3", PROGRAM, ...groups.map(String)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const waiting: Receive[] = [];
  const sent: Buffer[] = [];
  let rest = Buffer.alloc(0);
  const ready = once(child.stdout, "data");

  child.stdout.on("data", (data: Buffer) => {
    rest = Buffer.concat([rest, data]);
    while (rest.length >= HEADER_SIZE) {
      const length = rest.readUInt32LE(0);
      if (rest.length < HEADER_SIZE + length) return;
      const errno = rest.readUInt32LE(4);
      const piece = Buffer.from(rest.subarray(HEADER_SIZE, HEADER_SIZE + length));
      rest = rest.subarray(HEADER_SIZE + length);
      if (length > 0) waiting[0]?.(piece, undefined);
      else waiting.shift()!(undefined, { errno, syscall: errno === 0 ? undefined : "sendmsg" });
    }
  });
  const socket: NetlinkSocket = {
    exchange(messages, _guards, receive) {
      const head = Buffer.alloc(4);
      head.writeUInt32LE(messages.length);
      sent.push(Buffer.from(messages));
      waiting.push(receive);
      child.stdin.write(Buffer.concat([head, messages]));
    },
  };
  await ready;
  return {
    netfilter: netfilter(socket),
    socket,
    sent,
    run(words, input = "") {
      const place = `--net=/proc/${child.pid}/ns/net`;
      const { status, stdout, stderr, error } = spawnSync("nsenter", [place, ...words], { input, encoding: "utf8" });
      if (status !== 0) throw new Error(`${words.join(" ")} failed: ${stderr}${error?.message ?? ""}`);
      return stdout;
    },
    another: () => scene({ inside: child.pid! }),
    async [Symbol.asyncDispose]() {
      const gone = once(child, "exit");
      child.stdin.end();
      await gone;
    },
  };
}

type Line = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What `nft -j list ruleset` says, without handles, which no two rulesets have in common, and in which order elements are. */
export function nftJson({ run }: Pick<Scene, "run">): Line[] {
  const { nftables } = JSON.parse(run(["nft", "-j", "list", "ruleset"])) as { nftables: Line[] };
  return nftables.filter((line) => line["metainfo"] === undefined).map((line) => plain(line) as Line);
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== "handle")
      .map(([name, each]) => [name, name === "elem" && Array.isArray(each) ? sorted(each.map(plain)) : plain(each)]),
  );
}

function sorted(values: readonly unknown[]): unknown[] {
  return [...values].sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
}

/** The expressions of the rules that `nft` lists, with their comments beside them. */
export function nftRules(scene: Pick<Scene, "run">): unknown[] {
  return nftJson(scene)
    .filter((line) => line["rule"] !== undefined)
    .map((line) => line["rule"]!["expr"]);
}

/** Loads what `nft` reads. */
export function nftLoad({ run }: Pick<Scene, "run">, text: string): void {
  run(["nft", "-f", "-"], text);
  expect(run(["nft", "list", "ruleset"])).not.toBe("");
}
