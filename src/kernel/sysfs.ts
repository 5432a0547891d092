import { errnoNumber } from "../base/errno.js";
import { NetlinkError } from "./error.js";
import { native } from "./addon.js";
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

/** One way to sysfs. */
interface Way {
  read(path: string): Promise<string>;
  write(path: string, text: string): Promise<void>;
  list(path: string): Promise<string>;
}

/** The namespace's own sysfs, mounted nowhere. */
function ownWay({ call }: Thread): Way {
  return {
    read: (path) =>
      call((host, id) => {
        native.readSysfs(host, id, path);
      }),
    write: (path, text) =>
      call((host, id) => {
        native.writeSysfs(host, id, path, text);
      }),
    list: (path) =>
      call((host, id) => {
        native.listSysfs(host, id, path);
      }),
  };
}

/** The process's /sys, which shows the links of the namespace that it was mounted in. */
function processWay({ call }: Thread): Way {
  return {
    read: (path) =>
      call((host, id) => {
        native.readFile(host, id, `/sys/${path}`);
      }),
    write: (path, text) =>
      call((host, id) => {
        native.writeFile(host, id, `/sys/${path}`, text);
      }),
    list: (path) =>
      call((host, id) => {
        native.listFolder(host, id, `/sys/${path}`);
      }),
  };
}

/** Calls that fail where a namespace's own sysfs cannot be mounted. */
const MOUNTING = ["fsopen", "fsconfig", "fsmount"];

function isAbsent(error: unknown): boolean {
  return error instanceof NetlinkError && error.code === "ENOENT";
}

async function unless<T>(absent: T, request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    if (isAbsent(error)) return absent;
    throw error;
  }
}

/** Whether sysfs means the same link by its name: it may be another namespace's. */
async function shows(way: Way, { name, index, address = "" }: ShownLink): Promise<boolean> {
  const files = [`class/net/${name}/ifindex`, `class/net/${name}/address`];
  const [shownIndex, shownAddress] = await Promise.all(files.map((path) => unless("", way.read(path))));
  return shownIndex?.trim() === String(index) && shownAddress?.trim() === address;
}

async function wayTo(thread: Thread, link: ShownLink): Promise<Way> {
  const own = ownWay(thread);
  try {
    if (await shows(own, link)) return own;
  } catch (error) {
    if (!(error instanceof NetlinkError) || !MOUNTING.includes(error.syscall)) throw error;
    const process = processWay(thread);
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
    read: async (path) => (await unless<string | undefined>(undefined, way.read(place(path))))?.trimEnd(),
    write: (path, text) => way.write(place(path), `${text}\n`),
    list: async (path) =>
      (await unless("", way.list(place(path))))
        .split("\n")
        .filter((name) => name !== "")
        .sort(),
  };
}
