import type { Manager } from "./managers.js";
import { namesBelow, textBelow } from "./managers.js";

/** A bridge, or a port with its bridge's name. */
export interface Bridged {
  readonly name: string;
  readonly bridge?: string | undefined;
}

/** A value of an ini file's section; the last one where there are several, as both programs read them. */
function valueIn(text: string, section: string, ...keys: readonly string[]): string | undefined {
  const parts = text.split(/^(?=\[)/m).filter((part) => part.startsWith(`[${section}]`));
  const found = keys.flatMap((key) =>
    parts.flatMap((part) => [...part.matchAll(new RegExp(`^${key}\\s*=[ \\t]*(.*?)[ \\t]*$`, "gm"))]),
  );
  return found.at(-1)?.[1];
}

/** The texts of the files with an ending in folders that a program reads. */
function textsIn(root: string, folders: readonly string[], ending: string): string[] {
  return folders.flatMap((folder) =>
    namesBelow(root, folder)
      .filter((name) => name.endsWith(ending))
      .flatMap((name) => textBelow(root, `${folder}/${name}`) ?? []),
  );
}

const PROFILES = ["/etc", "/run", "/usr/lib"].map((folder) => `${folder}/NetworkManager/system-connections`);
const NETWORKD = ["/etc", "/run", "/usr/lib"].map((folder) => `${folder}/systemd/network`);

/** By NetworkManager's own files (nm-settings-keyfile(5)): it made the bridge or the port itself, or merely says what it found. */
function meantByNetworkManager(root: string, { state, file }: Manager, { bridge }: Bridged): boolean {
  if (bridge === undefined && valueIn(textBelow(root, file) ?? "", "device", "nm-owned") === "true") return true;
  const profile = textsIn(root, PROFILES, ".nmconnection").find(
    (text) => valueIn(text, "connection", "uuid") === state,
  );
  // Without a profile nothing is brought up; one that this user may not read says nothing against it.
  if (profile === undefined || valueIn(profile, ".nmmeta", "nm-generated") === "true") return true;
  return bridge === undefined
    ? valueIn(profile, "connection", "type") === "bridge"
    : valueIn(profile, "connection", "slave-type", "port-type") === "bridge";
}

/** By systemd-networkd's own files (systemd.network(5), systemd.netdev(5)): it made the bridge, or puts the port into it. */
function meantByNetworkd(root: string, { file }: Manager, { name, bridge }: Bridged): boolean {
  const state = textBelow(root, file) ?? "";
  const files = [...state.matchAll(/^NETWORK_FILE(?:_DROPINS)?="?(.*?)"?$/gm)].flatMap(([, paths]) =>
    paths!.split(" "),
  );
  const network = files.map((path) => textBelow(root, path) ?? "").join("\n");
  if (bridge !== undefined)
    return (
      valueIn(network, "Network", "Bridge") === bridge ||
      /^(yes|true|on|1)$/.test(valueIn(network, "Network", "KeepMaster") ?? "")
    );
  return (
    valueIn(network, "Match", "Name") === name ||
    textsIn(root, NETWORKD, ".netdev").some((text) => valueIn(text, "NetDev", "Name") === name)
  );
}

/**
 * Whether a program that manages a bridge or a port has it so by its own files, and does not just come by it, as by one that matches
 * every link. `root`: the folder that /run and /etc are in.
 */
export function isMeant(root: string, manager: Manager, link: Bridged): boolean {
  switch (manager.program) {
    case "NetworkManager":
      return meantByNetworkManager(root, manager, link);
    case "systemd-networkd":
      return meantByNetworkd(root, manager, link);
    case "libvirt":
      return true;
  }
}
