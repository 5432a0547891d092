import { InputError, NetlinkError } from "../netlink/error.js";
import type { NamespaceChoice } from "./thread.js";

/**
 * A network namespace: "current", "new" (without a name, gone with its last descriptor), a name under /run/netns, a path
 * with a "/" in it, or the one that a process lives in.
 */
export type NamespaceReference = string | { readonly pid: number };

/** Where `ip netns add` keeps names. */
const NAMED = "/run/netns";

/** Throws InputError for what cannot be a namespace. */
export function chooseNamespace(reference: NamespaceReference = "current"): NamespaceChoice {
  if (typeof reference === "object") {
    const { pid } = reference;
    if (!Number.isInteger(pid) || pid < 1) throw new InputError(`${String(pid)} is not a process id`, "namespace.pid");
    return { kind: "file", path: `/proc/${pid}/ns/net` };
  }
  if (reference === "current" || reference === "new") return { kind: reference };
  if (reference === "" || reference === "." || reference === ".." || reference.includes("\0"))
    throw new InputError(`${JSON.stringify(reference)} names no network namespace`, "namespace");
  if (!reference.includes("/")) return { kind: "file", path: `${NAMED}/${reference}` };
  if (!reference.startsWith("/"))
    throw new InputError(`${JSON.stringify(reference)} is not an absolute path`, "namespace");
  return { kind: "file", path: reference };
}

/** Says in the user's words why a namespace could not be entered. */
export function explainNamespace(error: unknown, reference: NamespaceReference = "current"): unknown {
  if (!(error instanceof NetlinkError)) return error;
  const subject = typeof reference === "object" ? `process ${reference.pid}` : `namespace ${reference}`;
  return error.with({ subject, hint: hintFor(error, reference) });
}

function hintFor({ code, syscall }: NetlinkError, reference: NamespaceReference): string | undefined {
  if (code === "ENOENT" && typeof reference === "object") return "there is no such process";
  if (code === "ENOENT" && typeof reference === "string" && !reference.includes("/"))
    return `${NAMED} has no such name: ip netns add creates one`;
  if (code === "EINVAL" && syscall === "setns") return "the file is not a network namespace";
  if (code === "EPERM")
    return "it needs CAP_SYS_ADMIN; without root, start in namespaces of your own: unshare --user --map-root-user --net";
  return undefined;
}
