import { builtin } from "../base/builtin.js";

/** What /run says of who else manages a link. */
export interface Manager {
  readonly program: "NetworkManager" | "systemd-networkd" | "libvirt";
  /** Such as "configured", the id of a connection, or a network's name. */
  readonly state: string;
  /** The file that says so. */
  readonly file: string;
}

type Links = { readonly index: number; readonly name?: string | undefined };

function tried<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** A file's text; undefined for what cannot be read. */
export function textBelow(root: string, path: string): string | undefined {
  const { join } = builtin("node:path");
  return tried(() => builtin("node:fs").readFileSync(join(root, path), "utf8"));
}

/** The names in a folder; none where it cannot be read. */
export function namesBelow(root: string, path: string): readonly string[] {
  const { join } = builtin("node:path");
  return tried(() => builtin("node:fs").readdirSync(join(root, path))) ?? [];
}

/** NetworkManager's state of a device (src/core/nm-config.c, "device-state"). */
function networkManager(root: string, { index }: Links): Manager | undefined {
  const file = `/run/NetworkManager/devices/${index}`;
  const text = textBelow(root, file);
  if (text === undefined || !/^managed=true$/m.test(text)) return undefined;
  return { program: "NetworkManager", state: /^connection-uuid=(.*)$/m.exec(text)?.[1] ?? "managed", file };
}

/** systemd-networkd's state of a link (sd-network(3)). */
function networkd(root: string, { index }: Links): Manager | undefined {
  const file = `/run/systemd/netif/links/${index}`;
  const state = /^ADMIN_STATE=(.*)$/m.exec(textBelow(root, file) ?? "")?.[1];
  return state === "configured" || state === "configuring" ? { program: "systemd-networkd", state, file } : undefined;
}

/** libvirt's state of a network that is up: its bridge is its own. */
function libvirt(root: string, { name }: Links): Manager | undefined {
  if (name === undefined) return undefined;
  const folder = "/run/libvirt/network";
  for (const each of namesBelow(root, folder).filter((file) => file.endsWith(".xml"))) {
    const [, bridge] = /<bridge\b[^>]*\bname=['"]([^'"]+)['"]/.exec(textBelow(root, `${folder}/${each}`) ?? "") ?? [];
    if (bridge === name) return { program: "libvirt", state: each.slice(0, -4), file: `${folder}/${each}` };
  }
  return undefined;
}

/** Who else manages a link; libvirt is looked for where its name is given. `root`: the folder that /run is in. */
export function managerOf(root: string, link: Links): Manager | undefined {
  return networkManager(root, link) ?? networkd(root, link) ?? libvirt(root, link);
}
