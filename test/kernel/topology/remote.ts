import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import type { Host } from "../../../src/index.js";

const SSHD = "/usr/sbin/sshd";

/** Why nobody can log in here by SSH, or undefined when somebody can. */
export function lacksSsh(): string | undefined {
  if (!existsSync(SSHD)) return `there is no ${SSHD} (package openssh-server)`;
  return spawnSync("ssh", ["-V"]).status === 0 ? undefined : "there is no ssh (package openssh-client)";
}

/** A login by SSH: what is written goes to the command there, and what that says is collected. */
export interface Login {
  readonly child: ChildProcess;
  said(): string;
}

/** A host that somebody can log in to from another one. */
export interface Remote extends AsyncDisposable {
  login(command: string, ...options: readonly string[]): Login;
}

/** The processes that live in a namespace, such as sshd's for each login. */
function livingIn(namespace: number): number[] {
  const { ino } = statSync(`/proc/self/fd/${namespace}`);
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && namespaceOf(pid) === ino);
}

/** The namespace of a process; undefined where it has ended, or is not this user's to know. */
function namespaceOf(pid: number): number | undefined {
  try {
    return statSync(`/proc/${pid}/ns/net`).ino;
  } catch {
    return undefined;
  }
}

async function within(host: Host, command: readonly string[]): Promise<ChildProcess> {
  await using namespace = await host.namespaceDescriptor();
  // The descriptor is open until the child has its namespace: it says so by its first byte.
  const child = spawn(
    "nsenter",
    [`--net=/proc/${process.pid}/fd/${namespace.fd}`, "sh", "-c", 'echo; exec "$@"', "sh", ...command],
    { stdio: ["pipe", "pipe", "pipe"], detached: true },
  );
  await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.stdout.once("data", resolve);
  });
  return child;
}

/** Runs sshd in a host's namespace, and logs in from that of another, at an address. /run is their own. */
export async function remote(host: Host, from: Host, address: string): Promise<Remote> {
  const folder = mkdtempSync(join(tmpdir(), "linkwright-ssh-"));
  const file = (name: string): string => join(folder, name);
  for (const name of ["host", "user"])
    spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file(name)], { stdio: "inherit" });
  writeFileSync(file("authorized"), readFileSync(file("user.pub")));
  const settings = [
    ...[`HostKey ${file("host")}`, `AuthorizedKeysFile ${file("authorized")}`, "PidFile none", "UseDNS no"],
    ...["UsePAM no", "StrictModes no", "PermitRootLogin yes", "PasswordAuthentication no", "ListenAddress 0.0.0.0:22"],
  ];
  writeFileSync(file("sshd_config"), settings.map((line) => `${line}\n`).join(""));
  const own = "mount -t tmpfs tmpfs /run && mkdir -m 755 /run/sshd && exec /usr/sbin/sshd -D -e -f";
  const daemon = await within(host, ["unshare", "--mount", "sh", "-c", `${own} ${file("sshd_config")}`]);
  let log = "";
  daemon.stderr!.on("data", (piece: Buffer) => (log += piece.toString()));
  await vi.waitFor(
    () => {
      if (!log.includes("Server listening")) throw new Error(`sshd does not listen: ${log}`);
    },
    { timeout: 20_000, interval: 10 },
  );
  const logins: ChildProcess[] = [];
  const far = await from.namespaceDescriptor();
  return {
    login(command, ...options) {
      const known = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"];
      const words = ["ssh", "-F", "none", "-i", file("user"), ...known, ...options, `root@${address}`, command];
      const child = spawn("nsenter", [`--net=/proc/${process.pid}/fd/${far.fd}`, ...words], {
        stdio: ["pipe", "pipe", "inherit"],
      });
      logins.push(child);
      let said = "";
      child.stdout.on("data", (piece: Buffer) => (said += piece.toString()));
      return { child, said: () => said };
    },
    async [Symbol.asyncDispose]() {
      for (const child of logins) child.kill("SIGKILL");
      await using namespace = await host.namespaceDescriptor();
      for (const pid of livingIn(namespace.fd)) process.kill(pid, "SIGKILL");
      await far.close();
      rmSync(folder, { recursive: true });
    },
  };
}
