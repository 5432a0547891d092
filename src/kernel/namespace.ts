import { InputError, under } from "../base/errors.js";
import { NetlinkError } from "./error.js";
import { checkKnown } from "../base/input.js";
import type { ThreadUse } from "./thread-use.js";
import { type NamespaceChoice, startThread, type Thread } from "./thread.js";

/**
 * A network namespace: "current", "new" (without a name, gone with its last descriptor), a name under /run/netns, a path
 * with a "/" in it, a name that may be one of those two words, or the one that a process lives in.
 */
export type NamespaceReference = string | { readonly name: string } | { readonly pid: number };

/** Where `ip netns add` keeps names. */
export const NAMED = "/run/netns";

/** Throws InputError for what cannot be a namespace. */
export function chooseNamespace(reference: NamespaceReference = "current"): NamespaceChoice {
  if (reference === null) throw new InputError("null names no network namespace", "namespace");
  if (typeof reference === "object") {
    const isNamed = "name" in reference;
    under("namespace", () => {
      checkKnown(reference, [isNamed ? "name" : "pid"], "");
    });
    if (isNamed) return { kind: "file", path: pathOf(reference.name) };
    const { pid } = reference;
    if (!Number.isInteger(pid) || pid < 1) throw new InputError(`${String(pid)} is not a process id`, "namespace.pid");
    return { kind: "file", path: `/proc/${pid}/ns/net` };
  }
  if (reference === "current" || reference === "new") return { kind: reference };
  return { kind: "file", path: pathOf(reference) };
}

/** The path of a namespace that is given by name or path. Throws InputError for what is neither. */
export function pathOf(name: string): string {
  if (typeof name !== "string" || name === "" || name === "." || name === ".." || name.includes("\0"))
    throw new InputError(`${JSON.stringify(name)} names no network namespace`, "namespace");
  if (!name.includes("/")) return `${NAMED}/${name}`;
  if (!name.startsWith("/")) throw new InputError(`${JSON.stringify(name)} is not an absolute path`, "namespace");
  return name;
}

/** Says in the user's words why a namespace could not be entered. */
export function explainNamespace(error: unknown, reference: NamespaceReference = "current"): unknown {
  if (!(error instanceof NetlinkError)) return error;
  if (typeof reference === "object" && "pid" in reference)
    return error.with({ subject: `process ${reference.pid}`, hint: error.hint ?? hintFor(error, undefined) });
  const name = typeof reference === "object" ? reference.name : reference;
  return error.with({ subject: `namespace ${name}`, hint: error.hint ?? hintFor(error, name) });
}

function hintFor({ code, syscall }: NetlinkError, name: string | undefined): string | undefined {
  if (code === "ENOENT" && name === undefined) return "there is no such process";
  if (code === "ENOENT" && name?.includes("/") === false) return `${NAMED} has no such name: ip netns add creates one`;
  if (code === "ENOSPC" && syscall === "unshare")
    return "this user has as many network namespaces as user.max_net_namespaces allows";
  if (code === "EINVAL" && syscall === "setns") return "the file is not a network namespace";
  if (code === "EPERM")
    return "it needs CAP_SYS_ADMIN; without root, start in namespaces of your own: unshare --user --map-root-user --net";
  return undefined;
}

/** Starts a thread that lives in a namespace; the error says why it could not. */
export async function enterNamespace(reference: NamespaceReference | undefined, use?: ThreadUse): Promise<Thread> {
  const choice = chooseNamespace(reference);
  try {
    return await startThread(choice, use);
  } catch (error) {
    throw explainNamespace(error, reference);
  }
}
