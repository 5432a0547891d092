import { errnoNumber } from "../base/errno.js";
import { NetlinkError } from "./error.js";
import { filesBelow, type KernelFiles, ownSysfs } from "./files.js";
import type { Thread } from "./thread.js";

/** A link, as far as sysfs shows it. */
interface ShownLink {
  readonly index: number;
  readonly name: string;
  readonly address?: string | undefined;
}

/** Files of a link in the sysfs of its namespace, by paths below /sys/class/net/NAME. */
export interface LinkFiles {
  /** The text, without the newline at its end; undefined when there is no such file. */
  read(path: string): Promise<string | undefined>;
  write(path: string, text: string | number): Promise<void>;
  /** The names in a folder; none when there is no such folder. */
  list(path: string): Promise<string[]>;
}

/** Calls that fail where a namespace's own sysfs cannot be mounted. */
const MOUNTING = ["fsopen", "fsconfig", "fsmount"];

function isAbsent(error: unknown): boolean {
  return error instanceof NetlinkError && error.code === "ENOENT";
}

async function unless<T, U>(absent: U, request: Promise<T>): Promise<T | U> {
  try {
    return await request;
  } catch (error) {
    if (isAbsent(error)) return absent;
    throw error;
  }
}

/** Whether sysfs means the same link by its name: it may be another namespace's. */
async function shows(way: KernelFiles, { name, index, address = "" }: ShownLink): Promise<boolean> {
  const files = [`class/net/${name}/ifindex`, `class/net/${name}/address`];
  const [shownIndex, shownAddress] = await Promise.all(files.map((path) => unless(undefined, way.read(path))));
  return shownIndex?.toString().trim() === String(index) && (shownAddress?.toString().trim() ?? "") === address;
}

async function wayTo(thread: Thread, link: ShownLink): Promise<KernelFiles> {
  const own = ownSysfs(thread);
  try {
    if (await shows(own, link)) return own;
  } catch (error) {
    if (!(error instanceof NetlinkError) || !MOUNTING.includes(error.syscall)) throw error;
    // The process's /sys shows the links of the namespace that it was mounted in.
    const process = filesBelow(thread, "/sys/");
    if (await shows(process, link)) return process;
    const hint = "it needs Linux 5.6 and CAP_SYS_ADMIN, for /sys shows another network namespace";
    throw error.with({ subject: link.name, hint });
  }
  const refusal = { errno: errnoNumber("EAGAIN"), syscall: "open(/sys)", subject: link.name };
  throw new NetlinkError({ ...refusal, kernelMessage: "sysfs does not show this link: it is being changed" });
}

/** The files of a link. */
export async function filesOf(thread: Thread, link: ShownLink): Promise<LinkFiles> {
  const way = await wayTo(thread, link);
  const place = (path: string): string => `class/net/${link.name}/${path}`;
  return {
    read: async (path) => (await unless(undefined, way.read(place(path))))?.toString().trimEnd(),
    write: (path, text) => way.write(place(path), `${text}\n`),
    list: async (path) => (await unless([], way.list(place(path)))).sort(),
  };
}
