import { builtin } from "../base/builtin.js";
import type { Manager } from "./managers.js";
import { namesBelow, textBelow } from "./managers.js";

/** How a program is told to leave a link alone. */
interface Way {
  /** Where it looks for that, and what is to stand there. */
  readonly file: (link: string) => string;
  readonly text: (link: string) => string;
  /** What its process is called (/proc/PID/comm has 15 bytes), and what makes it read its files again, in words. */
  readonly comm: string;
  readonly reload: string;
}

const WAYS: Partial<Record<Manager["program"], Way>> = {
  // NetworkManager.conf(5): a list is added to by +=; SIGHUP has it read again (NetworkManager(8)).
  NetworkManager: {
    file: (link) => `/etc/NetworkManager/conf.d/90-linkwright-${link}.conf`,
    text: (link) => `[keyfile]\nunmanaged-devices+=interface-name:${link}\n`,
    comm: "NetworkManager",
    reload: "nmcli general reload",
  },
  // systemd.network(5). From systemd 253 on its service is of type notify-reload, and SIGHUP has it read them again.
  "systemd-networkd": {
    file: (link) => `/etc/systemd/network/05-linkwright-${link}.network`,
    text: (link) => `[Match]\nName=${link}\n[Link]\nUnmanaged=yes\n`,
    comm: "systemd-network",
    reload: "networkctl reload",
  },
};

/** What is to be done for a program to leave a link alone, in words. */
export function howToUnmanage({ program, state }: Manager, link: string): string {
  const way = WAYS[program];
  if (way === undefined) return `end its network ${state}, and have another bridge`;
  return `write ${JSON.stringify(way.text(link))} to ${way.file(link)}, and have it read by ${way.reload}`;
}

/** Whether a process has said what is to be done at SIGHUP, which ends it otherwise: caught, or waited for. */
function hearsHangup(status: string): boolean {
  const masks = [...status.matchAll(/^Sig(?:Cgt|Blk):\s*([0-9a-f]+)$/gm)].map(([, mask]) => BigInt(`0x${mask}`));
  return masks.some((mask) => (mask & 1n) === 1n);
}

/** The processes of a program that live in a network namespace. */
function processesOf(root: string, comm: string, namespace: bigint): number[] {
  const { statSync } = builtin("node:fs");
  const { join } = builtin("node:path");
  const livesThere = (pid: string): boolean => {
    try {
      return statSync(join(root, "proc", pid, "ns/net"), { bigint: true }).ino === namespace;
    } catch {
      return false;
    }
  };
  return namesBelow(root, "/proc")
    .filter((name) => /^\d+$/.test(name) && textBelow(root, `/proc/${name}/comm`)?.trim() === comm)
    .filter(livesThere)
    .map(Number);
}

/** Whether a program is at work in a network namespace, which is meant by its inode: what it says of indexes is of that alone. */
export function isAtWork(root: string, program: Manager["program"], namespace: bigint): boolean {
  const names = program === "libvirt" ? ["libvirtd", "virtnetworkd"] : [WAYS[program]!.comm];
  return names.some((comm) => processesOf(root, comm, namespace).length > 0);
}

/**
 * Has a program leave a link alone: writes the configuration that says so, and has it read. Gives what was done, in words; what
 * it could not be told, and what is to be done then, too.
 */
export function unmanage(root: string, manager: Manager, link: string, namespace: bigint): string {
  const { mkdirSync, writeFileSync } = builtin("node:fs");
  const { dirname, join } = builtin("node:path");
  const { program } = manager;
  const way = WAYS[program];
  if (way === undefined) return `${program} cannot leave ${link} alone: ${howToUnmanage(manager, link)}`;
  const file = join(root, way.file(link));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, way.text(link));
  const told = processesOf(root, way.comm, namespace).filter((pid) => {
    if (!hearsHangup(textBelow(root, `/proc/${pid}/status`) ?? "")) return false;
    process.kill(pid, "SIGHUP");
    return true;
  });
  const wrote = `${way.file(link)} has ${program} leave ${link} alone`;
  return told.length > 0
    ? `${wrote}: process ${told.join(", ")} was told by SIGHUP`
    : `${wrote}, when it reads that: ${way.reload}`;
}
