import { mkdirSync } from "node:fs";
import { isNamespace, nameNamespace, pathOfName, unnameNamespace } from "../../kernel/namespace-names.js";

/** Where namespaces are that go, until what removes them stands. */
const ASIDE = "/run/linkwright/namespaces";

/** The path that a namespace waits at which goes. */
export function asideOf(name: string): string {
  return `${ASIDE}/${name}`;
}

/** Whether there is a namespace of a name. */
export function isThere(name: string): boolean {
  return isNamespace(pathOfName(name));
}

/** Makes a network namespace with a name. */
export async function addNamespace(name: string): Promise<void> {
  await nameNamespace(pathOfName(name));
}

/** Takes its name away. */
export async function removeNamespace(name: string): Promise<void> {
  await unnameNamespace(pathOfName(name));
}

/** Takes a namespace's name away, and keeps it with all that is in it. */
export async function putAside(name: string): Promise<void> {
  await dropAside(name);
  mkdirSync(ASIDE, { recursive: true, mode: 0o700 });
  await nameNamespace(asideOf(name), pathOfName(name));
  await unnameNamespace(pathOfName(name));
}

/** Gives a namespace its name back. */
export async function putBack(name: string): Promise<void> {
  if (!isNamespace(asideOf(name))) return;
  if (!isThere(name)) await nameNamespace(pathOfName(name), asideOf(name));
  await unnameNamespace(asideOf(name));
}

/** Lets go of a namespace that was put aside. */
export async function dropAside(name: string): Promise<void> {
  if (isNamespace(asideOf(name))) await unnameNamespace(asideOf(name));
}
