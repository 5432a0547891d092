import { spawnSync } from "node:child_process";
import { expect } from "vitest";
import { startThread, type Thread } from "../../../src/kernel/thread.js";
import { type DescriptorHandle, native } from "../../../src/kernel/addon.js";
import { type Netfilter, netfilter } from "../../../src/netfilter/netfilter.js";
import type { NetlinkSocket } from "../../../src/kernel/netlink-socket.js";
import { lacks } from "../scene/program.js";

const NETLINK_NETFILTER = 12;

/** Why there can be no tests against `nft`, or undefined. */
export function whyNoNft(): string | undefined {
  return lacks("nft", "--version") ?? lacks("unshare", "--net", "nft", "list", "ruleset");
}

/** A namespace with its netfilter. */
export interface Scene extends AsyncDisposable {
  readonly thread: Thread;
  readonly netfilter: Netfilter;
  /** Every buffer of messages that was sent. */
  readonly sent: readonly Buffer[];
  /** Runs a program there, and gives what it printed. */
  run(command: readonly string[], input?: string): string;
  /** Another socket in the same namespace. */
  another(): Promise<Scene>;
}

/** Opens a scene, in a namespace of its own unless a file of one is given. */
export async function scene(file?: string): Promise<Scene> {
  const thread = await startThread(file === undefined ? { kind: "new" } : { kind: "file", path: file });
  const namespace = await thread.call<DescriptorHandle>((handle, id) => {
    native.openNamespace(handle, id, undefined);
  });
  const place = `/proc/${process.pid}/fd/${native.descriptorNumber(namespace)}`;
  const socket = await thread.openSocket(NETLINK_NETFILTER);
  const sent: Buffer[] = [];
  const listened: NetlinkSocket = {
    exchange(messages, ...more) {
      sent.push(Buffer.from(messages));
      socket.exchange(messages, ...more);
    },
  };
  return {
    thread,
    netfilter: netfilter(listened),
    sent,
    run(words, input = "") {
      const command = [`--net=${place}`, ...words];
      // A sanitizer that looks at this process has no business in the other.
      const env = { ...process.env, LD_PRELOAD: undefined };
      const { status, stdout, stderr, error } = spawnSync("nsenter", command, { input, env, encoding: "utf8" });
      if (status !== 0) throw new Error(`${words.join(" ")} failed: ${stderr}${error?.message ?? ""}`);
      return stdout;
    },
    another: () => scene(place),
    async [Symbol.asyncDispose]() {
      await thread.call((handle, id) => {
        native.closeThread(handle, id);
      });
    },
  };
}

type Line = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What `nft -j list ruleset` says, but for handles, which no two rulesets have in common, and the order of elements. */
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

/** The expressions of the rules that `nft` lists. */
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
