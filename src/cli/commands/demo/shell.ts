import { spawn } from "node:child_process";
import { once } from "node:events";
import { program } from "./programs.js";

/** What each part of the work took, in milliseconds. */
export interface Phases {
  readonly create: number;
  readonly attach: number;
  readonly remove: number;
}

/** The same work as a shell does it. */
export interface Peer extends Phases {
  readonly name: string;
}

type Script = Readonly<Record<keyof Phases, readonly string[]>>;

function withIp(ip: string, taps: readonly string[]): Script {
  return {
    create: [
      `${ip} link add br0 type bridge`,
      `${ip} link set br0 up`,
      ...taps.map((tap) => `${ip} tuntap add dev ${tap} mode tap`),
    ],
    attach: taps.flatMap((tap) => [`${ip} link set ${tap} master br0`, `${ip} link set ${tap} up`]),
    remove: [...taps.map((tap) => `${ip} link delete ${tap}`), `${ip} link delete br0`],
  };
}

/** brctl knows no TAPs: those are ip's. */
function withBrctl(brctl: string, ip: string, taps: readonly string[]): Script {
  const script = withIp(ip, taps);
  return {
    create: [`${brctl} addbr br0`, ...script.create.slice(1)],
    attach: taps.flatMap((tap) => [`${brctl} addif br0 ${tap}`, `${ip} link set ${tap} up`]),
    remove: [...script.remove.slice(0, -1), `${ip} link set br0 down`, `${brctl} delbr br0`],
  };
}

/** Runs a script in a namespace of its own, one shell for all of it, and times its parts. */
async function time(unshare: string, script: Script): Promise<Phases> {
  const shell = spawn(unshare, ["--net", "/bin/sh", "-e"], { stdio: ["pipe", "pipe", "pipe"] });
  let complaint = "";
  shell.stderr.setEncoding("utf8").on("data", (text: string) => (complaint += text));
  shell.stdin.on("error", () => undefined);
  const closed = once(shell, "close");
  const failed = closed.then(() => {
    throw new Error(complaint.trim() || "the shell ended early");
  });
  failed.catch(() => undefined);
  async function phase(lines: readonly string[]): Promise<number> {
    const start = performance.now();
    const done = once(shell.stdout, "data");
    shell.stdin.write([...lines, "echo done", ""].join("\n"));
    await Promise.race([done, failed]);
    return performance.now() - start;
  }
  try {
    await phase([]);
    return {
      create: await phase(script.create),
      attach: await phase(script.attach),
      remove: await phase(script.remove),
    };
  } finally {
    shell.stdin.end();
    await closed;
  }
}

/** Does the work with the programs that are installed; says of each that is not, or that fails, why it is left out. */
export async function timePeers(
  taps: readonly string[],
  onPeer: (peer: Peer) => void,
  onOmission: (reason: string) => void,
): Promise<void> {
  const [unshare, ip, brctl] = ["unshare", "ip", "brctl"].map(program);
  if (unshare === undefined || ip === undefined) {
    onOmission(`no comparison with ip: ${unshare === undefined ? "unshare" : "ip"} is not installed`);
    return;
  }
  const scripts: [name: string, script: Script][] = [["sh + ip", withIp(ip, taps)]];
  if (brctl === undefined) onOmission("no comparison with brctl: it is not installed");
  else scripts.push(["sh + ip + brctl", withBrctl(brctl, ip, taps)]);
  for (const [name, script] of scripts) {
    try {
      onPeer({ name, ...(await time(unshare, script)) });
    } catch (error) {
      onOmission(`no comparison with ${name}: ${(error as Error).message}`);
    }
  }
}
