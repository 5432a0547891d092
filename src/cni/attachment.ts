import { builtin } from "../base/builtin.js";
import { lockedBy } from "../kernel/file-lock.js";
import type { IndexedPort } from "../networks/anti-spoofing.js";
import type { Attached } from "./call.js";

/** A port of this machine that leads to a container's. */
export interface PortMapping {
  readonly protocol: "tcp" | "udp" | "sctp";
  readonly hostPort: number;
  readonly containerPort: number;
  /** The address of this machine that it holds for; undefined for all. */
  readonly hostIP?: string | undefined;
}

/** What an attachment has on this machine, written down before it is made: whatever ends the process, it is found again. */
export interface Attachment extends Attached {
  readonly network: string;
  /** The host's end, which is named after the attachment; an interface that is made in the container has that name at first. */
  readonly link: string;
  /** Where the container's namespace is, if the interface is made there. */
  readonly netns?: string | undefined;
  /** The container's MAC, where it may send from no other. */
  readonly onlyMac?: string | undefined;
  /** What its port may say that it is, if it is guarded. */
  readonly guard?: IndexedPort | undefined;
  /** Its addresses, with the lengths of their prefixes. */
  readonly addresses: readonly string[];
  readonly masquerade: boolean;
  readonly ports: readonly PortMapping[];
  /** Whether the runtime has been told of it. */
  readonly complete: boolean;
}

/** Bits of a hash that are in a name: of a million attachments, two have the same name once in 35 times. */
const DIGITS = 11;

/** The name of the host's end, which no other attachment has: by it, it is known without any file. */
export function linkOf(network: string, { container, ifname }: Attached): string {
  const hash = builtin("node:crypto").createHash("sha256").update(`${network}\0${container}\0${ifname}`);
  return `veth${hash.digest("hex").slice(0, DIGITS)}`;
}

/** What the host's end says of itself. */
export function aliasOf(network: string, { container, ifname }: Attached): string {
  return `cni ${network} ${container} ${ifname}`.slice(0, 255);
}

/** The attachments of a network that are written down. */
export interface Attachments {
  read(link: string): Attachment | undefined;
  write(attachment: Attachment): void;
  remove(link: string): void;
  /** The names of all whose work was begun, and may not have been ended. */
  names(): string[];
  /** Does a piece of work of one attachment while nobody else does any of it, in this process or another. */
  locked<T>(link: string, work: () => Promise<T>): Promise<T>;
}

const SUFFIX = ".json";

/**
 * The attachments of a network, a file each. They are what the kernel has until the machine is started again, so the folder is to be
 * one that is empty then, and needs no sync.
 */
export function attachmentsIn(folder: string): Attachments {
  const fs = builtin("node:fs");
  const { join } = builtin("node:path");
  const fileOf = (link: string): string => join(folder, link + SUFFIX);

  function read(link: string): Attachment | undefined {
    try {
      return JSON.parse(fs.readFileSync(fileOf(link), "utf8")) as Attachment;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  return {
    read,
    write(attachment) {
      const file = fileOf(attachment.link);
      fs.writeFileSync(`${file}.new`, JSON.stringify(attachment), { mode: 0o600 });
      fs.renameSync(`${file}.new`, file);
    },
    remove(link) {
      for (const file of [fileOf(link), `${fileOf(link)}.new`]) fs.rmSync(file, { force: true });
    },
    names() {
      if (!fs.existsSync(folder)) return [];
      return [...new Set(fs.readdirSync(folder).map((name) => name.split(".")[0]!))];
    },
    async locked(link, work) {
      fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
      const lock = join(folder, `${link}.lock`);
      return lockedBy(lock, async () => {
        try {
          return await work();
        } finally {
          fs.rmSync(lock, { force: true });
        }
      });
    },
  };
}

/** The attachments of all networks whose folders are in one. */
export function allAttachments(folder: string): Attachment[] {
  const fs = builtin("node:fs");
  if (!fs.existsSync(folder)) return [];
  return fs.readdirSync(folder).flatMap((network) => {
    const attachments = attachmentsIn(builtin("node:path").join(folder, network));
    return attachments.names().flatMap((name) => attachments.read(name) ?? []);
  });
}
