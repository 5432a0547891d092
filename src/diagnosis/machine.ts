import { builtin } from "../base/builtin.js";
import { type Manager, managerOf } from "../managers/managers.js";
import { type Bridged, isMeant } from "../managers/meant.js";

/** The machine around the network: files below a root folder, "/" unless somebody tests. */
export interface Machine {
  /** A file's text; undefined for what cannot be read. */
  text(path: string): string | undefined;
  /** What a folder has; undefined for what cannot be read. */
  names(path: string): readonly string[] | undefined;
  /** Whether this user may read and write a file: "missing", "closed" or "open". */
  access(path: string): "missing" | "closed" | "open";
  /** The running kernel's, such as "6.1.0-18-amd64". */
  readonly release: string;
  /** Whether the kernel loads modules at all. */
  readonly mayLoad: boolean;
  /** Whether the kernel was built with an option, such as "BRIDGE", or has a module for it; undefined where nothing tells. */
  option(name: string): boolean | undefined;
  /** Whether the kernel has a module, loaded, built in, or to be had; undefined where nothing tells. */
  hasModule(name: string): boolean | undefined;
  /** Who else manages the link of an index. */
  managerOf(index: number): Manager | undefined;
  /** Whether its own files have it so. */
  isMeant(manager: Manager, link: Bridged): boolean;
}

/** As the kernel spells modules: "vhost_net" for "vhost-net". */
function spelled(name: string): string {
  return name.replaceAll("-", "_");
}

/** The modules that a list of paths such as "kernel/net/bridge/bridge.ko.xz: …" names. */
function modulesIn(list: string): Set<string> {
  return new Set([...list.matchAll(/^[^:\s]*?([^/:\s]+)\.ko/gm)].map(([, name]) => spelled(name!)));
}

/** Reads the machine below a folder. */
export function machineBelow(root: string): Machine {
  const { accessSync, constants, existsSync, readFileSync, readdirSync } = builtin("node:fs");
  const { join } = builtin("node:path");
  const { release } = builtin("node:os");

  function tried<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch {
      return undefined;
    }
  }

  const text = (path: string): string | undefined => tried(() => readFileSync(join(root, path), "utf8"));
  const running = text("proc/sys/kernel/osrelease")?.trim() ?? release();

  /** What the running kernel was built with (CONFIG_IKCONFIG_PROC), or what its package says. */
  function configuration(): string | undefined {
    const { gunzipSync } = builtin("node:zlib");
    return (
      tried(() => gunzipSync(readFileSync(join(root, "proc/config.gz"))).toString()) ??
      text(`boot/config-${running}`) ??
      text(`lib/modules/${running}/config`)
    );
  }
  let config: { readonly text: string | undefined } | undefined;

  return {
    text,
    release: running,
    mayLoad: text("proc/modules") !== undefined,
    option(name) {
      config ??= { text: configuration() };
      return config.text === undefined ? undefined : new RegExp(`^CONFIG_${name}=[ym]$`, "m").test(config.text);
    },
    names: (path) => tried(() => readdirSync(join(root, path))),
    access(path) {
      try {
        accessSync(join(root, path), constants.R_OK | constants.W_OK);
        return "open";
      } catch (error) {
        return (error as NodeJS.ErrnoException).code === "ENOENT" ? "missing" : "closed";
      }
    },
    hasModule(name) {
      const word = spelled(name);
      if (existsSync(join(root, "sys/module", word))) return true;
      if (new RegExp(`^${word} `, "m").test(text("proc/modules") ?? "")) return true;
      const folder = join("lib/modules", running);
      const lists = [text(join(folder, "modules.builtin")), text(join(folder, "modules.dep"))];
      if (lists.includes(undefined)) return undefined;
      return lists.some((list) => modulesIn(list!).has(word));
    },
    managerOf: (index) => managerOf(root, { index }),
    isMeant: (manager, link) => isMeant(root, manager, link),
  };
}
