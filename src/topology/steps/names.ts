import { mkdirSync, statSync } from "node:fs";
import { InputError } from "../../base/errors.js";
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

/** Throws InputError where a namespace waits that had a name, and another has it now. */
export function checkAside(name: string): void {
  const aside = asideOf(name);
  if (!isNamespace(aside) || !isThere(name)) return;
  const [one, other] = [statSync(aside), statSync(pathOfName(name))];
  if (one.dev === other.dev && one.ino === other.ino) return;
  const problem = `another namespace has its name by now: it waits at ${aside}, and goes when that is unmounted and removed`;
  throw new InputError(problem, `namespaces.${name}`);
}

/** Takes a namespace's name away, and keeps it with all that is in it. Throws InputError while another of this name is kept. */
export async function putAside(name: string): Promise<void> {
  checkAside(name);
  mkdirSync(ASIDE, { recursive: true, mode: 0o700 });
  if (!isNamespace(asideOf(name))) await nameNamespace(asideOf(name), pathOfName(name));
  await unnameNamespace(pathOfName(name));
}

/** Gives a namespace its name back. Throws InputError where another has it. */
export async function putBack(name: string): Promise<void> {
  if (!isNamespace(asideOf(name))) return;
  checkAside(name);
  if (!isThere(name)) await nameNamespace(pathOfName(name), asideOf(name));
  await unnameNamespace(asideOf(name));
}

/** Lets go of a namespace that was put aside. */
export async function dropAside(name: string): Promise<void> {
  if (isNamespace(asideOf(name))) await unnameNamespace(asideOf(name));
}
