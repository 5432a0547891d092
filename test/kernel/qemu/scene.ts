import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Host, type Link } from "../../../src/index.js";
import { accountsOf } from "../../../src/qemu/accounts.js";
import { compilePolicy } from "../../../src/qemu/compile.js";
import { parsePolicy } from "../../../src/qemu/policy-files.js";
import { encodePlan } from "../../../src/qemu/plan.js";
import { lacks, type Outcome, outcome } from "../scene/program.js";

export const PROGRAM = join(import.meta.dirname, "../../../build/Release/linkwright-qemu");
/** Where the scene has the program, under each of its names. */
export const BIN = "/mnt/bin";
export const POLICY = "/etc/linkwright/qemu.json";
export const PLAN = "/etc/linkwright/qemu.plan";

export const missing =
  lacks("unshare", "--net", "--mount", "true") ?? lacks("nsenter", "--net=/proc/self/ns/net", "true");

/** Why files cannot be given to other users here, if so. */
export const oneUser = readFileSync("/proc/self/uid_map", "utf8").includes("4294967295")
  ? undefined
  : "there is one user in this namespace";

const SETUP = `
mount -t tmpfs -o mode=755 scene /mnt
mkdir /mnt/upper /mnt/work /mnt/bin
cp "$1" /mnt/bin/linkwright-qemu
for name in qemu-ifup qemu-ifdown qemu-ifup-dmz linkwright-bridge-helper; do ln -s linkwright-qemu /mnt/bin/$name; done
mount -t overlay -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work etc /etc
rm -rf /etc/linkwright /etc/qemu /etc/qemu-ifup /etc/qemu-ifdown
mkdir /etc/linkwright /etc/qemu
ln -s /mnt/bin/qemu-ifup /mnt/bin/qemu-ifdown /etc
if mknod -m 666 /mnt/tun c 10 200 2>/dev/null; then mount --bind /mnt/tun /dev/net/tun; fi
echo ready
exec cat
`;

/** A rule of a policy, as it is written. */
export type Rule = Readonly<Record<string, unknown>>;

/** The bytes of a policy, and of its plan. */
export function planOf(rules: readonly Rule[]): { policy: Buffer; plan: Buffer } {
  const policy = Buffer.from(JSON.stringify({ rules }));
  return { policy, plan: encodePlan(compilePolicy(parsePolicy(policy), accountsOf("", "")), policy) };
}

/** What of a TAP must be as it was when it is put back. */
export function stateOf({ up, mtu, address, master }: Link): object {
  return { up, mtu, address, master };
}

/** How a helper ended, and what came through the socket. */
export interface Answer extends Outcome {
  readonly bytes: readonly number[];
  readonly taps: readonly Link[];
}

/** A network and an /etc of their own, with the program in place, in the sight of nobody else. */
export class Scene implements AsyncDisposable {
  private constructor(
    readonly pid: number,
    readonly host: Host,
    private readonly end: () => Promise<void>,
  ) {}

  static async open(): Promise<Scene> {
    const child = spawn("unshare", ["--net", "--mount", "sh", "-ec", SETUP, "sh", PROGRAM], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    const pid = child.pid!;
    const host = await Host.open({ namespace: { pid } });
    return new Scene(pid, host, async () => {
      const ended = once(child, "close");
      child.stdin.end();
      await ended;
    });
  }

  /** A path of the scene, as it is reached from here. */
  path(inside: string): string {
    return `/proc/${this.pid}/root${inside}`;
  }

  write(inside: string, content: string | Uint8Array): void {
    rmSync(this.path(inside), { force: true, recursive: true });
    writeFileSync(this.path(inside), content, { mode: 0o644 });
  }

  /** Writes a policy and its plan. */
  policy(...rules: readonly Rule[]): void {
    const { policy, plan } = planOf(rules);
    rmSync(this.path("/etc/linkwright"), { force: true, recursive: true });
    mkdirSync(this.path("/etc/linkwright"), { mode: 0o755 });
    this.write(POLICY, policy);
    this.write(PLAN, plan);
  }

  command(...words: readonly string[]): string[] {
    return ["nsenter", `--target=${this.pid}`, "--net", "--mount", "--wd=/", "--", ...words];
  }

  /** Runs a command in the scene; `inherited` are its descriptors from 3 on. */
  run(words: readonly string[], inherited: readonly number[] = []): Promise<Outcome> {
    const [command, ...rest] = this.command(...words);
    const stdio = ["ignore" as const, "pipe" as const, "pipe" as const, ...inherited];
    return outcome(spawn(command!, rest, { stdio, timeout: 60_000, killSignal: "SIGKILL" }));
  }

  /** Starts the program under one of its names. */
  start(name: string, ...words: readonly string[]): Promise<Outcome> {
    return this.run([`${BIN}/${name}`, ...words]);
  }

  /** Asks a bridge helper for a TAP, as QEMU does; "FD" among the words is the socket's number. */
  async ask(program: string, ...words: readonly string[]): Promise<Answer> {
    const [ours, theirs] = this.host.socketPair();
    try {
      const ended = await this.run([program, ...words.map((word) => word.replace("FD", "3"))], [theirs.fd]);
      await theirs.close();
      const { bytes, descriptors } = await this.host.receiveDescriptors(ours);
      const taps = await Promise.all(descriptors.map(({ fd }) => this.tapOf(fd)));
      await Promise.all(descriptors.map((descriptor) => descriptor.close()));
      return { ...ended, bytes: [...bytes], taps };
    } finally {
      await ours.close();
    }
  }

  /** The link of a TAP's descriptor, as fdinfo names it. */
  private tapOf(fd: number): Promise<Link> {
    return this.host.link(/^iff:\s*(\S+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))![1]!);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.host.close();
    await this.end();
  }
}
