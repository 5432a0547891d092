import { statSync } from "node:fs";
import { setTimeout as passed } from "node:timers/promises";
import { InputError } from "../../base/errors.js";
import type { Host } from "../../host/host.js";
import { type Manager, managerOf } from "../../managers/managers.js";
import { howToUnmanage, isAtWork, unmanage } from "../../managers/unmanage.js";
import type { ReadDeclaration } from "../declaration/declaration.js";
import type { Around } from "../observation/around.js";
import type { Picture } from "../observation/observe.js";

/** A link that a declaration names, and that another program manages, too. */
export interface ManagedLink extends Manager {
  readonly link: string;
  readonly index: number;
  /** What is to be done for the program to leave it alone. */
  readonly remedy: string;
}

const PROGRAMS: readonly Manager["program"][] = ["NetworkManager", "systemd-networkd", "libvirt"];

async function namespaceOf(host: Host): Promise<bigint> {
  await using descriptor = await host.namespaceDescriptor();
  return statSync(`/proc/self/fd/${descriptor.fd}`, { bigint: true }).ino;
}

/** The links that are declared, are there, and are managed by a program that is at work in the host's namespace. */
export async function managedLinks(
  host: Host,
  { links }: ReadDeclaration,
  picture: Picture,
  { root = "/" }: Around,
): Promise<readonly ManagedLink[]> {
  const namespace = await namespaceOf(host);
  const atWork = PROGRAMS.filter((program) => isAtWork(root, program, namespace));
  if (atWork.length === 0) return [];
  return Object.keys(links).flatMap((link): ManagedLink[] => {
    const found = picture.links.get(link);
    const manager = found === undefined ? undefined : managerOf(root, { index: found.index, name: link });
    if (manager === undefined || !atWork.includes(manager.program)) return [];
    return [{ ...manager, link, index: found!.index, remedy: howToUnmanage(manager, link) }];
  });
}

/** How long a program may take to let go of a link that it was told to leave alone, milliseconds. */
const PATIENCE = 5000;

/**
 * Has programs leave links alone, and waits until their state says so. Gives what was done, in words. Throws InputError, which
 * says what is to be done, when one does not let go.
 */
export async function takeFromManagers(
  host: Host,
  managed: readonly ManagedLink[],
  { root = "/" }: Around,
): Promise<readonly string[]> {
  const namespace = await namespaceOf(host);
  const told = managed.map((each) => unmanage(root, each, each.link, namespace));
  const isManaged = ({ index, link }: ManagedLink): boolean => managerOf(root, { index, name: link }) !== undefined;
  const end = Date.now() + PATIENCE;
  while (managed.some(isManaged)) {
    if (Date.now() > end) throw new InputError(`it is managed still: ${told.join("; ")}`, "unmanage");
    await passed(20);
  }
  return told;
}
